import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  readSafetensors,
  readSafetensorsHeader,
  readSafetensorsRaw,
  writeSafetensors,
} from '../../src/storage/safetensors.js';
import type { StoredTensor } from '../../src/storage/stored-tensor.js';
import { UserError } from '../../src/errors.js';

describe('safetensors', () => {
  let dir: string;
  let path: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-safetensors-'));
    path = join(dir, 'x.safetensors');
  });
  after(() => rmSync(dir, { recursive: true }));

  const tensors: Record<string, StoredTensor> = {
    'z.mask': { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) },
    'a.weight': { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1.5, -0, NaN, Infinity) },
    step: { dtype: 'int32', shape: [], data: Int32Array.of(-7) },
    empty: { dtype: 'float32', shape: [0, 4], data: new Float32Array(0) },
  };

  /** A file of the given header and data bytes; the header may be any text. */
  const craft = (header: unknown, data: Uint8Array = new Uint8Array(0)) => {
    const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    writeFileSync(path, Buffer.concat([length, json, data]));
  };
  const entry = (dtype: string, shape: unknown, begin: number, end: number) => ({
    dtype,
    shape,
    data_offsets: [begin, end],
  });

  it('returns what was written, in the order in which it was written', () => {
    writeSafetensors(path, tensors, { format: 'pt', note: 'ünïcode' });
    const read = readSafetensors(path);
    assert.deepEqual(Object.keys(read), Object.keys(tensors));
    assert.deepEqual(read, tensors);
    assert.deepEqual(readSafetensorsHeader(path).metadata, { format: 'pt', note: 'ünïcode' });
  });

  it('writes the same bytes for the same tensors, with an aligned header and aligned 4-byte data', () => {
    writeSafetensors(path, tensors);
    const first = readFileSync(path);
    writeSafetensors(path, tensors);
    assert.deepEqual(readFileSync(path), first);
    assert.equal(first.readBigUInt64LE(0) % 8n, 0n);
    for (const { name, dtype, begin } of readSafetensorsHeader(path).tensors) {
      if (dtype !== 'BOOL') assert.equal(begin % 4, 0, name);
    }
  });

  it('writes views of larger buffers as their own values only', () => {
    const large = Float32Array.from({ length: 10 }, (_, i) => i);
    writeSafetensors(path, { view: { dtype: 'float32', shape: [3], data: large.subarray(4, 7) } });
    assert.deepEqual([...readSafetensors(path)['view'].data], [4, 5, 6]);
  });

  it('reads data that is not aligned in the file', () => {
    const data = new Uint8Array(9);
    new DataView(data.buffer).setFloat32(1, 2.5, true);
    new DataView(data.buffer).setInt32(5, -3, true);
    craft({ b: entry('BOOL', [1], 0, 1), f: entry('F32', [1], 1, 5), i: entry('I32', [1], 5, 9) }, data);
    const read = readSafetensors(path);
    assert.deepEqual([read['b'].data[0], read['f'].data[0], read['i'].data[0]], [0, 2.5, -3]);
  });

  it('widens half precision exactly: F16 and BF16, with subnormals, infinities and NaN', () => {
    const f16 = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0xfe00);
    const bf16 = Uint16Array.of(0x3f80, 0xc040, 0x7f80);
    const data = Buffer.concat([Buffer.from(f16.buffer), Buffer.from(bf16.buffer)]);
    craft({ h: entry('F16', [6], 0, 12), b: entry('BF16', [3], 12, 18) }, data);
    const read = readSafetensors(path);
    assert.deepEqual([...read['h'].data], [1, -2, 2 ** -24, 65504, Infinity, NaN]);
    assert.deepEqual([...read['b'].data], [1, -3, Infinity]);
  });

  it('reads I64 and U8 as int32, and refuses an I64 value that does not fit', () => {
    craft(
      { n: entry('I64', [2], 0, 16), u: entry('U8', [1], 16, 17) },
      Buffer.concat([i64(-5n, 2n ** 31n - 1n), Buffer.of(200)]),
    );
    assert.deepEqual([...readSafetensors(path)['n'].data], [-5, 2 ** 31 - 1]);
    assert.deepEqual(readSafetensors(path)['u'], { dtype: 'int32', shape: [1], data: Int32Array.of(200) });
    craft({ n: entry('I64', [1], 0, 8) }, i64(2n ** 31n));
    assert.throws(() => readSafetensors(path), /x\.safetensors: tensor "n" is I64 and holds 2147483648, beyond int32/);
    assert.deepEqual(readSafetensorsRaw(path)['n'].data, BigInt64Array.of(2n ** 31n));
  });

  it('keeps F64 only when asked for the raw data', () => {
    craft({ d: entry('F64', [1], 0, 8) }, Buffer.from(Float64Array.of(Math.PI).buffer));
    assert.deepEqual(readSafetensorsRaw(path)['d'].data, Float64Array.of(Math.PI));
    assert.throws(() => readSafetensors(path), /tensor "d" is F64; expected F32/);
  });

  it('reads chosen tensors in the order asked, and names one that is not there', () => {
    writeSafetensors(path, tensors);
    assert.deepEqual(Object.keys(readSafetensors(path, ['step', 'z.mask'])), ['step', 'z.mask']);
    assert.throws(() => readSafetensors(path, ['stepp']), /no tensor "stepp" among its 4 tensors/);
  });

  it('reads files that PyTorch tools wrote', () => {
    const read = readSafetensors('test/fixtures/train_bits/losses.safetensors', ['aam/targets', 'aam/cosine']);
    assert.deepEqual(read['aam/targets'].shape, [12, 1]);
    assert.equal(read['aam/targets'].dtype, 'int32');
    assert.ok(read['aam/cosine'].data.every((value) => Math.abs(value) <= 1));
  });

  const unsound: [string, () => void, RegExp][] = [
    ['an empty file', () => writeFileSync(path, ''), /expected an 8-byte header length, got 0 bytes/],
    [
      'a text file',
      () => writeFileSync(path, 'hello, this is text'),
      /states a header of \d+ bytes, but 11 bytes follow/,
    ],
    ['a header that is not JSON', () => craft('{nope'), /header is not JSON/],
    ['a header that is a list', () => craft('[1]'), /header is not a JSON object/],
    ['metadata of numbers', () => craft({ __metadata__: { a: 1 } }), /__metadata__ is not an object of strings/],
    [
      'an unknown dtype',
      () => craft({ w: entry('F8', [1], 0, 1) }, Buffer.of(0)),
      /tensor "w": expected dtype F64, .* got F8/,
    ],
    [
      'a negative size',
      () => craft({ w: entry('U8', [-1], 0, 1) }),
      /tensor "w": expected a shape of whole numbers, got \[-1\]/,
    ],
    [
      'offsets the wrong way',
      () => craft({ w: entry('U8', [1], 1, 0) }),
      /tensor "w": expected data_offsets \[begin, end\]/,
    ],
    [
      'a shape that does not fit',
      () => craft({ w: entry('F32', [2], 0, 4) }, Buffer.alloc(4)),
      /F32 \[2\] takes 8 bytes, its offsets give 4/,
    ],
    [
      'a cut file',
      () => craft({ w: entry('F32', [2], 0, 8) }, Buffer.alloc(7)),
      /"w" ends at byte 8 of the data, which has 7; .* cut short/,
    ],
    [
      'a gap',
      () => craft({ w: entry('U8', [1], 1, 2) }, Buffer.alloc(2)),
      /"w" begins at byte 1 of the data, expected 0/,
    ],
    [
      'an overlap',
      () => craft({ v: entry('U8', [2], 0, 2), w: entry('U8', [2], 1, 3) }, Buffer.alloc(3)),
      /"w" begins at byte 1/,
    ],
    [
      'bytes left over',
      () => craft({ w: entry('U8', [1], 0, 1) }, Buffer.alloc(2)),
      /take 1 bytes of data, it holds 2/,
    ],
  ];
  for (const [what, make, message] of unsound) {
    it(`refuses ${what}, naming the file`, () => {
      make();
      assert.throws(
        () => readSafetensors(path),
        (error: Error) => {
          assert.ok(error instanceof UserError);
          assert.match(error.message, message);
          assert.ok(error.message.startsWith(path));
          return true;
        },
      );
    });
  }

  it('names a missing file and a folder', () => {
    assert.throws(
      () => readSafetensors(join(dir, 'none')),
      /none: cannot open this safetensors file: there is no such file or folder/,
    );
    assert.throws(() => readSafetensors(dir), UserError);
  });
});

function i64(...values: bigint[]): Buffer {
  return Buffer.from(BigInt64Array.from(values).buffer);
}

/** @file Kaldi archives: bytes worked out by hand or written by Kaldi's own code, and there and back. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { UserError } from '../../src/errors.js';
import { keyedRandom } from '../../src/random.js';
import {
  type ArchiveCompression,
  closeArchives,
  createArchiveWriter,
  listArchive,
  readMatrix,
  readMatrixRows,
  readScp,
  readVector,
  writeScp,
} from '../../src/storage/kaldi-archive.js';

const matrix = Float32Array.of(0, 1, -2, 3.5, 1, 4, 5, -6, 7.25, 0.5, 0.25, 8, 9, 10, -11, 1, 1, 1);

/** The archives that Kaldi's CompressedMatrix writes for key "k" and `matrix` [6, 3], and what its Uncompress gives. */
const kaldi = {
  CM: {
    bytes: 'ayAAQkNNIAAAMMEAAKhBBgAAAAMAAAAYhjCMwrDO8/Q8JIlJkv//AAC2bdu2nucAwNFA/1XAwABA/8BAwPP/AIA=',
    row4: [8.999908447265625, 10, -11],
    sixth: 0.992111325263977,
  },
  CM2: {
    bytes: 'ayAAQkNNMiAAADDBAACoQQYAAAADAAAAGIZJkrZtwrBJktu2C8P0PHneMIwkiZ7nzvP//wAASZJJkkmS',
    row4: [8.999908447265625, 10, -11],
    sixth: 1.0001373291015625,
  },
  CM3: {
    bytes: 'ayAAQkNNMyAAADDBAACoQQYAAAADAAAAhpJtsJK2wj3ejInn8/8AkpKS',
    row4: [9.011764526367188, 10, -11],
    sixth: 1.0235300064086914,
  },
};

describe('storage/kaldi-archive', () => {
  let dir: string;
  let ark: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-kaldi-'));
    ark = join(dir, 'x.ark');
  });
  afterEach(() => {
    closeArchives();
    rmSync(dir, { recursive: true, force: true });
  });

  it('writes a float matrix and a vector byte for byte as the format says', () => {
    const writer = createArchiveWriter(ark);
    const first = writer.writeMatrix('ab', 1, 2, Float32Array.of(1, -2));
    const second = writer.writeVector('c', Float32Array.of(0.5));
    const { bytes, entries } = writer.close();
    const expected =
      '6162 20 00 42 464d20 04 01000000 04 02000000 0000803f 000000c0' + // "ab " \0B "FM " 4 1 4 2 1.0 -2.0
      '63 20 00 42 465620 04 01000000 0000003f'; // "c " \0B "FV " 4 1 0.5
    assert.equal(readFileSync(ark).toString('hex'), expected.replaceAll(' ', ''));
    assert.deepEqual([first.offset, first.bytes, second.offset, second.bytes], [3, 26, 28, 16]);
    assert.equal(bytes, 42);
    assert.deepEqual(
      entries.map(({ key }) => key),
      ['ab', 'c'],
    );
  });

  for (const [token, compression] of [
    ['CM', '8'],
    ['CM2', '16'],
  ] as const) {
    it(`writes ${token} as Kaldi does, byte for byte`, () => {
      const writer = createArchiveWriter(ark, { compression });
      writer.writeMatrix('k', 6, 3, matrix);
      writer.close();
      assert.equal(readFileSync(ark).toString('base64'), kaldi[token].bytes);
    });
  }

  for (const [token, { bytes, row4, sixth }] of Object.entries(kaldi)) {
    it(`reads ${token} as Kaldi does, whole and by rows`, () => {
      writeFileSync(ark, Buffer.from(bytes, 'base64'));
      const { rows, cols, data } = readMatrix({ path: ark, offset: 2 });
      assert.deepEqual([rows, cols], [6, 3]);
      // Kaldi adds in float32: a unit in the last place of 11 is 1e-6.
      assert.ok(row4.every((value, i) => Math.abs(data[12 + i] - value) < 2e-6));
      assert.ok(Math.abs(data[15] - sixth) < 2e-6);
      const crop = readMatrixRows({ path: ark, offset: 2 }, 3, 2);
      assert.deepEqual([crop.rows, crop.cols], [2, 3]);
      assert.deepEqual(crop.data, data.slice(9, 15));
    });
  }

  it('reads float64 matrices and vectors', () => {
    const head = Buffer.from('\0BDM \x04\x02\0\0\0\x04\x01\0\0\0', 'latin1');
    const vector = Buffer.from('\0BDV \x04\x01\0\0\0', 'latin1');
    const values = Buffer.from(Float64Array.of(0.1, -3).buffer);
    writeFileSync(ark, Buffer.concat([Buffer.from('m '), head, values, Buffer.from('v '), vector, values.subarray(8)]));
    const [m, v] = listArchive(ark);
    assert.deepEqual(readMatrix(m), { rows: 2, cols: 1, data: Float32Array.of(0.1, -3) });
    assert.deepEqual(readVector(v), Float32Array.of(-3));
  });

  /**
   * Largest error, as a part of the matrix' range: half a step for 16 bits; 8 bits have 64 steps to the outer quarters.
   */
  const bounds: Record<ArchiveCompression, number> = { none: 0, '16': 0.51 / 65535, '8': 0.51 / 63 };
  for (const compression of ['none', '16', '8'] as const) {
    it(`gives matrices of many shapes back (compression ${compression})`, () => {
      const random = keyedRandom('archive', compression);
      const writer = createArchiveWriter(ark, { compression });
      const shapes = [[1, 1], [1, 80], [2, 3], [3, 3], [4, 2], [5, 7], [300, 80], [0, 0]]; // prettier-ignore
      const written = shapes.map(([rows, cols], i) => {
        const data = Float32Array.from({ length: rows * cols }, () => 5 * random.normal() - 8);
        writer.writeMatrix(`m${i}`, rows, cols, data);
        return data;
      });
      writer.writeMatrix('constant', 6, 2, new Float32Array(12).fill(-3.25));
      const { entries } = writer.close();
      for (const [i, data] of written.entries()) {
        const read = readMatrix(entries[i]);
        assert.deepEqual([read.rows, read.cols], shapes[i]);
        const range = Math.max(0, Math.max(...data) - Math.min(...data));
        const worst = data.reduce((most, value, j) => Math.max(most, Math.abs(value - read.data[j])), 0);
        assert.ok(worst <= bounds[compression] * range + (compression === 'none' ? 0 : 1e-5), `${shapes[i]}: ${worst}`);
        assert.deepEqual(readMatrixRows(entries[i], Math.floor(read.rows / 2), 0).data.length, 0);
      }
      assert.ok(readMatrix(entries.at(-1)!).data.every((value) => Math.abs(value + 3.25) < 1e-4));
      assert.deepEqual(listArchive(ark), entries);
    });
  }

  it('names an archive that cannot be reached: through a file, of a name that is too long', () => {
    writeFileSync(join(dir, 'no-folder'), '');
    const archives: [path: string, reason: RegExp][] = [
      [join(dir, 'no-folder/x.ark'), /a part of the path is a file, not a folder \(ENOTDIR\)/],
      [join(dir, 'a'.repeat(5000)), /the name is too long \(ENAMETOOLONG\)/],
    ];
    for (const [path, reason] of archives) {
      writeFileSync(join(dir, 'x.scp'), `k ${path}:2\n`);
      const read = () => readMatrix(readScp(join(dir, 'x.scp'))[0]);
      assert.throws(read, (error) => error instanceof UserError && reason.test(error.message));
      assert.throws(read, (error) => (error as Error).message.startsWith(`${path}: `));
    }
  });

  it('reads scp files: relative paths, row ranges, whole files', () => {
    const writer = createArchiveWriter(ark);
    const entry = writer.writeMatrix('k', 6, 3, matrix);
    writer.close();
    writeFileSync(join(dir, 'one.mat'), readFileSync(ark).subarray(2));
    const scp = join(dir, 'x.scp');
    const fromHere = relative(process.cwd(), ark);
    writeFileSync(scp, `a x.ark:2\nb ${ark}:2[1:2]\nc one.mat\r\n\nd ${fromHere}:2\n`);
    const [a, b, c, d] = readScp(scp);
    for (const item of [a, c, d]) assert.deepEqual(readMatrix(item).data, matrix);
    assert.deepEqual(readMatrix(b), { rows: 2, cols: 3, data: matrix.slice(3, 9) });
    assert.deepEqual(readMatrixRows(b, 1, 1).data, matrix.slice(6, 9));
    assert.throws(() => readMatrixRows(b, 1, 2), /expected rows within 0…2/);
    writeScp(scp, [entry, { ...b, key: 'l' }]);
    assert.equal(readFileSync(scp, 'utf8'), `k ${ark}:2\nl ${ark}:2[1:2]\n`);
  });

  it('reads ranges of rows and columns as Kaldi does, and leaves out what lies beyond the last row', () => {
    const writer = createArchiveWriter(ark);
    writer.writeMatrix('k', 6, 3, matrix);
    writer.close();
    const scp = join(dir, 'x.scp');
    const read = (range: string) => {
      writeFileSync(scp, `k ${ark}:2${range}\n`);
      return readMatrix(readScp(scp)[0]);
    };
    const columns = matrix.filter((_, i) => i % 3 > 0);
    assert.deepEqual(read('[:,1:2]'), { rows: 6, cols: 2, data: columns });
    assert.deepEqual(read(' [ 1 : 2 , 1:2 ]'), { rows: 2, cols: 2, data: columns.slice(2, 6) });
    assert.deepEqual(read('[:]').data, matrix);
    assert.deepEqual(read('[4:5,:]').data, matrix.slice(12));
    // kaldi-holder.cc, ParseMatrixRangeSpecifier: the last row may be any below rows + 3; columns have no tolerance.
    for (const last of [6, 7, 8]) {
      assert.deepEqual(read(`[4:${last}]`), { rows: 2, cols: 3, data: matrix.slice(12), rowsInFile: 6 });
    }
    assert.throws(() => read('[4:9]'), /asked for rows \[4:9\] of a matrix of 6 rows/);
    assert.throws(() => read('[6:7]'), /asked for rows/);
    assert.throws(() => read('[0:1,1:3]'), /asked for columns \[0:1,1:3\] of a matrix of 3 columns/);
    for (const bad of ['[]', '[1]', '[0:1,]', '[0:1,0:1,0:1]', '[2:1]', '[:2]']) {
      assert.throws(() => read(bad), /x.scp:1: expected a range of rows/, bad);
    }
    writeScp(scp, [{ key: 'k', path: ark, offset: 2, columns: { first: 1, last: 2 } }]);
    assert.equal(readFileSync(scp, 'utf8'), `k ${ark}:2[:,1:2]\n`);
  });

  it('says what another kind of archive is, and the tool that helps', () => {
    const cases: [string | Buffer, RegExp][] = [
      ['k  [ 1 2 ]\n', /got an archive of vectors as text\n.*copy-vector ark,t:/],
      ['k  [\n  1 2\n  3 4 ]\n', /got an archive of matrices as text\n.*copy-feats ark,t:/],
      ['k RIFF\x24\0\0\0WAVEfmt ', /got an archive of audio files\n.*wav-copy ark:/],
      [gzipSync('k '), /got a file packed with gzip\n.*gunzip/],
      ['\x93NUMPY\x01\0', /got a NumPy array/],
    ];
    for (const [content, message] of cases) {
      writeFileSync(ark, typeof content === 'string' ? Buffer.from(content, 'latin1') : content);
      assert.throws(() => listArchive(ark), message);
      if (typeof content === 'string' && content.startsWith('k ')) {
        assert.throws(() => readMatrix({ path: ark, offset: 2 }), message);
      }
      closeArchives();
    }
  });

  it('reads scp files as other machines write them: gzip, a byte-order mark, Windows line endings', () => {
    const scp = join(dir, 'packed.scp.gz');
    writeFileSync(scp, gzipSync('\uFEFFa /x/a.ark:2\r\nb /x/b.ark:3\r\n'));
    assert.deepEqual(readScp(scp), [
      { key: 'a', path: '/x/a.ark', offset: 2 },
      { key: 'b', path: '/x/b.ark', offset: 3 },
    ]);
  });

  it('names file and line of a bad scp', () => {
    const scp = join(dir, 'x.scp');
    const bad: [string, RegExp][] = [
      ['only-a-key', /x.scp:1: expected `key path:offset`/],
      ['a x.ark:1\na x.ark:2', /x.scp:2: the key "a" is already on line 1/],
      ['a copy-feats x.ark ark:- |', /x.scp:1: commands are not run/],
      ['a x.ark:1[3:2]', /x.scp:1: expected a range of rows/],
    ];
    for (const [text, message] of bad) {
      writeFileSync(scp, text);
      assert.throws(() => readScp(scp), message);
    }
  });

  it('names archive and offset of damaged records', () => {
    const writer = createArchiveWriter(ark);
    writer.writeMatrix('k', 6, 3, matrix);
    writer.close();
    const bytes = readFileSync(ark);
    const cases: [Buffer, RegExp][] = [
      [bytes.subarray(0, 60), /x.ark:17: the archive is truncated: expected 72 bytes, got 43/],
      [bytes.subarray(0, 12), /x.ark:2: the file ends within the header/],
      [Buffer.from('k  nothing known'), /x.ark:2: expected a binary record/],
      [Buffer.from('k \0BSP \x04\0\0\0\0'), /x.ark:2: expected a matrix or vector .* got "SP"/],
    ];
    for (const [content, message] of cases) {
      rmSync(ark);
      writeFileSync(ark, content);
      assert.throws(
        () => readMatrix({ path: ark, offset: 2 }),
        (error: unknown) => error instanceof UserError && message.test(error.message),
        String(message),
      );
    }
    assert.throws(() => readMatrix({ path: join(dir, 'none'), offset: 0 }), /none: cannot be read/);
  });

  it('refuses keys that cannot be written or come twice, and values that are not numbers', () => {
    const writer = createArchiveWriter(ark);
    writer.writeVector('a', matrix);
    assert.throws(() => writer.writeVector('a', matrix), /the key "a" comes twice/);
    assert.throws(() => writer.writeVector('a b', matrix), /white space/);
    assert.throws(() => writer.writeVector('n', Float32Array.of(0, NaN)), /value 1 of "n" is NaN/);
    writer.abort();
    assert.throws(() => readFileSync(ark), /ENOENT/);
  });

  it('notices an archive that was replaced, and keeps few files open', () => {
    for (let i = 0; i < 70; i++) {
      mkdirSync(join(dir, String(i)));
      const path = join(dir, String(i), 'x.ark');
      for (const value of [i, -i]) {
        const writer = createArchiveWriter(path);
        const entry = writer.writeVector('v', Float32Array.of(value));
        writer.close();
        assert.equal(readVector(entry)[0], value);
      }
    }
  });
});

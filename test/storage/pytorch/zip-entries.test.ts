/** ZIP archives, stored, deflated and ZIP64, give their entries; damaged ones are named. */
import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { UserError } from '../../../src/errors.js';
import { readZipEntries } from '../../../src/storage/pytorch/zip-entries.js';

interface Made {
  name: string;
  content: string;
  deflated?: boolean;
  flags?: number;
  /** Sizes and place in the ZIP64 extra field, as for files of 4 GB. */
  large?: boolean;
}

/** By the published format (APPNOTE 6.3), without regard to the reader. */
function makeZip(entries: readonly Made[], { large = false, comment = '' } = {}): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, deflated = false, flags = 0, large: own = false } of entries) {
    const raw = Buffer.from(content);
    const data = deflated ? deflateRawSync(raw) : raw;
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50);
    head.writeUInt16LE(name.length, 26);
    head.writeUInt16LE(5, 28); // a padding that the directory does not have
    locals.push(head, Buffer.from(name), Buffer.alloc(5), data);
    const extra = own ? Buffer.alloc(4 + 24) : Buffer.alloc(0);
    if (own) {
      extra.writeUInt16LE(1);
      extra.writeUInt16LE(24, 2);
      [raw.length, data.length, offset].forEach((value, i) => extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i));
    }
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50);
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(deflated ? 8 : 0, 10);
    entry.writeUInt32LE(crc32(raw), 16);
    entry.writeUInt32LE(own ? 0xffffffff : data.length, 20);
    entry.writeUInt32LE(own ? 0xffffffff : raw.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt16LE(extra.length, 30);
    entry.writeUInt32LE(own ? 0xffffffff : offset, 42);
    directory.push(entry, Buffer.from(name), extra);
    offset += 30 + name.length + 5 + data.length;
  }
  const listed = Buffer.concat(directory);
  const end64 = Buffer.alloc(large ? 56 + 20 : 0);
  if (large) {
    end64.writeUInt32LE(0x06064b50);
    [entries.length, listed.length, offset].forEach((value, i) => end64.writeBigUInt64LE(BigInt(value), 32 + 8 * i));
    end64.writeUInt32LE(0x07064b50, 56);
    end64.writeBigUInt64LE(BigInt(offset + listed.length), 64);
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(large ? 0xffff : entries.length, 10);
  end.writeUInt32LE(large ? 0xffffffff : listed.length, 12);
  end.writeUInt32LE(large ? 0xffffffff : offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...locals, listed, end64, end, Buffer.from(comment)]);
}

describe('zip entries', () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-zip-'));
  });
  after(() => rmSync(dir, { recursive: true }));

  function contents(bytes: Buffer): Record<string, string> {
    const path = join(dir, 'x.zip');
    writeFileSync(path, bytes);
    const file = openSync(path, 'r');
    try {
      const zip = readZipEntries(path, file, bytes.length);
      return Object.fromEntries(zip.names.map((name) => [name, zip.read(name).toString()]));
    } finally {
      closeSync(file);
    }
  }

  const two: Made[] = [
    { name: 'a/data.pkl', content: 'stored' },
    { name: 'a/data/0', content: 'packed '.repeat(100), deflated: true },
  ];
  const expected = Object.fromEntries(two.map(({ name, content }) => [name, content]));

  it('gives what was stored and what was deflated, under a comment too', () => {
    assert.deepEqual(contents(makeZip(two)), expected);
    assert.deepEqual(contents(makeZip(two, { comment: 'PK, a comment' })), expected);
  });

  it('reads ZIP64 sizes and directories', () => {
    assert.deepEqual(
      contents(
        makeZip(
          two.map((each) => ({ ...each, large: true })),
          { large: true },
        ),
      ),
      expected,
    );
  });

  it('names what it cannot read', () => {
    const refuses = (bytes: Buffer, says: RegExp) =>
      assert.throws(
        () => contents(bytes),
        (error: Error) => error instanceof UserError && says.test(error.message),
      );
    refuses(makeZip([{ name: 'secret', content: 'x', flags: 1 }]), /"secret" is encrypted/);
    const flipped = makeZip(two);
    flipped[flipped.indexOf('stored')] ^= 4;
    refuses(flipped, /"a\/data\.pkl" is damaged: its checksum is/);
    const packed = makeZip(two);
    packed.fill(0xff, packed.indexOf('a/data/0') + 13, packed.indexOf('a/data/0') + 20);
    refuses(packed, /"a\/data\/0" cannot be unpacked|is damaged/);
    refuses(makeZip(two).subarray(0, 60), /no directory at its end/);
    refuses(makeZip(two).subarray(30), /where the directory says|names byte|directory has/);
  });
});

/**
 * @file The files inside a ZIP archive, as `torch.save` writes it: stored or deflated, ZIP64 where it is large.
 *
 * What is in the archive is told by its central directory at the end, which names, sizes and places every entry. Each
 * entry is read by range and compared with its checksum.
 * Limits: no encryption, no archive in several parts.
 */
import { crc32, inflateRawSync } from 'node:zlib';
import { messageOf, UserError } from '../../errors.js';
import { readAt } from '../read-at.js';

export interface ZipEntries {
  readonly names: readonly string[];
  /** The content of one entry. @throws UserError naming it where it is damaged */
  read(name: string): Buffer<ArrayBuffer>;
}

interface Entry {
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

const END = { signature: 0x06054b50, bytes: 22 };
const END64_LOCATOR = { signature: 0x07064b50, bytes: 20 };
const END64 = { signature: 0x06064b50, bytes: 56 };
const DIRECTORY = { signature: 0x02014b50, bytes: 46 };
const LOCAL = { signature: 0x04034b50, bytes: 30 };
const LONGEST_COMMENT = 0xffff;
const [STORED, DEFLATED] = [0, 8];

/** @param size of the file. @throws UserError naming `path` where it is no sound archive */
export function readZipEntries(path: string, file: number, size: number): ZipEntries {
  const broken = (what: string) =>
    new UserError(`${path}: not a sound ZIP archive: ${what}; the file may be cut short`);
  const at = (position: number, length: number): Buffer<ArrayBuffer> => {
    const bytes = position >= 0 && position + length <= size ? readAt(file, position, length) : undefined;
    if (bytes?.length !== length) throw broken(`it names byte ${position + length}, but has ${size}`);
    return bytes;
  };
  const { count, start, length } = findDirectory(at, size, broken);
  const entries = listEntries(at(start, length), count, broken);
  return {
    names: [...entries.keys()],
    read(name) {
      const entry = entries.get(name);
      if (!entry) throw new UserError(`${path}: the archive has no "${name}"`);
      if (entry.encrypted) throw new UserError(`${path}: "${name}" is encrypted; expected a file of torch.save`);
      const local = at(entry.offset, LOCAL.bytes);
      if (local.readUInt32LE(0) !== LOCAL.signature) throw broken(`"${name}" is not where the directory says`);
      // NOTE: the local header's own lengths, as its extra field (torch's padding) differs from the directory's.
      const begin = entry.offset + LOCAL.bytes + local.readUInt16LE(26) + local.readUInt16LE(28);
      const content = unpack(at(begin, entry.packed), entry, (what) => broken(`"${name}" ${what}`));
      const crc = crc32(content);
      if (crc === entry.crc) return content;
      throw new UserError(
        `${path}: "${name}" is damaged: its checksum is ${hex(crc)}, expected ${hex(entry.crc)}\n  copy the file again`,
      );
    },
  };
}

const hex = (value: number) => value.toString(16).padStart(8, '0');

type Broken = (what: string) => UserError;
type At = (position: number, length: number) => Buffer<ArrayBuffer>;

/** Where the directory lies, by the record at the end of the file or its ZIP64 form. */
function findDirectory(at: At, size: number, broken: Broken): { count: number; start: number; length: number } {
  const tailBytes = Math.min(size, END.bytes + LONGEST_COMMENT);
  const tail = at(size - tailBytes, tailBytes);
  let end = tail.length - END.bytes;
  while (end >= 0 && tail.readUInt32LE(end) !== END.signature) end--;
  if (end < 0) throw broken('it has no directory at its end');
  const locatorAt = size - tailBytes + end - END64_LOCATOR.bytes;
  const locator = locatorAt >= 0 ? at(locatorAt, END64_LOCATOR.bytes) : undefined;
  if (locator?.readUInt32LE(0) !== END64_LOCATOR.signature) {
    const [count, length, start] = [
      tail.readUInt16LE(end + 10),
      tail.readUInt32LE(end + 12),
      tail.readUInt32LE(end + 16),
    ];
    return { count, start, length };
  }
  const record = at(Number(locator.readBigUInt64LE(8)), END64.bytes);
  if (record.readUInt32LE(0) !== END64.signature) throw broken('its ZIP64 record is not where it says');
  const [count, length, start] = [32, 40, 48].map((offset) => Number(record.readBigUInt64LE(offset)));
  return { count, start, length };
}

function listEntries(directory: Buffer, count: number, broken: Broken): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + DIRECTORY.bytes > directory.length || directory.readUInt32LE(at) !== DIRECTORY.signature) {
      throw broken(`its directory has ${i} entries, expected ${count}`);
    }
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) => directory.readUInt16LE(at + offset));
    const nameAt = at + DIRECTORY.bytes;
    const name = directory.toString('utf8', nameAt, nameAt + nameBytes);
    const extra = directory.subarray(nameAt + nameBytes, nameAt + nameBytes + extraBytes);
    const small = [24, 20, 42].map((offset) => directory.readUInt32LE(at + offset));
    const [size, packed, offset] = withLarge(small, extra, broken);
    entries.set(name, {
      method: directory.readUInt16LE(at + 10),
      encrypted: (directory.readUInt16LE(at + 8) & 1) === 1,
      crc: directory.readUInt32LE(at + 16),
      ...{ packed, size, offset },
    });
    at = nameAt + nameBytes + extraBytes + commentBytes;
  }
  return entries;
}

/** Numbers of which those that do not fit 32 bits stand in the ZIP64 extra field, in the same order. */
function withLarge(small: readonly number[], extra: Buffer, broken: Broken): number[] {
  let large = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1) large = Buffer.from(extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2)));
  }
  let next = 0;
  return small.map((value) => {
    if (value !== 0xffffffff) return value;
    if (next + 8 > large.length) throw broken('an entry lacks its ZIP64 sizes');
    next += 8;
    return Number(large.readBigUInt64LE(next - 8));
  });
}

function unpack(packed: Buffer<ArrayBuffer>, { method, size }: Entry, broken: Broken): Buffer<ArrayBuffer> {
  if (method === STORED) {
    if (packed.length !== size) throw broken(`has ${packed.length} bytes, expected ${size}`);
    return packed;
  }
  if (method !== DEFLATED) throw broken(`is packed in a way (method ${method}) other than deflate`);
  let content: Buffer;
  try {
    content = inflateRawSync(packed, { maxOutputLength: Math.max(1, size) });
  } catch (error) {
    throw broken(`cannot be unpacked (${messageOf(error)})`);
  }
  if (content.length !== size) throw broken(`has ${content.length} bytes, expected ${size}`);
  return Buffer.from(Uint8Array.from(content).buffer);
}

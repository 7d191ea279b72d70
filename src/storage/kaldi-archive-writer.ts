/**
 * @file Writing Kaldi archives: float32, or compressed to 16 or 8 bits a value. Vectors are always float32.
 * The archive is written aside and takes its name on `close`; its bytes depend on nothing but what is written.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { UserError, internal } from '../errors.js';
import { openPendingFile } from './atomic-write.js';
import { encodeColumns, encodeShorts } from './compressed-matrix.js';
import type { ArchiveEntry } from './kaldi-table.js';

/** `none`: float32 `FM`; `16`: `CM2`, one range for the matrix; `8`: `CM`, percentiles of each column. */
export type ArchiveCompression = 'none' | '16' | '8';

export interface WrittenRecord extends ArchiveEntry {
  /** With its key. */
  bytes: number;
  /** CRC-32 of the record without its key, as `recordCrc32` reads it. */
  crc32: number;
}

export interface ArchiveWriter {
  /** Appends a matrix; `data` holds it row by row. */
  writeMatrix(key: string, rows: number, cols: number, data: Float32Array): WrittenRecord;
  writeVector(key: string, data: Float32Array): WrittenRecord;
  /** Puts the archive into its place. Until then nothing of that name is to be seen. */
  close(): { path: string; bytes: number; sha256: string; entries: ArchiveEntry[] };
  /** Removes what was written. */
  abort(): void;
}

/** Records are handed to the file in blocks of about this size. */
const BLOCK = 1 << 20;

/**
 * Starts an archive. Vectors are always float32.
 * @throws UserError where a key is empty, holds white space or comes twice, or a value is not finite
 */
export function createArchiveWriter(
  path: string,
  { compression = 'none' }: { compression?: ArchiveCompression } = {},
): ArchiveWriter {
  const file = openPendingFile(path);
  const hash = createHash('sha256');
  const keys = new Set<string>();
  const entries: ArchiveEntry[] = [];
  let block: Uint8Array[] = [];
  let blockBytes = 0;
  let position = 0;
  const flush = () => {
    const bytes = Buffer.concat(block);
    hash.update(bytes);
    file.write(bytes);
    block = [];
    blockBytes = 0;
  };
  const append = (key: string, parts: Uint8Array[]) => {
    if (key === '' || /\s/.test(key))
      throw new UserError(`${path}: a key must not be empty or hold white space: "${key}"`);
    if (keys.has(key)) throw new UserError(`${path}: the key "${key}" comes twice`);
    keys.add(key);
    const prefix = Buffer.from(`${key} `, 'utf8');
    const bytes = parts.reduce((sum, part) => sum + part.length, prefix.length);
    const entry = { key, path, offset: position + prefix.length };
    block.push(prefix, ...parts);
    blockBytes += bytes;
    position += bytes;
    if (blockBytes >= BLOCK) flush();
    entries.push(entry);
    return { ...entry, bytes, crc32: parts.reduce((crc, part) => crc32(part, crc), 0) };
  };
  return {
    writeMatrix(key, rows, cols, data) {
      if (data.length !== rows * cols) throw internal(`"${key}": ${data.length} values for ${rows} × ${cols}`);
      checkFinite(path, key, data);
      return append(key, encodeMatrix(compression, rows, cols, data));
    },
    writeVector(key, data) {
      checkFinite(path, key, data);
      const head = Buffer.alloc(10);
      head.write('\0BFV \x04', 'latin1');
      head.writeInt32LE(data.length, 6);
      return append(key, [head, copyOf(data)]);
    },
    close() {
      flush();
      file.commit();
      return { path, bytes: position, sha256: hash.digest('hex'), entries };
    },
    abort: () => file.abort(),
  };
}

function encodeMatrix(compression: ArchiveCompression, rows: number, cols: number, data: Float32Array): Uint8Array[] {
  // Kaldi writes an empty matrix as 0 × 0, and an empty one has no range to compress.
  if (compression === 'none' || rows * cols === 0) {
    const head = Buffer.alloc(15);
    head.write('\0BFM \x04', 'latin1');
    head.writeInt32LE(rows * cols === 0 ? 0 : rows, 6);
    head[10] = 4;
    head.writeInt32LE(rows * cols === 0 ? 0 : cols, 11);
    return [head, copyOf(data)];
  }
  const { minimum, range, codes } = (compression === '16' ? encodeShorts : encodeColumns)(data, rows, cols);
  const token = compression === '16' ? '\0BCM2 ' : '\0BCM ';
  const head = Buffer.alloc(token.length + 16);
  head.write(token, 'latin1');
  head.writeFloatLE(minimum, token.length);
  head.writeFloatLE(range, token.length + 4);
  head.writeInt32LE(rows, token.length + 8);
  head.writeInt32LE(cols, token.length + 12);
  return [head, codes];
}

/** The bytes of the values, copied: the caller may reuse its array before the block is written. */
function copyOf(data: Float32Array): Uint8Array {
  const copy = data.slice();
  return new Uint8Array(copy.buffer, copy.byteOffset, copy.byteLength);
}

function checkFinite(path: string, key: string, data: Float32Array): void {
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i]))
      throw new UserError(`${path}: value ${i} of "${key}" is ${data[i]}; nothing was written`);
  }
}

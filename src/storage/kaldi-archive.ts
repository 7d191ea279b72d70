/**
 * @file Kaldi's binary archives (`.ark`): reading matrices and vectors, whole or by rows.
 *
 * An archive is a run of records `key␣\0B<token>␣…`. Tokens read: `FM`/`DM` float32/float64 matrices, `FV`/`DV`
 * vectors, and the compressed matrices of `compressed-matrix.ts`. Little-endian, row-major. Reads are ranged: but for
 * 8-bit `CM`, which lies column by column, only the wanted rows leave the disk. Limits: no text archives (but
 * `kaldi-text-archive.ts` reads vectors), no other types (posteriors and the like).
 */
import { crc32 } from 'node:zlib';
import { damaged, openArchive, readExactly, readUpTo } from './archive-files.js';
import { decodeBytes, decodeColumns, decodeShorts } from './compressed-matrix.js';
import { UserError } from '../errors.js';
import { archiveKind, type FileKind, fileKind, KIND_BYTES } from './file-kinds.js';
import { type ArchiveEntry, shownRanges } from './kaldi-table.js';

export { closeArchives } from './archive-files.js';
export { type ArchiveCompression, createArchiveWriter } from './kaldi-archive-writer.js';
export { type ArchiveEntry, readScp, shownRanges, writeScp } from './kaldi-table.js';

/** Where to read; the key is not needed. */
export type EntryLocation = Pick<ArchiveEntry, 'path' | 'offset' | 'rows' | 'columns'>;

/** Rows that a range may ask for beyond a matrix's end; they are left out. As in Kaldi: its segments are rounded. */
const ROWS_BEYOND = 3;

/** Values of a matrix, row by row. */
export interface ArchiveMatrix {
  /** Where the entry asked for more rows than the matrix has: how many there are. */
  rowsInFile?: number;
  rows: number;
  cols: number;
  data: Float32Array<ArrayBuffer>;
}

/**
 * Walks an archive without its scp, reading only keys and headers.
 * @throws UserError naming file and offset where a record is damaged, or a key comes twice
 */
export function listArchive(path: string): ArchiveEntry[] {
  const entries: ArchiveEntry[] = [];
  const seen = new Set<string>();
  const { size } = openArchive(path);
  const kind = fileKind(readUpTo(path, 0, KIND_BYTES), path);
  if (kind && kind.id !== 'binary archive') throw otherKind(path, kind);
  for (let position = 0; position < size;) {
    const head = readUpTo(path, position, 512);
    const end = head.indexOf(0x20);
    const key = end > 0 ? head.toString('utf8', 0, end) : '';
    if (end < 1 || /[\s\0]/.test(key)) throw damaged(path, position, 'expected a key followed by a space');
    if (seen.has(key)) throw damaged(path, position, `the key "${key}" comes twice`);
    seen.add(key);
    const offset = position + end + 1;
    entries.push({ key, path, offset });
    position = readHeader(path, offset).end;
  }
  return entries;
}

/** The whole matrix, or the rows that the entry names. Throws UserError naming file and offset. */
export function readMatrix(entry: EntryLocation): ArchiveMatrix {
  const header = readHeader(entry.path, entry.offset);
  const { from, count, beyond } = rowsOf(entry, header);
  return { ...readRows(entry, header, from, count), ...(beyond && { rowsInFile: header.rows }) };
}

/** Rows [from, from + count) of a matrix (of the entry's rows, if it names some). */
export function readMatrixRows(entry: EntryLocation, from: number, count: number): ArchiveMatrix {
  const header = readHeader(entry.path, entry.offset);
  const rows = rowsOf(entry, header);
  if (!(Number.isInteger(from) && Number.isInteger(count) && from >= 0 && count >= 0 && from + count <= rows.count)) {
    throw damaged(entry.path, entry.offset, `expected rows within 0…${rows.count}, asked for ${from}…${from + count}`);
  }
  return readRows(entry, header, rows.from + from, count);
}

/** CRC-32 of a record, from its header to its end. @throws UserError naming file and offset */
export function recordCrc32({ path, offset }: EntryLocation): number {
  return crc32(readExactly(path, offset, readHeader(path, offset).end - offset));
}

/** A vector, or a matrix of one row. */
export function readVector(entry: EntryLocation): Float32Array<ArrayBuffer> {
  const header = readHeader(entry.path, entry.offset);
  if (entry.rows || entry.columns) throw damaged(entry.path, entry.offset, 'a range of a vector is not read');
  if (header.token === 'FV' || header.token === 'DV') {
    return readFloats(entry.path, header.dataStart, header.cols, header.token === 'DV');
  }
  if (header.rows === 1) return readRows(entry, header, 0, 1).data;
  throw damaged(entry.path, entry.offset, `expected a vector, got a matrix of ${header.rows} × ${header.cols}`);
}

type Token = 'FM' | 'DM' | 'FV' | 'DV' | 'CM' | 'CM2' | 'CM3';

interface RecordHeader {
  token: Token;
  rows: number;
  cols: number;
  /** Of a compressed matrix: value = minimum + range · code / largest code. */
  minimum: number;
  range: number;
  /** Position after the header; of `CM`, where the column headers start. */
  dataStart: number;
  /** Position after the record. */
  end: number;
}

/** Bytes of one value, and of what lies before the values for each column. */
const valueBytes: Record<Token, number> = { FM: 4, DM: 8, FV: 4, DV: 8, CM: 1, CM2: 2, CM3: 1 };

function readHeader(path: string, offset: number): RecordHeader {
  const head = readUpTo(path, offset, 32);
  if (head.length < 6) throw damaged(path, offset, 'the archive is truncated: it ends before this record');
  if (head[0] !== 0 || head[1] !== 0x42) {
    const kind = archiveKind(readUpTo(path, offset, KIND_BYTES).toString('latin1'), path);
    if (kind) throw otherKind(path, kind);
    throw damaged(path, offset, 'expected a binary record (\\0B)');
  }
  const end = head.indexOf(0x20, 2);
  const token = head.toString('latin1', 2, end < 0 ? 2 : end);
  if (!(token in valueBytes)) {
    throw damaged(path, offset, `expected a matrix or vector (${Object.keys(valueBytes).join(' ')}), got "${token}"`);
  }
  const at = end + 1;
  const header = { token: token as Token, minimum: 0, range: 0 };
  const finish = (rows: number, cols: number, headerBytes: number, values: object = {}): RecordHeader => {
    const dataStart = offset + at + headerBytes;
    const columnHeaders = token === 'CM' ? 8 * cols : 0;
    const bytes = columnHeaders + rows * cols * valueBytes[header.token];
    if (rows < 0 || cols < 0 || bytes > 2 ** 31 - 1) throw damaged(path, offset, `impossible size ${rows} × ${cols}`);
    return { ...header, rows, cols, ...values, dataStart, end: dataStart + bytes };
  };
  const need = token.startsWith('C') ? 16 : token.endsWith('M') ? 10 : 5;
  if (head.length < at + need) throw damaged(path, offset, 'the file ends within the header');
  if (token.startsWith('C')) {
    const values = { minimum: head.readFloatLE(at), range: head.readFloatLE(at + 4) };
    return finish(head.readInt32LE(at + 8), head.readInt32LE(at + 12), 16, values);
  }
  // Each size is preceded by its own width in bytes.
  if (head[at] !== 4 || (need === 10 && head[at + 5] !== 4)) throw damaged(path, offset, 'expected sizes of 4 bytes');
  if (need === 10) return finish(head.readInt32LE(at + 1), head.readInt32LE(at + 6), 10);
  return finish(1, head.readInt32LE(at + 1), 5);
}

const otherKind = (path: string, { what, remedy }: FileKind) =>
  new UserError(`${path}: expected a binary archive of matrices or vectors, got ${what}\n  ${remedy}`);

function rowsOf(entry: EntryLocation, header: RecordHeader): { from: number; count: number; beyond: boolean } {
  const { path, offset, rows } = entry;
  if (header.token === 'FV' || header.token === 'DV') throw damaged(path, offset, 'expected a matrix, got a vector');
  if (!rows) return { from: 0, count: header.rows, beyond: false };
  if (rows.first >= header.rows || rows.last >= header.rows + ROWS_BEYOND) {
    throw damaged(path, offset, `asked for rows [${shownRanges(entry)}] of a matrix of ${header.rows} rows`);
  }
  const last = Math.min(rows.last, header.rows - 1);
  return { from: rows.first, count: last - rows.first + 1, beyond: last < rows.last };
}

function columnsOf(entry: EntryLocation, header: RecordHeader): { from: number; count: number } {
  const { path, offset, columns } = entry;
  if (!columns) return { from: 0, count: header.cols };
  if (columns.last >= header.cols) {
    throw damaged(path, offset, `asked for columns [${shownRanges(entry)}] of a matrix of ${header.cols} columns`);
  }
  return { from: columns.first, count: columns.last - columns.first + 1 };
}

function readRows(entry: EntryLocation, header: RecordHeader, from: number, count: number): ArchiveMatrix {
  const all = readWholeRows(entry, header, from, count);
  if (!entry.columns) return all;
  const columns = columnsOf(entry, header);
  const data = new Float32Array(count * columns.count);
  for (let row = 0; row < count; row++) {
    const start = row * all.cols + columns.from;
    data.set(all.data.subarray(start, start + columns.count), row * columns.count);
  }
  return { rows: count, cols: columns.count, data };
}

function readWholeRows({ path }: EntryLocation, header: RecordHeader, from: number, count: number): ArchiveMatrix {
  const { token, rows, cols, minimum, range, dataStart } = header;
  const start = dataStart + from * cols * valueBytes[token];
  if (token === 'FM' || token === 'DM') {
    return { rows: count, cols, data: readFloats(path, start, count * cols, token === 'DM') };
  }
  if (token === 'CM') {
    const bytes = readExactly(path, dataStart, cols * (8 + rows));
    return { rows: count, cols, data: decodeColumns(bytes, { rows, cols, minimum, range }, from, count) };
  }
  const bytes = readExactly(path, start, count * cols * valueBytes[token]);
  const decode = token === 'CM2' ? decodeShorts : decodeBytes;
  return { rows: count, cols, data: decode(bytes, minimum, range) };
}

function readFloats(path: string, position: number, count: number, double: boolean): Float32Array<ArrayBuffer> {
  const bytes = readExactly(path, position, count * (double ? 8 : 4));
  if (!double) return new Float32Array(bytes.buffer, 0, count);
  return Float32Array.from(new Float64Array(bytes.buffer, 0, count));
}

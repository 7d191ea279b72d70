/**
 * @file The safetensors format: named tensors in one file, as PyTorch's and Hugging Face's tools read and write them.
 *
 * Layout: an 8-byte little-endian header length, a JSON header (name → dtype, shape, data_offsets; strings under
 * `__metadata__`), then the raw little-endian, row-major data without gaps.
 * Each tensor is read by range into memory of its own, so nothing depends on how the data is aligned in the file, and
 * one tensor of a large file costs only its own bytes.
 * Written files are a pure function of their tensors: the header keeps the key order; the data of 4-byte types comes
 * before that of bools, so that readers which view it in place find it aligned.
 * Limits: needs a little-endian machine; reads F64, F32, F16, BF16, I64, I32, U8 and BOOL; writes F32, I32 and BOOL.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { internal, messageOf, UserError } from '../errors.js';
import { writeFileAtomic } from './atomic-write.js';
import { BYTES_PER_VALUE, decodeValues, toEngineTensor } from './stored-tensor.js';
import type { FileDType, RawTensor, StoredTensor } from './stored-tensor.js';
import { checkAsWritten } from './written-files.js';

/** One tensor's entry in the header; `begin` and `end` count bytes from the start of the data. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: FileDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What a file holds, without its data; tensors in the header's order. */
export interface SafetensorsHeader {
  readonly tensors: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** As in the reference implementation: a longer header is taken for a file of another kind. */
const MAX_HEADER_BYTES = 100_000_000;

/** The names, types and shapes in a file, checked against its size. @throws UserError naming file and tensor. */
export function readSafetensorsHeader(path: string): SafetensorsHeader {
  return withFile(path, (file) => readHeader(path, file).header);
}

/**
 * Reads tensors for an engine: F32, F16 and BF16 become float32; I32, U8 and I64 become int32; BOOL becomes bool.
 *
 * @param names the tensors wanted, in this order; default: all, in the header's order.
 * @throws UserError naming file and tensor: not a safetensors file, damaged, a name that is not there, an I64 value
 *   beyond int32, an F64 tensor (never narrowed unasked; `readSafetensorsRaw` keeps it).
 */
export function readSafetensors(path: string, names?: readonly string[]): Record<string, StoredTensor> {
  return mapTensors(path, names, (entry, read) => toEngineTensor(path, entry.name, read()));
}

/** Reads tensors with the file's own types and precision; arguments and errors as `readSafetensors`. */
export function readSafetensorsRaw(path: string, names?: readonly string[]): Record<string, RawTensor> {
  return mapTensors(path, names, (_, read) => read());
}

/** Writes tensors and optional metadata atomically; equal arguments in equal order give equal bytes. */
export function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, StoredTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const named = Object.entries(tensors);
  const offsets = new Map<string, [number, number]>();
  let end = 0;
  for (const [name, tensor] of [...named.filter(isFourByte), ...named.filter((item) => !isFourByte(item))]) {
    checkWritable(name, tensor);
    offsets.set(name, [end, (end += tensor.data.byteLength)]);
  }
  const header = Object.fromEntries([
    ...(Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : []),
    ...named.map(([name, { dtype, shape }]) => [
      name,
      { dtype: WRITTEN_AS[dtype].dtype, shape, data_offsets: offsets.get(name) },
    ]),
  ]);
  const json = Buffer.from(JSON.stringify(header), 'utf8');
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const bytes = Buffer.alloc(8 + headerBytes + end, ' ');
  bytes.writeBigUInt64LE(BigInt(headerBytes), 0);
  bytes.set(json, 8);
  for (const [name, { data }] of named) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 8 + headerBytes + offsets.get(name)![0]);
  }
  writeFileAtomic(path, bytes);
}

const WRITTEN_AS = {
  float32: { dtype: 'F32', array: Float32Array },
  int32: { dtype: 'I32', array: Int32Array },
  bool: { dtype: 'BOOL', array: Uint8Array },
} as const;

const isFourByte = ([, { dtype }]: [string, StoredTensor]) => dtype !== 'bool';

const product = (shape: readonly number[]) => shape.reduce((size, axis) => size * axis, 1);

function checkWritable(name: string, { dtype, shape, data }: StoredTensor): void {
  if (name === '__metadata__') throw internal('a tensor may not be named __metadata__');
  if (!(data instanceof WRITTEN_AS[dtype].array)) throw internal(`tensor ${name}: ${dtype} with the wrong array type`);
  if (data.length !== product(shape)) {
    throw internal(`tensor ${name}: shape [${shape}] needs ${product(shape)} values, got ${data.length}`);
  }
}

function mapTensors<T>(
  path: string,
  names: readonly string[] | undefined,
  convert: (entry: TensorEntry, read: () => RawTensor) => T,
): Record<string, T> {
  return withFile(path, (file) => {
    const { header, dataStart } = readHeader(path, file);
    const byName = new Map(header.tensors.map((entry) => [entry.name, entry]));
    const wanted = (names ?? byName.keys()) as Iterable<string>;
    // fromEntries, not assignment: a tensor may have any name, `__proto__` too.
    return Object.fromEntries(
      Array.from(wanted, (name) => {
        const entry = byName.get(name);
        if (!entry) throw new UserError(`${path}: no tensor "${name}" among its ${byName.size} tensors`);
        const { dtype, shape, begin, end } = entry;
        const read = () => ({
          dtype,
          shape,
          data: decodeValues(dtype, readRange(path, file, dataStart + begin, end - begin)),
        });
        return [name, convert(entry, read)];
      }),
    );
  });
}

function withFile<T>(path: string, use: (file: number) => T): T {
  checkAsWritten(path);
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw new UserError(`${path}: cannot open this safetensors file: ${messageOf(error)}`, { cause: error });
  }
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}

function readRange(path: string, file: number, position: number, length: number): ArrayBuffer {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = readSync(file, bytes, done, Math.min(length - done, 1 << 30), position + done);
    if (count === 0) throw new UserError(`${path}: the file ended while it was read, at byte ${position + done}`);
    done += count;
  }
  return bytes.buffer;
}

function readHeader(path: string, file: number): { header: SafetensorsHeader; dataStart: number } {
  const broken = (what: string) => new UserError(`${path}: not a sound safetensors file: ${what}`);
  const stat = fstatSync(file);
  if (!stat.isFile()) throw broken('expected a file, got a folder or device');
  if (stat.size < 8) throw broken(`expected an 8-byte header length, got ${stat.size} bytes`);
  const headerBytes = Number(new DataView(readRange(path, file, 0, 8)).getBigUint64(0, true));
  if (headerBytes > Math.min(MAX_HEADER_BYTES, stat.size - 8)) {
    throw broken(`it states a header of ${headerBytes} bytes, but ${stat.size - 8} bytes follow`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(readRange(path, file, 8, headerBytes)));
  } catch (error) {
    throw broken(`its header is not JSON (${messageOf(error)})`);
  }
  if (!isObject(parsed)) throw broken('its header is not a JSON object');
  const { __metadata__: metadata = {}, ...entries } = parsed;
  if (!isObject(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw broken('its __metadata__ is not an object of strings');
  }
  const tensors = Object.entries(entries).map(([name, entry]) => checkEntry(name, entry, broken));
  const dataStart = 8 + headerBytes;
  checkLayout(tensors, stat.size - dataStart, broken);
  return { header: { tensors, metadata: metadata as Record<string, string> }, dataStart };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);

function checkEntry(name: string, entry: unknown, broken: (what: string) => UserError): TensorEntry {
  if (!isObject(entry)) throw broken(`tensor "${name}": expected {dtype, shape, data_offsets}`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(BYTES_PER_VALUE, dtype)) {
    throw broken(`tensor "${name}": expected dtype ${Object.keys(BYTES_PER_VALUE).join(', ')}, got ${String(dtype)}`);
  }
  if (!isCounts(shape))
    throw broken(`tensor "${name}": expected a shape of whole numbers, got ${JSON.stringify(shape)}`);
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw broken(`tensor "${name}": expected data_offsets [begin, end], got ${JSON.stringify(offsets)}`);
  }
  const [begin, end] = offsets;
  const bytes = product(shape) * BYTES_PER_VALUE[dtype as FileDType];
  if (end - begin !== bytes) {
    throw broken(`tensor "${name}": ${dtype} [${shape}] takes ${bytes} bytes, its offsets give ${end - begin}`);
  }
  return { name, dtype: dtype as FileDType, shape, begin, end };
}

/** The tensors must cover the data exactly: no gap, no overlap, no end beyond the file and no rest. */
function checkLayout(tensors: TensorEntry[], dataBytes: number, broken: (what: string) => UserError): void {
  let covered = 0;
  for (const { name, begin, end } of tensors.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) throw broken(`tensor "${name}" begins at byte ${begin} of the data, expected ${covered}`);
    if (end > dataBytes) {
      throw broken(
        `tensor "${name}" ends at byte ${end} of the data, which has ${dataBytes}; the file may be cut short`,
      );
    }
    covered = end;
  }
  if (covered !== dataBytes) throw broken(`its tensors take ${covered} bytes of data, it holds ${dataBytes}`);
}

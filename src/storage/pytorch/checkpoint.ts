/**
 * @file The tensors of a file that `torch.save` wrote: `.pt`, `.pth`, `.ckpt`, `.bin`. No code of the file is run.
 *
 * Since PyTorch 1.6 it is a ZIP archive of a pickle (`data.pkl`: what there is, without its values) and one entry a
 * storage (`data/0` …: values). Before, several pickles one after the other were followed by the storages' bytes.
 * Dictionaries within dictionaries are walked through: a tensor is found under all keys that lead to it.
 * Limits: little-endian files; real and whole numbers and truth values, no complex or quantised ones.
 */
import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { messageOf, UserError } from '../../errors.js';
import { readAt } from '../read-at.js';
import { BYTES_PER_VALUE, decodeValues, type FileDType, type FileValues, type RawTensor } from '../stored-tensor.js';
import { PickleProblem, readPickle } from './pickle.js';
import { type Storage, torchNames, TorchTensor } from './tensor-pickle.js';
import { readZipEntries } from './zip-entries.js';

/** One tensor, with the keys of the dictionaries that lead to it. */
export interface CheckpointTensor extends RawTensor {
  readonly keys: readonly string[];
}

export interface Checkpoint {
  readonly tensors: readonly CheckpointTensor[];
  /** The keys of the outermost dictionary. */
  readonly topKeys: readonly string[];
}

/** Types by their storage's name; the whole numbers of one and two bytes, which weights do not have, are none. */
const TYPES: Readonly<Record<string, FileDType>> = {
  Double: 'F64',
  Float: 'F32',
  Half: 'F16',
  BFloat16: 'BF16',
  Long: 'I64',
  Int: 'I32',
  Byte: 'U8',
  Bool: 'BOOL',
};

const ZIP_START = Buffer.from('PK\x03\x04');
const PICKLE_START = 0x80;

/** Whether a file is one of PyTorch's, by its first bytes; a safetensors file may begin as a pickle does. */
export function isCheckpoint(path: string): boolean {
  const file = open(path);
  try {
    const head = readAt(file, 0, 4);
    return head.equals(ZIP_START) || (head[0] === PICKLE_START && extname(path) !== '.safetensors');
  } finally {
    closeSync(file);
  }
}

/** @throws UserError naming the file: not PyTorch's, damaged, of something else than tensors and plain containers */
export function readCheckpoint(path: string): Checkpoint {
  const file = open(path);
  try {
    const { size } = fstatSync(file);
    const { value, storage } = readAt(file, 0, 4).equals(ZIP_START)
      ? readArchive(path, file, size)
      : readOldForm(path, readAt(file, 0, size));
    const tensors: CheckpointTensor[] = [];
    const values = new Map<string, FileValues>();
    walk(value, [], (keys, tensor) => {
      tensors.push({ keys, ...materialise(`${path}: tensor "${keys.join('.')}"`, tensor, { storage, values }) });
    });
    const topKeys = value instanceof Map ? Array.from(value.keys(), String) : [];
    return { tensors, topKeys };
  } catch (error) {
    if (error instanceof PickleProblem) throw new UserError(`${path}: not a sound checkpoint: ${error.message}`);
    throw error;
  } finally {
    closeSync(file);
  }
}

function open(path: string): number {
  try {
    if (statSync(path).isDirectory()) throw new Error('expected a file, got a folder');
    return openSync(path, 'r');
  } catch (error) {
    throw new UserError(`${path}: cannot open the weights: ${messageOf(error)}`, { cause: error });
  }
}

interface Content {
  value: unknown;
  /** The bytes of a storage. */
  storage(storage: Storage): Buffer<ArrayBuffer>;
}

function readArchive(path: string, file: number, size: number): Content {
  const zip = readZipEntries(path, file, size);
  const pickle = zip.names.find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined) {
    const there = zip.names.slice(0, 3).join(', ');
    throw new UserError(`${path}: a ZIP archive, but not of torch.save: expected a data.pkl in it, got ${there}`);
  }
  const root = pickle.slice(0, -'data.pkl'.length);
  const order = zip.names.includes(`${root}byteorder`) ? zip.read(`${root}byteorder`).toString().trim() : 'little';
  if (order !== 'little') throw new UserError(`${path}: expected little-endian values, got ${order}-endian ones`);
  return {
    value: readPickle(zip.read(pickle), 0, torchNames(path)).value,
    storage: ({ key }) => zip.read(`${root}data/${key}`),
  };
}

/** The first pickle of the form before PyTorch 1.6. */
const OLD_MAGIC = 0x1950a86a20f9469cfc6cn;

function readOldForm(path: string, bytes: Buffer): Content {
  const names = torchNames(path);
  let at = 0;
  const next = () => {
    const { value, end } = readPickle(bytes, at, names);
    at = end;
    return value;
  };
  if (next() !== OLD_MAGIC) {
    throw new UserError(`${path}: a pickle, but not of torch.save; expected a file that PyTorch wrote, or safetensors`);
  }
  next(); // the version of the form
  const machine = next();
  if (machine instanceof Map && machine.get('little_endian') === false) {
    throw new UserError(`${path}: expected little-endian values, got big-endian ones`);
  }
  const sizes = new Map<string, number>();
  const persistent = (id: unknown) => {
    const storage = names.persistent(id) as Storage;
    sizes.set(storage.key, storage.count * bytesPerValue(path, storage.type));
    return storage;
  };
  const { value, end } = readPickle(bytes, at, { ...names, persistent });
  at = end;
  const keys = next();
  const storages = new Map<string, Buffer<ArrayBuffer>>();
  for (const key of Array.isArray(keys) ? keys.map(String) : []) {
    const length = sizes.get(key) ?? 0;
    if (at + 8 + length > bytes.length) {
      throw new UserError(`${path}: it ends at byte ${bytes.length}, within its values; the file may be cut short`);
    }
    storages.set(key, Buffer.from(Uint8Array.from(bytes.subarray(at + 8, at + 8 + length)).buffer));
    at += 8 + length;
  }
  return {
    value,
    storage: ({ key }) => {
      const found = storages.get(key);
      if (!found) throw new UserError(`${path}: storage ${key} is not in the file; it may be cut short`);
      return found;
    },
  };
}

function bytesPerValue(path: string, type: string): number {
  const dtype = TYPES[type];
  if (dtype) return BYTES_PER_VALUE[dtype];
  throw new UserError(`${path}: a tensor of type ${type}; expected ${Object.keys(TYPES).join(', ')}`);
}

/** Deeper nesting than any checkpoint has; also where a dictionary holds itself. */
const DEEPEST = 12;

function walk(
  value: unknown,
  keys: readonly string[],
  found: (keys: readonly string[], tensor: TorchTensor) => void,
): void {
  if (value instanceof TorchTensor) found(keys, value);
  else if (value instanceof Map && keys.length < DEEPEST) {
    for (const [key, each] of value) walk(each, [...keys, String(key)], found);
  }
}

/** A damaged shape over strides of 0 could ask for any amount of memory. */
const MOST_VALUES = 2 ** 30;

interface View extends Pick<TorchTensor, 'offset' | 'shape' | 'strides'> {
  readonly count: number;
}

/** The tensor's values in row-major order, in memory of their own. */
function materialise(
  where: string,
  { storage, type, offset, shape, strides }: TorchTensor,
  { storage: bytesOf, values }: Pick<Content, 'storage'> & { values: Map<string, FileValues> },
): RawTensor {
  const dtype = TYPES[type];
  if (!dtype) throw new UserError(`${where}: of type ${type}; expected ${Object.keys(TYPES).join(', ')}`);
  const known = `${storage.key} ${dtype}`;
  let all = values.get(known);
  if (!all) {
    const bytes = bytesOf(storage);
    const width = BYTES_PER_VALUE[dtype];
    if (bytes.length % width !== 0)
      throw new UserError(`${where}: its ${bytes.length} bytes are not whole values of ${width}`);
    all = decodeValues(dtype, bytes.buffer);
    values.set(known, all);
  }
  const count = shape.reduce((product, size) => product * size, 1);
  const last = shape.reduce((at, size, axis) => at + (size - 1) * strides[axis], offset);
  if (count > MOST_VALUES || (count > 0 && last >= all.length)) {
    throw new UserError(
      `${where}: takes ${count} values up to value ${last + 1} of a storage that holds ${all.length}; the file is damaged`,
    );
  }
  return { dtype, shape, data: strided(all, { offset, shape, strides, count }) };
}

/** Values at `offset` plus strides, in the order of the shape. */
function strided(all: FileValues, { offset, shape, strides, count }: View): FileValues {
  let step = 1;
  const rowMajor = shape.map(() => 0);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    rowMajor[axis] = step;
    step *= shape[axis];
  }
  if (strides.every((stride, axis) => stride === rowMajor[axis] || shape[axis] === 1)) {
    return all.slice(offset, offset + count);
  }
  const taken = new (all.constructor as new (length: number) => FileValues)(count);
  const index = shape.map(() => 0);
  for (let i = 0, from = offset; i < count; i++) {
    taken[i] = all[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= shape[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return taken;
}

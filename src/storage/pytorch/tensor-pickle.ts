/**
 * @file What PyTorch's pickles may name, and nothing beyond it: tensors, their storages and types, and Python's plain
 * containers. Any other name is refused, so that nothing that a file asks for is ever run.
 */
import { UserError } from '../../errors.js';
import { PickleProblem, type PickleFunction, type PickleNames } from './pickle.js';

/** Values in the file, which several tensors may share. */
export interface Storage {
  /** The storage's type, as PyTorch's name without `Storage`: `Float`, `BFloat16`; of untyped ones `Untyped`. */
  readonly type: string;
  readonly key: string;
  /** Number of values; of an untyped storage, bytes. */
  readonly count: number;
}

/** A tensor of a checkpoint: a view of a storage. Offset and strides count values. */
export class TorchTensor {
  constructor(
    readonly storage: Storage,
    /** PyTorch's name of it: `Float`, `Half` … */
    readonly type: string,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** PyTorch's dtypes as their storages are called. */
const STORAGE_OF_DTYPE: Readonly<Record<string, string>> = {
  float64: 'Double',
  float32: 'Float',
  float16: 'Half',
  bfloat16: 'BFloat16',
  int64: 'Long',
  int32: 'Int',
  int16: 'Short',
  int8: 'Char',
  uint8: 'Byte',
  bool: 'Bool',
};

class StorageType {
  constructor(readonly type: string) {}
}

/** What the pickle of a checkpoint may name, for `readPickle`. @param path for messages */
export function torchNames(path: string): PickleNames {
  return {
    find(module, name) {
      const title = `${module}.${name}`;
      const known = FUNCTIONS.get(title) ?? constantOf(module, name);
      if (known !== undefined) return known;
      throw new UserError(
        `${path}: it holds ${title}, which is neither a tensor nor a plain container, and is not read${hintFor(module)}`,
      );
    },
    persistent(id) {
      const [kind, type, key, , count] = Array.isArray(id) ? (id as unknown[]) : [];
      if (kind !== 'storage' || !(type instanceof StorageType) || typeof key !== 'string' || !isCount(count)) {
        throw new PickleProblem('it refers to data in a way that torch.save does not');
      }
      return { type: type.type, key, count } satisfies Storage;
    },
  };
}

function hintFor(module: string): string {
  const how = "torch.save({'state_dict': model.state_dict()}, 'weights.pt')";
  if (module.startsWith('__torch__')) {
    return `\n  this is a TorchScript model, which holds code; save its tensors alone, in Python: ${how}`;
  }
  return `\n  nothing of the file has been run. Save the tensors alone, in Python: ${how}`;
}

function constantOf(module: string, name: string): unknown {
  const [, type] = /^(\w+)Storage$/.exec(name) ?? [];
  if (type !== undefined && ['torch', 'torch.cuda', 'torch.storage'].includes(module)) return new StorageType(type);
  return module === 'torch' && name in STORAGE_OF_DTYPE ? STORAGE_OF_DTYPE[name] : undefined;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);
const isStorage = (value: unknown): value is Storage => typeof value === 'object' && value !== null && 'count' in value;

function rebuildTensor(
  storage: unknown,
  offset: unknown,
  shape: unknown,
  strides: unknown,
  type?: string,
): TorchTensor {
  if (!isStorage(storage) || !isCount(offset) || !isCounts(shape) || !isCounts(strides)) {
    throw new PickleProblem('a tensor in it has no storage, shape and strides');
  }
  if (shape.length !== strides.length) throw new PickleProblem('a tensor in it has other strides than dimensions');
  return new TorchTensor(storage, type ?? storage.type, offset, shape, strides);
}

/** A list or tuple of pairs, or nothing, as a dictionary. */
function dictionaryOf(pairs: unknown = []): Map<unknown, unknown> {
  if (pairs instanceof Map) return new Map(pairs);
  if (Array.isArray(pairs) && pairs.every(Array.isArray)) return new Map(pairs as [unknown, unknown][]);
  throw new PickleProblem('a dictionary in it is made of something else than pairs');
}

const listOf = (values: unknown = []): unknown[] => (Array.isArray(values) ? [...(values as unknown[])] : []);

const FUNCTIONS = new Map<string, PickleFunction>(
  Object.entries<PickleFunction>({
    'torch._utils._rebuild_tensor': rebuildTensor as PickleFunction,
    'torch._utils._rebuild_tensor_v2': (storage, offset, shape, strides) =>
      rebuildTensor(storage, offset, shape, strides),
    'torch._utils._rebuild_tensor_v3': (storage, offset, shape, strides, _grad, _hooks, type) =>
      rebuildTensor(storage, offset, shape, strides, String(type)),
    'torch._utils._rebuild_parameter': (tensor) => tensor,
    'torch._utils._rebuild_parameter_with_state': (tensor) => tensor,
    'torch.Size': listOf,
    'torch.device': (...where) => where.join(':'),
    'collections.OrderedDict': dictionaryOf,
    // Its factory is a name, which is not called.
    'collections.defaultdict': () => new Map(),
    'builtins.dict': dictionaryOf,
    'builtins.list': listOf,
    'builtins.set': listOf,
    '__builtin__.set': listOf,
    // How bytes are written by protocols 0 to 2.
    '_codecs.encode': (text) => text,
  }),
);

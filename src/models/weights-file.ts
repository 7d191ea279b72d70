/** @file The tensors of a file of weights by name, whichever form it has: safetensors, or what `torch.save` writes. */
import { isCheckpoint, readCheckpoint } from '../storage/pytorch/checkpoint.js';
import { readSafetensorsRaw } from '../storage/safetensors.js';
import type { RawTensor } from '../storage/stored-tensor.js';

export interface WeightsFile {
  readonly path: string;
  /** In the file's order. Of dictionaries within dictionaries, the name is all keys with dots between. */
  readonly tensors: ReadonlyMap<string, RawTensor>;
  /** The outermost keys of a checkpoint, tensors or not. */
  readonly topKeys: readonly string[];
  /** The dictionaries around a tensor that a prefix of its name is made of: `state_dict` of `state_dict.module.`. */
  dictionariesOf(name: string, prefix: string): string;
}

/** @throws UserError naming the file: of neither form, damaged, or of something else than tensors */
export function readWeightsFile(path: string): WeightsFile {
  if (!isCheckpoint(path)) {
    const tensors = new Map(Object.entries(readSafetensorsRaw(path)));
    return { path, tensors, topKeys: [...tensors.keys()], dictionariesOf: () => '' };
  }
  const { tensors, topKeys } = readCheckpoint(path);
  const keysOf = new Map(tensors.map(({ keys }) => [keys.join('.'), keys]));
  return {
    path,
    tensors: new Map(tensors.map(({ keys, ...tensor }) => [keys.join('.'), tensor])),
    topKeys,
    dictionariesOf(name, prefix) {
      const around = (keysOf.get(name) ?? []).slice(0, -1);
      while (around.length > 0 && !prefix.startsWith(`${around.join('.')}.`)) around.pop();
      return around.join('.');
    },
  };
}

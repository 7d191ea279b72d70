/**
 * @file Dropout whose masks are a pure function of (seed, step, layer), so that a resumed run repeats them exactly.
 *
 * A layer's mask over [rows, columns] is hashed from one random odd key a row and one a column (`hashMask`). The keys
 * are inputs of the step: every layer's row and column keys in one vector, made by `dropoutKeys` on the host.
 */
import { hashMask } from '../engine/trace/extensions.js';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import { keyedRandom } from '../random.js';

/** The mask sizes of one dropout layer. */
export interface DropoutSite {
  readonly rows: number;
  readonly columns: number;
}

/** Number of keys that the given layers need. */
export const dropoutKeyCount = (sites: readonly DropoutSite[]): number =>
  sites.reduce((sum, { rows, columns }) => sum + rows + columns, 0);

/** The keys of one step: odd random int32, each layer's rows, then its columns. */
export function dropoutKeys(sites: readonly DropoutSite[], seed: number, step: number): Int32Array<ArrayBuffer> {
  const random = keyedRandom(seed, 'dropout', step);
  return Int32Array.from({ length: dropoutKeyCount(sites) }, () => random.int32() | 1);
}

/** Applies dropout to x [rows, columns]. */
export type Dropout = (x: Tensor) => Tensor;

/** Dropout layers that take their keys from `keys` in the order in which they are called. */
export function createDropout(keys: Tensor, rate: number): Dropout {
  let used = 0;
  const take = (count: number) => {
    used += count;
    return tf.slice(keys, [used - count], [count]);
  };
  return (x) => {
    const [rows, columns] = x.shape;
    return tf.mul(x, hashMask(take(rows), take(columns), 1 - rate));
  };
}

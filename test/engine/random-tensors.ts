/** @file Seeded tensors for tests: equal keys give equal values. */
import { sizeOf } from '../../src/engine/program/host-tensor.js';
import type { HostTensor } from '../../src/engine/program/host-tensor.js';
import { keyedRandom } from '../../src/random.js';
import type { RandomStream } from '../../src/random.js';

/** Makes a tensor from a key. */
export type RandomTensor = (key: string) => HostTensor;

const draw =
  (shape: readonly number[], value: (random: RandomStream) => number): RandomTensor =>
  (key) => {
    const random = keyedRandom('test', key);
    return { dtype: 'float32', shape, data: Float32Array.from({ length: sizeOf(shape) }, () => value(random)) };
  };

/** Standard normal. */
export const normal = (...shape: number[]): RandomTensor => draw(shape, (random) => random.normal());

/** In [0.25, 2.25). */
export const positive = (...shape: number[]): RandomTensor => draw(shape, (random) => 0.25 + 2 * random.uniform());

/** Whole numbers and halves in [-2, 2]: many are equal, many are 0. */
export const halves = (...shape: number[]): RandomTensor => draw(shape, (random) => (random.below(9) - 4) / 2);

/** int32 in [from, to). */
export const integers =
  (from: number, to: number, ...shape: number[]): RandomTensor =>
  (key) => {
    const random = keyedRandom('test', key);
    const data = Int32Array.from({ length: sizeOf(shape) }, () => from + random.below(to - from));
    return { dtype: 'int32', shape, data };
  };

/** Odd int32 over the whole range, as the keys of `hashMask`. */
export const hashKeys =
  (count: number): RandomTensor =>
  (key) => {
    const random = keyedRandom('test', key);
    return { dtype: 'int32', shape: [count], data: Int32Array.from({ length: count }, () => random.int32() | 1) };
  };

export const booleans =
  (...shape: number[]): RandomTensor =>
  (key) => {
    const random = keyedRandom('test', key);
    return { dtype: 'bool', shape, data: Uint8Array.from({ length: sizeOf(shape) }, () => random.below(2)) };
  };

/** The given float32 values. */
export const floats =
  (...values: number[]): RandomTensor =>
  () => ({ dtype: 'float32', shape: [values.length], data: Float32Array.from(values) });

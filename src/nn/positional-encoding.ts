/**
 * @file Sinusoidal positions (Vaswani et al. 2017): pe[t, 2k] = sin(t·w_k), pe[t, 2k+1] = cos(t·w_k) with
 * w_k = 10000^(−2k/E).
 *
 * Computed in the graph, so that one inference session serves every length; t·w_k is a float32 product, as in
 * PyTorch's usual table.
 */
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';

/** Frames that can be numbered: 2^20, nearly three hours at 100 frames a second. */
const MAX_POSITIONS = 2 ** 20;

/** 0 … MAX_POSITIONS − 1, made when a model first asks for it: most commands have none. */
let numbers: Float32Array | undefined;

/** 0 … count − 1 as float32, cut from a table, so that the count may be a size that varies. */
export function frameNumbers(count: number): Tensor {
  numbers ??= Float32Array.from({ length: MAX_POSITIONS }, (_, t) => t);
  return tf.slice(tf.tensor1d(numbers), [0], [count]);
}

/** The encodings of positions 0 … count − 1: [count, embed]. */
export function positionalEncoding(count: number, embed: number): Tensor {
  if (embed % 2 !== 0) throw new RangeError(`positional encoding needs an even embedding size, got ${embed}`);
  const frequencies = Float32Array.from({ length: embed / 2 }, (_, k) => Math.exp(2 * k * (-Math.log(10000) / embed)));
  const angles = tf.mul(tf.reshape(frameNumbers(count), [count, 1]), tf.tensor2d(frequencies, [1, embed / 2]));
  const pairs = [tf.sin(angles), tf.cos(angles)].map((half) => tf.reshape(half, [count, embed / 2, 1]));
  return tf.reshape(tf.concat(pairs, 2), [count, embed]);
}

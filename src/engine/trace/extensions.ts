/**
 * @file Operations that models may use beside TensorFlow.js's own: one name, two implementations.
 *
 * Each is a single fused operator when a program is traced and plain TensorFlow.js otherwise. They have no gradients:
 * `src/nn` calls them inside custom gradients only.
 */
import * as tf from '../tfjs.js';
import type { Tensor } from '../tfjs.js';
import { TRACE_BACKEND } from './trace-backend.js';

export const EXTENSION = {
  normalizeLast: 'acanet.NormalizeLast',
  normalCdf: 'acanet.NormalCdf',
  positiveMask: 'acanet.PositiveMask',
  hashMask: 'acanet.HashMask',
  convolvePlanes: 'acanet.ConvolvePlanes',
  averageSegments: 'acanet.AverageSegments',
} as const;

const tracing = () => tf.getBackend() === TRACE_BACKEND;
const run = (kernel: string, inputs: Record<string, Tensor>, attrs: Record<string, number | readonly number[]> = {}) =>
  tf.engine().runKernel(kernel, inputs, attrs as tf.NamedAttrMap);

/** (x − mean) / √(variance + epsilon) over the last axis, with 1/√(variance + epsilon) (last axis 1). */
export function normalizeLast(x: Tensor, epsilon: number): [normalized: Tensor, inverseDeviation: Tensor] {
  if (tracing()) return run(EXTENSION.normalizeLast, { x }, { epsilon }) as Tensor[] as [Tensor, Tensor];
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const inverseDeviation = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
  return [tf.mul(centred, inverseDeviation), inverseDeviation];
}

/** The distribution function of the standard normal, ½(1 + erf(x/√2)). */
export function normalCdf(x: Tensor): Tensor {
  if (tracing()) return run(EXTENSION.normalCdf, { x }) as Tensor;
  return tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));
}

/** 1 where x > 0, else 0; x must not be negative (the output of a ReLU). */
export function positiveMask(x: Tensor): Tensor {
  return tracing() ? (run(EXTENSION.positiveMask, { x }) as Tensor) : tf.sign(x);
}

/** Zeros around each plane [H, W]: above, left, below, right. */
export type PlanePadding = readonly [top: number, left: number, bottom: number, right: number];

/**
 * Cross-correlation of planes with kernels (what PyTorch calls Conv2d), channels first and the batch second: x [C, B,
 * H, W], weight [C', C, h, w] → [C', B, H', W'].
 */
export function convolvePlanes(
  x: Tensor,
  weight: Tensor,
  { strides, padding }: { strides: readonly [number, number]; padding: PlanePadding },
): Tensor {
  if (tracing()) return run(EXTENSION.convolvePlanes, { x, weight }, { strides, padding }) as Tensor;
  const [top, left, bottom, right] = padding;
  const padded = tf.pad(tf.transpose(x, [1, 2, 3, 0]), [[0, 0], [top, bottom], [left, right], [0, 0]]); // prettier-ignore
  const kernels = tf.transpose(weight, [2, 3, 1, 0]) as tf.Tensor4D; // [h, w, C, C']
  return tf.transpose(tf.conv2d(padded as tf.Tensor4D, kernels, [...strides], 'valid'), [3, 0, 1, 2]);
}

/** Means of every `length` values of the last axis, of which the last segment may have fewer: [A, B, T] → [A, B, S]. */
export function averageSegments(x: Tensor, length: number): Tensor {
  if (tracing()) return run(EXTENSION.averageSegments, { x }, { length }) as Tensor;
  const [rows, columns, count] = x.shape as [number, number, number];
  const segments = Math.ceil(count / length);
  const padded = tf.pad(x, [[0, 0], [0, 0], [0, segments * length - count]]); // prettier-ignore
  const sums = tf.sum(tf.reshape(padded, [rows, columns, segments, length]), 3);
  return tf.div(sums, tf.tensor1d(segmentSizes(count, length)));
}

/** How many of `count` values each segment has. */
export const segmentSizes = (count: number, length: number): number[] =>
  Array.from({ length: Math.ceil(count / length) }, (_, s) => Math.min(length, count - s * length));

/**
 * A mask [rows, columns] that is `1 / keep` with probability `keep` and 0 otherwise: multiply-shift hashing of a row
 * key and a column key (both odd, random int32; Dietzfelbinger et al. 1997). An element is kept if the low 32 bits
 * of the keys' product, as a signed number, lie below the threshold of probability `keep`.
 */
export function hashMask(rowKeys: Tensor, columnKeys: Tensor, keep: number): Tensor {
  const threshold = hashThreshold(keep);
  if (tracing()) return run(EXTENSION.hashMask, { rowKeys, columnKeys }, { threshold, value: 1 / keep }) as Tensor;
  const rows = rowKeys.dataSync();
  const columns = columnKeys.dataSync();
  const mask = new Float32Array(rows.length * columns.length);
  for (let r = 0; r < rows.length; r++) {
    for (let c = 0; c < columns.length; c++) {
      mask[r * columns.length + c] = Math.imul(rows[r], columns[c]) < threshold ? 1 / keep : 0;
    }
  }
  return tf.tensor(mask, [rows.length, columns.length]);
}

/** The int32 below which a uniformly random int32 lies with probability `keep`. */
const hashThreshold = (keep: number): number => Math.min(2 ** 31 - 1, Math.round(keep * 2 ** 32 - 2 ** 31));

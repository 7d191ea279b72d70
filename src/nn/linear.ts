/** @file Affine maps in PyTorch's layout: weights are [out, in]. */
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';

/** x·Wᵀ + b over rows: x [N, in], weight [out, in], bias [out] → [N, out]. */
export function linear(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return tf.fused.matMul({ a: x as tf.Tensor2D, b: weight as tf.Tensor2D, transposeB: true, bias });
}

/** x·W + b over rows, for a weight that was computed as [in, out]. */
export function linearInOut(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return tf.fused.matMul({ a: x as tf.Tensor2D, b: weight as tf.Tensor2D, bias });
}

/** W·x + b over columns, channels first: weight [out, in], x [in, N], bias [out] → [out, N]. */
export function linearChannels(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return tf.add(tf.matMul(weight as tf.Tensor2D, x as tf.Tensor2D), tf.reshape(bias, [-1, 1]));
}

/** Removes a convolution weight's trailing kernel axis of size 1: [out, in, 1] → [out, in]. */
export const pointwise = (weight: Tensor): Tensor => tf.reshape(weight, weight.shape.slice(0, 2));

/** @file Affine maps in PyTorch's layout: weights are [out, in]. */
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import type { ChannelAxis } from './batch-norm.js';

/** x·Wᵀ + b over rows, or W·x + b over columns: x [N, in] or [in, N], weight [out, in], bias [out]. */
export function linear(x: Tensor, weight: Tensor, bias: Tensor, channels: ChannelAxis): Tensor {
  if (channels === 'first') return linearChannels(x, weight, bias);
  return tf.fused.matMul({ a: x as tf.Tensor2D, b: weight as tf.Tensor2D, transposeB: true, bias });
}

/** The same without bias. */
export function linearProduct(x: Tensor, weight: Tensor, channels: ChannelAxis): Tensor {
  return channels === 'first'
    ? tf.matMul(weight as tf.Tensor2D, x as tf.Tensor2D)
    : tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D, false, true);
}

/** W·x + b over columns, channels first: weight [out, in], x [in, N], bias [out] → [out, N]. */
export function linearChannels(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return tf.add(tf.matMul(weight as tf.Tensor2D, x as tf.Tensor2D), tf.reshape(bias, [-1, 1]));
}

/** The product of a split weight with parts that stand for their concatenation: Σ Wᵢ·xᵢ, parts [Cᵢ, N]. */
export function splitProduct(parts: readonly Tensor[], weight: Tensor): Tensor {
  const sizes = parts.map((part) => part.shape[0]);
  const weights = parts.length > 1 ? tf.split(weight, sizes, 1) : [weight]; // split has no gradient for one part
  const products = parts.map((part, i) => tf.matMul(weights[i] as tf.Tensor2D, part as tf.Tensor2D) as Tensor);
  return products.reduce((sum, product) => tf.add(product, sum));
}

/** Removes a convolution weight's trailing kernel axis of size 1: [out, in, 1] → [out, in]. */
export const pointwise = (weight: Tensor): Tensor => tf.reshape(weight, weight.shape.slice(0, 2));

/** @file GELU and ReLU with gradients that cost one pass. */
import { normalCdf, positiveMask } from '../engine/trace/extensions.js';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';

const INV_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

/** Exact GELU, x·Φ(x) (Hendrycks & Gimpel 2016). */
export const gelu: (x: Tensor) => Tensor = tf.customGrad((input, saved) => {
  const save = saved as tf.GradSaveFunc;
  const x = input as Tensor;
  const cdf = normalCdf(x);
  save([x, cdf]);
  return {
    value: tf.mul(x, cdf),
    // Φ(x) + x·φ(x)
    gradFunc: (dy: Tensor, [x, cdf]: Tensor[]) => {
      const density = tf.exp(tf.mul(tf.mul(x, -0.5), x));
      return tf.mul(dy, tf.add(cdf, tf.mul(tf.mul(x, INV_SQRT_2PI), density)));
    },
  };
}) as (x: Tensor) => Tensor;

/** max(x, 0); the gradient at 0 is 0, as in PyTorch. */
export const relu: (x: Tensor) => Tensor = tf.customGrad((input, saved) => {
  const save = saved as tf.GradSaveFunc;
  const y = tf.relu(input as Tensor);
  save([y]);
  return { value: y, gradFunc: (dy: Tensor, [y]: Tensor[]) => tf.mul(dy, positiveMask(y)) };
}) as (x: Tensor) => Tensor;

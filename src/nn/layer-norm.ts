/**
 * @file Layer normalisation over the channels (Ba et al. 2016), without its affine part.
 *
 * The affine map is left to the caller, who folds it into the linear map that follows: (x̂·g + b)·Wᵀ + c is
 * x̂·(W·diag g)ᵀ + (W·b + c), which saves two passes over the activations, forwards and backwards.
 */
import { normalizeLast } from '../engine/trace/extensions.js';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import type { ChannelAxis } from './batch-norm.js';

/** PyTorch's default. */
const EPSILON = 1e-5;

/** x̂ = (x − mean) / √(variance + 1e-5) over the first axis or the last. */
export function layerNormalize(x: Tensor, channels: ChannelAxis): Tensor {
  const axis = channels === 'first' ? 0 : -1;
  const normalize = tf.customGrad((input, saved) => {
    const save = saved as tf.GradSaveFunc;
    const [normalized, inverseDeviation] = normalizeOver(input as Tensor, axis);
    save([normalized, inverseDeviation]);
    return {
      value: normalized,
      // dx = (dy − mean(dy) − x̂·mean(dy·x̂)) / deviation
      gradFunc: (dy: Tensor, [xhat, inverse]: Tensor[]) => {
        const centred = tf.sub(dy, tf.mean(dy, axis, true));
        const along = tf.mul(xhat, tf.mean(tf.mul(dy, xhat), axis, true));
        return tf.mul(tf.sub(centred, along), inverse);
      },
    };
  }) as (x: Tensor) => Tensor;
  return normalize(x);
}

function normalizeOver(x: Tensor, axis: 0 | -1): [normalized: Tensor, inverseDeviation: Tensor] {
  if (axis === -1) return normalizeLast(x, EPSILON);
  const centred = tf.sub(x, tf.mean(x, 0, true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 0, true), EPSILON));
  return [tf.mul(centred, inverse), inverse];
}

/** The linear map of a normalised row after the affine part (gain, shift): see the file's comment. */
export function foldAffine(
  weight: Tensor,
  bias: Tensor,
  { gain, shift }: { gain: Tensor; shift: Tensor },
): { weight: Tensor; bias: Tensor } {
  const [outputs] = weight.shape;
  const shifted = tf.matMul(weight as tf.Tensor2D, tf.reshape(shift, [-1, 1]) as tf.Tensor2D); // [out, 1]
  return { weight: tf.mul(weight, gain), bias: tf.add(tf.reshape(shifted, [outputs]), bias) };
}

/**
 * @file WeSpeaker's attentive statistics pooling (ASTP): weights for each channel from tanh alone between two maps.
 *
 * softmax_t(W₂·tanh(W₁·[x_t; μ; σ] + b₁) + b₂), the mean μ and the deviation σ of a sample only with `globalContext`.
 * The concatenation is never built: its weight is split instead. The variance is at least 1e-7.
 */
import * as tf from '../../engine/tfjs.js';
import { internal } from '../../errors.js';
import { linearChannels, pointwise, splitProduct } from '../../nn/linear.js';
import { attentiveStatistics, sampleStatistics } from '../../nn/statistics-pooling.js';
import type { FrameAttentionLayer } from '../contract/model.js';
import type { FramePooling, PoolingPlace } from './pooling.js';

const VARIANCE_FLOOR = 1e-7;

interface TanhAttentiveOptions {
  readonly attentionChannels: number;
  readonly globalContext: boolean;
}

export function createTanhAttentive(
  { attentionChannels, globalContext }: TanhAttentiveOptions,
  { name, channels }: PoolingPlace,
): FramePooling {
  const layer: FrameAttentionLayer = { name, title: 'attentive statistics pooling', rows: 'channels' };
  return {
    outputSize: 2 * channels,
    minFrames: globalContext ? 2 : 1,
    attention: layer,

    list(list) {
      list.conv1d(`${name}.linear1`, channels * (globalContext ? 3 : 1), attentionChannels);
      list.conv1d(`${name}.linear2`, attentionChannels, channels);
    },

    pool(x, tensors, { weights, onAttention }) {
      if (weights) throw internal("WeSpeaker's pooling takes no padded utterances");
      const [, batch, frames] = x.shape as [number, number, number];
      const flat = tf.reshape(x, [channels, -1]) as tf.Tensor2D;
      const weight = pointwise(tensors[`${name}.linear1.weight`]);
      const bias = tf.reshape(tensors[`${name}.linear1.bias`], [-1, 1]);
      const local = (product: tf.Tensor) => tf.reshape(product, [attentionChannels, batch, frames]);
      let hidden: tf.Tensor;
      if (globalContext) {
        const { mean, deviation } = sampleStatistics(x);
        const [localWeight, globalWeight] = tf.split(weight, [channels, 2 * channels], 1);
        const shared = tf.add(splitProduct([mean, deviation], globalWeight), bias); // [attentionChannels, B]
        hidden = tf.add(local(tf.matMul(localWeight as tf.Tensor2D, flat)), tf.expandDims(shared, 2));
      } else {
        hidden = local(tf.add(tf.matMul(weight as tf.Tensor2D, flat), bias));
      }
      const heard = tf.reshape(tf.tanh(hidden), [attentionChannels, -1]);
      const logits = tf.reshape(
        linearChannels(heard, pointwise(tensors[`${name}.linear2.weight`]), tensors[`${name}.linear2.bias`]),
        x.shape,
      );
      onAttention?.(layer, tf.transpose(tf.softmax(logits), [1, 0, 2])); // [B, C, T]
      const { mean, deviation } = attentiveStatistics(x, logits, { floor: VARIANCE_FLOOR });
      return tf.concat([mean, deviation], 0);
    },

    macs: (frames) => frames * channels * attentionChannels * (globalContext ? 4 : 2),
  };
}

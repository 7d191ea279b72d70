/**
 * @file Attentive statistics pooling: mean and standard deviation over time with weights that an attention gives.
 *
 * After a trunk, as in ECAPA-TDNN (Desplanques et al. 2020, SpeechBrain's parameter names; WeSpeaker's form stands in
 * `tanh-attentive.ts`): weights for each channel,
 * from each frame and, with `globalContext`, from the utterance's mean and deviation as well. The concatenation of the
 * three is never built: its weight is split instead. In a layer of latents, one attention a layer (Okabe et al. 2018):
 * a = softmax_t(v·tanh(W·x_t + b) + k), with E² + 2E + 1 values beside those of `pooled-latents.ts`.
 */
import { z } from 'zod';
import * as tf from '../../engine/tfjs.js';
import type { Tensor } from '../../engine/tfjs.js';
import { internal } from '../../errors.js';
import { relu } from '../../nn/activations.js';
import { batchNormFrames } from '../../nn/batch-norm.js';
import { timeConvolution } from '../../nn/convolution.js';
import { foldAffine } from '../../nn/layer-norm.js';
import { linearChannels, pointwise, splitProduct } from '../../nn/linear.js';
import { attentiveStatistics, statistics } from '../../nn/statistics-pooling.js';
import type { FrameAttentionLayer } from '../contract/model.js';
import { createPooledLatents } from './pooled-latents.js';
import { createTanhAttentive } from './tanh-attentive.js';
import type { FramePooling, LatentPlace, LatentPooling, Pooling, PoolingPlace } from './pooling.js';

/** Also ECAPA-TDNN's own options, whose pooling it is. */
export const attentionOptions = z.strictObject({
  attentionChannels: z.int().positive().default(128),
  /** Give the attention the utterance's mean and deviation as well. */
  globalContext: z.boolean().default(true),
});

export const attentiveOptions = z.strictObject({ type: z.literal('attentive'), ...attentionOptions.shape });
type AttentiveOptions = z.infer<typeof attentiveOptions>;

export const attentive: Pooling<AttentiveOptions> = {
  options: attentiveOptions,
  create: (options, place) =>
    place.form === 'wespeaker' ? createTanhAttentive(options, place) : createAttentive(options, place),
  inLatents: createAttentiveLatents,
};

function createAttentive(
  { attentionChannels, globalContext }: AttentiveOptions,
  { name, channels }: PoolingPlace,
): FramePooling {
  /** Its weights are the softmax over time of each channel's logits. */
  const layer: FrameAttentionLayer = { name, title: 'attentive statistics pooling', rows: 'channels' };
  return {
    outputSize: 2 * channels,
    minFrames: 1,
    attention: layer,

    list(list) {
      list.conv1d(`${name}.tdnn.conv.conv`, channels * (globalContext ? 3 : 1), attentionChannels);
      list.batchNorm(`${name}.tdnn.norm.norm`, attentionChannels);
      list.conv1d(`${name}.conv.conv`, attentionChannels, channels);
    },

    pool(x, tensors, { training, weights, onAttention }) {
      const [, batch, frames] = x.shape as [number, number, number];
      const flat = () => tf.reshape(x, [channels, -1]) as tf.Tensor2D;
      const weight = pointwise(tensors[`${name}.tdnn.conv.conv.weight`]);
      const bias = tf.reshape(tensors[`${name}.tdnn.conv.conv.bias`], [-1, 1]);
      const local = (product: Tensor) => tf.reshape(product, [attentionChannels, batch, frames]);
      let hidden: Tensor;
      if (globalContext) {
        const { mean, deviation } = statistics(x, weights);
        const [localWeight, globalWeight] = tf.split(weight, [channels, 2 * channels], 1);
        const shared = tf.add(splitProduct([mean, deviation], globalWeight), bias); // [attentionChannels, B]
        const product = local(tf.matMul(localWeight as tf.Tensor2D, flat()));
        hidden = tf.add(product, tf.expandDims(shared, 2));
      } else {
        hidden = local(tf.add(tf.matMul(weight as tf.Tensor2D, flat()), bias));
      }
      const norm = { name: `${name}.tdnn.norm.norm`, statistics: training?.statistics };
      const heard = tf.tanh(batchNormFrames(relu(hidden), tensors, norm));
      const logits = timeConvolution(heard, tensors[`${name}.conv.conv.weight`], tensors[`${name}.conv.conv.bias`]);
      if (onAttention) {
        if (weights) throw internal('attention is observed in whole utterances only');
        onAttention(layer, tf.transpose(tf.softmax(logits), [1, 0, 2])); // [B, C, T]
      }
      const { mean, deviation } = attentiveStatistics(x, logits, { weights });
      return tf.concat([mean, deviation], 0);
    },

    macs: (frames) => frames * channels * attentionChannels * (globalContext ? 4 : 2),
  };
}

function createAttentiveLatents(place: LatentPlace): LatentPooling {
  const { embed } = place;
  const name = `${place.name}.pool`;
  return createPooledLatents(place, 'attentive pooling', {
    list(list) {
      list.linear(`${name}.attention`, embed, embed);
      list.linear(`${name}.score`, embed, 1);
    },
    scores(rows, tensors, affine) {
      const { weight, bias } = foldAffine(
        tensors[`${name}.attention.weight`],
        tensors[`${name}.attention.bias`],
        affine,
      );
      const heard = tf.tanh(linearChannels(rows, weight, bias));
      return linearChannels(heard, tensors[`${name}.score.weight`], tensors[`${name}.score.bias`]);
    },
    macs: (rows) => rows * (embed ** 2 + embed),
  });
}

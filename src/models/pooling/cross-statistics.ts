/**
 * @file Statistics pooling by latents: each of a few latents attends to the frames, and takes their mean and deviation.
 *
 * As cross attention, but that what a latent takes are the channels of the frames themselves, not maps of them, and that
 * it takes their deviation too; so nothing of the trunk's width is lost. Keys are a map of the frames, layer-normalised;
 * each head attends with its part of latent and key, and weighs its part of the channels (multi-query multi-head
 * attention: Zhao et al., "Multi-query multi-head attention pooling and Inter-TopK penalty", ICASSP 2022). With one
 * latent and one head it is one attention for all channels (Okabe et al. 2018). In a layer of latents it is cross
 * attention that hears deviations. Limits: no padded utterances.
 */
import { z } from 'zod';
import * as tf from '../../engine/tfjs.js';
import { internal, UserError } from '../../errors.js';
import { attendedStatistics } from '../../nn/attention.js';
import { layerNormalize } from '../../nn/layer-norm.js';
import { linearChannels } from '../../nn/linear.js';
import type { FrameAttentionLayer } from '../contract/model.js';
import { createLatentAttention } from './cross-attention.js';
import { initialLatents, latentInit } from './latent-init.js';
import type { FramePooling, Pooling, PoolingPlace } from './pooling.js';

const positive = z.int().positive();

export const crossStatisticsOptions = z
  .strictObject({
    type: z.literal('cross-statistics'),
    /** The pooled vector has latents × 2 × channels values. */
    latents: positive.default(2),
    /** Size of a latent and of a key. */
    embed: positive.default(128),
    heads: positive.default(4),
    /** How the latents start. Scores are then about as large as its std. */
    latentInit: latentInit.prefault({ distribution: 'orthogonal', std: 1 }),
  })
  .refine(({ embed, heads }) => embed % heads === 0, { error: 'embed must be a multiple of heads', path: ['heads'] });
type CrossStatisticsOptions = z.infer<typeof crossStatisticsOptions>;

export const crossStatistics: Pooling<CrossStatisticsOptions> = {
  options: crossStatisticsOptions,
  create: createCrossStatistics,
  inLatents: (place) => createLatentAttention({ ...place, deviation: true }),
};

function createCrossStatistics(
  { latents, embed, heads, latentInit }: CrossStatisticsOptions,
  { name, channels }: PoolingPlace,
): FramePooling {
  if (channels % heads !== 0) {
    throw new UserError(
      `pooling cross-statistics: ${channels} channels of a frame cannot be split into ${heads} heads; set heads to a divisor of them`,
    );
  }
  const shown: FrameAttentionLayer = { name, title: 'statistics by latents', rows: 'latents' };
  return {
    outputSize: 2 * latents * channels,
    minFrames: 1,
    attention: shown,

    list(list) {
      list.linear(`${name}.key`, channels, embed);
      list.parameter(`${name}.latent`, [latents, embed], initialLatents(latentInit));
    },

    pool(x, tensors, { weights, onAttention }) {
      if (weights) throw internal('statistics by latents take no padded utterances');
      const [, batch, frames] = x.shape as [number, number, number];
      /** [heads·d, B, N] → [B·heads, d, N] */
      const byHead = (each: tf.Tensor, width: number) =>
        tf.reshape(tf.transpose(tf.reshape(each, [heads, width, batch, frames]), [2, 0, 1, 3]), [-1, width, frames]);
      const flat = tf.reshape(x, [channels, -1]);
      const mapped = linearChannels(flat, tensors[`${name}.key.weight`], tensors[`${name}.key.bias`]);
      const k = byHead(layerNormalize(mapped, 'first'), embed / heads);
      const own = tf.reshape(tf.transpose(tensors[`${name}.latent`]), [1, heads, embed / heads, latents]);
      const q = tf.reshape(tf.add(own, tf.zeros([batch, 1, 1, 1])), [-1, embed / heads, latents]);
      const onHeads =
        onAttention &&
        ((each: tf.Tensor) => onAttention(shown, tf.mean(tf.reshape(each, [batch, heads, latents, frames]), 1)));
      const { mean, deviation } = attendedStatistics({ q, k, x: byHead(x, channels / heads) }, onHeads);
      /** [B·heads, c, L] → [L·channels, B] */
      const joined = (each: tf.Tensor) =>
        tf.reshape(tf.transpose(tf.reshape(each, [batch, channels, latents]), [2, 1, 0]), [latents * channels, batch]);
      return tf.concat([joined(mean), joined(deviation)], 0);
    },

    macs: (frames) => frames * embed * (channels + latents) + 2 * frames * latents * channels,
  };
}

/**
 * @file Asymmetric cross attention (Yip et al. 2023): a few latents attend to the many frames.
 *
 * In a layer of latents it is ACA-Net's own, with one head or several. After a trunk the frames are mapped to the size
 * of the latents and layer-normalised, and latents [L, E], the same for every utterance, pass one layer as in ACA-Net:
 * attention and an MLP, each with a residual. The latents of an utterance are its vector, [L·E, B]. Limits: no padded
 * utterances.
 */
import { z } from 'zod';
import * as tf from '../../engine/tfjs.js';
import { internal } from '../../errors.js';
import { attention, repeatForBatch } from '../../nn/attention.js';
import type { ChannelAxis } from '../../nn/batch-norm.js';
import { layerNormalize } from '../../nn/layer-norm.js';
import { linearChannels } from '../../nn/linear.js';
import { createLatentLayer } from './latent-layer.js';
import { initialLatents, latentInit } from './latent-init.js';
import type { FrameAttentionLayer } from '../contract/model.js';
import type { FramePooling, LatentPlace, LatentPooling, Pooling, PoolingPlace } from './pooling.js';

const positive = z.int().positive();

export const crossAttentionOptions = z
  .strictObject({
    type: z.literal('cross-attention'),
    /** Latent vectors, and the size of each: the pooled vector has latents × embed values. */
    latents: positive.default(64),
    embed: positive.default(64),
    /** Hidden size of the MLP after the attention. */
    mlp: positive.default(64),
    /** How the latents start. From small ones all attend alike (docs/training-aca-net.md). */
    latentInit: latentInit.prefault({ distribution: 'orthogonal', std: 2 }),
    /** Of the attention. Absent: 1. */
    heads: positive.optional(),
  })
  .refine(({ embed, heads = 1 }) => embed % heads === 0, {
    error: 'embed must be a multiple of heads',
    path: ['heads'],
  });
type CrossAttentionOptions = z.infer<typeof crossAttentionOptions>;

/** Without what its absence means: equal networks are to be equal settings. */
export const withoutUsual = ({ heads = 1, ...options }: CrossAttentionOptions) => ({
  ...options,
  ...(heads > 1 && { heads }),
});

export const crossAttention: Pooling<CrossAttentionOptions> = {
  options: crossAttentionOptions,
  create: createCrossAttention,
  inLatents: createLatentAttention,
};

function createCrossAttention(
  { latents, embed, mlp, latentInit, heads }: CrossAttentionOptions,
  { name, channels }: PoolingPlace,
): FramePooling {
  const source = createLatentAttention({ name, embed, latents, heads });
  const layer = createLatentLayer({ name, embed, latents, mlp, source });
  const shown: FrameAttentionLayer = { name, title: 'cross attention', rows: 'latents' };
  return {
    outputSize: latents * embed,
    minFrames: 1,
    attention: shown,

    list(list) {
      list.linear(`${name}.project`, channels, embed);
      list.parameter(`${name}.latent`, [latents, embed], initialLatents(latentInit));
      layer.list(list);
    },

    pool(x, tensors, { training, weights, onAttention, onLatents }) {
      if (weights) throw internal('cross attention takes no padded utterances');
      const batch = x.shape[1]!;
      const axis: ChannelAxis = training ? 'first' : 'last';
      const frames = tf.reshape(x, [channels, -1]);
      const mapped = linearChannels(frames, tensors[`${name}.project.weight`], tensors[`${name}.project.bias`]);
      const rows = layerNormalize(axis === 'first' ? mapped : tf.transpose(mapped), axis);
      const shared = axis === 'first' ? tf.transpose(tensors[`${name}.latent`]) : tensors[`${name}.latent`];
      const context = {
        batch,
        channels: axis,
        shared,
        onWeights: onAttention && ((each: tf.Tensor) => onAttention(shown, each)),
      };
      const pooled = layer.apply(repeatForBatch(shared, context), rows, tensors, context);
      onLatents?.(name, pooled, axis);
      const ofUtterances =
        axis === 'first'
          ? tf.transpose(tf.reshape(pooled, [embed, batch, latents]), [2, 0, 1])
          : tf.transpose(tf.reshape(pooled, [batch, latents, embed]), [1, 2, 0]);
      return tf.reshape(ofUtterances, [latents * embed, batch]);
    },

    macs: (frames) => frames * channels * embed + layer.macs(frames),
  };
}

/** Attention of the latents over rows. */
export function createLatentAttention({
  name,
  embed,
  latents,
  outputScale,
  heads = 1,
  deviation = false,
  queryScale = null,
}: LatentPlace): LatentPooling {
  return {
    title: 'cross attention',
    rows: 'latents',
    list: (list) => list.attention(`${name}.attn`, embed, { outputScale, deviation }),
    hear(latent, rows, tensors, { batch, channels, affine, shared, onWeights }) {
      const from = shared ?? latent;
      const queries = queryScale === null ? from : tf.mul(layerNormalize(from, channels), queryScale);
      const sharedQueries = Boolean(shared);
      // Each head's row sums to one; what is shown of a latent is their mean.
      const onHeads =
        onWeights &&
        ((all: tf.Tensor) => onWeights(tf.mean(tf.reshape(all, [batch, heads, ...all.shape.slice(1)]), 1)));
      return attention(queries, rows, tensors, {
        ...{ name: `${name}.attn`, affine, batch, heads, channels, sharedQueries, deviation },
        onWeights: heads > 1 ? onHeads : onWeights,
      });
    },
    macs: (rows) => (2 + Number(deviation)) * latents * embed * (embed + rows) + 2 * rows * embed ** 2,
  };
}

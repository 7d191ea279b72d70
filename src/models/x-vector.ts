/**
 * @file x-vectors (Snyder et al., ICASSP 2018): TDNN layers, statistics pooling (or another), a segment layer.
 *
 * Channels first, [C, B, T]. Each TDNN layer is convolution → ReLU → batch normalisation; what is pooled of the
 * last is mapped to the embedding, which is the affine part of the paper's layer `segment6`. `segment7` is left out:
 * there it leads from the embedding to the softmax, here the loss classifies the embedding itself. Names are
 * SpeechBrain's (`Xvector`), as is the padding: convolutions pad by reflection, the paper's lose frames at the edges.
 */
import { z } from 'zod';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import { relu } from '../nn/activations.js';
import { batchNormFrames } from '../nn/batch-norm.js';
import { convolutionMargin, timeConvolution } from '../nn/convolution.js';
import { linearChannels } from '../nn/linear.js';
import { frameWeights } from '../nn/statistics-pooling.js';
import type { SpeakerModel } from './contract/model.js';
import type { ModelEntry } from './model-entry.js';
import { createParameterList } from './contract/parameter-list.js';
import { createPooling, poolingOptions } from './pooling/registry.js';

const positive = z.int().positive();
const odd = positive.refine((kernel) => kernel % 2 === 1, { error: 'a kernel size must be odd' });

export const xVectorOptions = z
  .strictObject({
    type: z.literal('x-vector'),
    /** Feature coefficients a frame; the paper has 24. */
    bins: positive.default(80),
    /** Size of the embedding. */
    embedding: positive.default(512),
    /** Of each TDNN layer; the last one is pooled. */
    channels: z.array(positive).min(1).default([512, 512, 512, 512, 1500]),
    kernels: z.array(odd).default([5, 3, 3, 1, 1]),
    dilations: z.array(positive).default([1, 2, 3, 1, 1]),
    /** What makes one vector of the frames. Absent: statistics, as published. */
    pooling: poolingOptions.optional(),
  })
  .superRefine(({ channels, kernels, dilations }, context) => {
    for (const [name, list] of Object.entries({ kernels, dilations })) {
      if (list.length === channels.length) continue;
      const message = `expected ${channels.length} values, one a layer, got ${list.length}`;
      context.addIssue({ code: 'custom', path: [name], message });
    }
  })
  // Equal networks are to be equal settings.
  .transform(({ pooling, ...options }) => ({
    ...options,
    ...(pooling && pooling.type !== 'statistics' && { pooling }),
  }));
export type XVectorOptions = z.infer<typeof xVectorOptions>;

function createXVector(options: XVectorOptions): SpeakerModel {
  const { bins, embedding, channels, kernels, dilations } = options;
  const last = channels.at(-1)!;
  // Each layer is three modules in SpeechBrain's list; the pooling is one.
  const convolution = (layer: number) => `blocks.${3 * layer}.conv`;
  const norm = (layer: number) => `blocks.${3 * layer + 2}.norm`;
  const segment6 = `blocks.${3 * channels.length + 1}.w`;
  const pooling = createPooling(options.pooling ?? { type: 'statistics' }, {
    name: `blocks.${3 * channels.length}`,
    channels: last,
  });
  const inputsOf = (layer: number) => (layer === 0 ? bins : channels[layer - 1]);

  const list = createParameterList();
  channels.forEach((outputs, layer) => {
    list.conv1d(convolution(layer), inputsOf(layer), outputs, kernels[layer]);
    list.batchNorm(norm(layer), outputs);
  });
  pooling.list(list);
  list.linear(segment6, pooling.outputSize, embedding);
  const widestMargin = Math.max(...kernels.map((kernel, layer) => convolutionMargin(kernel, dilations[layer])));

  return {
    title: `x-vector (${[channels.join('-'), embedding, ...(options.pooling ? [`${options.pooling.type} pooling`] : [])].join(', ')})`,
    bins,
    embeddingSize: embedding,
    minFrames: Math.max(1 + widestMargin, pooling.minFrames),
    minCropFrames: Math.max(3 + 2 * widestMargin, pooling.minFrames),
    parameters: list.parameters,
    batchNorms: list.batchNorms,
    derivedBuffers: {},
    ...(pooling.attention && { frameAttention: [pooling.attention] }),
    dropoutRate: 0,
    dropoutSites: () => [],

    embed(tensors, features, { training, lengths, onAttention, onLatents } = {}) {
      const statistics = training?.statistics;
      const [, frames] = features.shape as [number, number, number];
      let x: Tensor = tf.transpose(features, [2, 0, 1]); // [C, B, T]
      channels.forEach((_, layer) => {
        const { [`${convolution(layer)}.weight`]: weight, [`${convolution(layer)}.bias`]: bias } = tensors;
        const heard = relu(timeConvolution(x, weight, bias, { dilation: dilations[layer] }));
        x = batchNormFrames(heard, tensors, { name: norm(layer), statistics });
      });
      const weights = lengths && frameWeights(lengths, frames);
      const pooled = pooling.pool(x, tensors, { training, weights, onAttention, onLatents });
      const { [`${segment6}.weight`]: weight, [`${segment6}.bias`]: bias } = tensors;
      return tf.transpose(linearChannels(pooled, weight, bias)); // [B, embedding]
    },

    macs: (frames) =>
      pooling.macs(frames) +
      pooling.outputSize * embedding +
      channels.reduce((sum, outputs, layer) => sum + frames * inputsOf(layer) * outputs * kernels[layer], 0),
  };
}

export const xVector: ModelEntry<XVectorOptions> = {
  options: xVectorOptions,
  create: createXVector,
  published: {
    name: 'the published x-vector',
    departures: ({ pooling }) => (pooling ? [`${pooling.type} pooling in place of statistics`] : []),
  },
};

/**
 * @file x-vectors (Snyder et al., ICASSP 2018): TDNN layers, statistics pooling, a segment layer.
 *
 * Channels first, [C, B, T]. Each TDNN layer is convolution → ReLU → batch normalisation; mean and standard deviation
 * over time (divisor T) are joined and mapped to the embedding, which is the affine part of the paper's layer
 * `segment6`. `segment7` is left out: there it leads from the embedding to the softmax, here the loss classifies
 * the embedding itself. Names are SpeechBrain's (`Xvector`), as is the padding: convolutions pad by reflection, the
 * paper's lose frames at the edges.
 */
import { z } from 'zod';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import { relu } from '../nn/activations.js';
import { batchNorm } from '../nn/batch-norm.js';
import { convolutionMargin, timeConvolution } from '../nn/convolution.js';
import { linearChannels } from '../nn/linear.js';
import { frameWeights, statistics as pooledStatistics } from '../nn/statistics-pooling.js';
import type { SpeakerModel } from './model.js';
import { createParameterList } from './parameter-list.js';

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
  })
  .superRefine(({ channels, kernels, dilations }, context) => {
    for (const [name, list] of Object.entries({ kernels, dilations })) {
      if (list.length === channels.length) continue;
      const message = `expected ${channels.length} values, one a layer, got ${list.length}`;
      context.addIssue({ code: 'custom', path: [name], message });
    }
  });
export type XVectorOptions = z.infer<typeof xVectorOptions>;

export function createXVector({ bins, embedding, channels, kernels, dilations }: XVectorOptions): SpeakerModel {
  const last = channels.at(-1)!;
  // Each layer is three modules in SpeechBrain's list; the pooling is one and has no parameters.
  const convolution = (layer: number) => `blocks.${3 * layer}.conv`;
  const norm = (layer: number) => `blocks.${3 * layer + 2}.norm`;
  const segment6 = `blocks.${3 * channels.length + 1}.w`;
  const inputsOf = (layer: number) => (layer === 0 ? bins : channels[layer - 1]);

  const list = createParameterList();
  channels.forEach((outputs, layer) => {
    list.conv1d(convolution(layer), inputsOf(layer), outputs, kernels[layer]);
    list.batchNorm(norm(layer), outputs);
  });
  list.linear(segment6, 2 * last, embedding);
  const widestMargin = Math.max(...kernels.map((kernel, layer) => convolutionMargin(kernel, dilations[layer])));

  return {
    title: `x-vector (${channels.join('-')}, ${embedding})`,
    bins,
    embeddingSize: embedding,
    minFrames: 1 + widestMargin,
    minCropFrames: 3 + 2 * widestMargin,
    parameters: list.parameters,
    batchNorms: list.batchNorms,
    derivedBuffers: {},
    dropoutRate: 0,
    dropoutSites: () => [],

    embed(tensors, features, { training, lengths } = {}) {
      const statistics = training?.statistics;
      const [, frames] = features.shape as [number, number, number];
      let x: Tensor = tf.transpose(features, [2, 0, 1]); // [C, B, T]
      channels.forEach((outputs, layer) => {
        const { [`${convolution(layer)}.weight`]: weight, [`${convolution(layer)}.bias`]: bias } = tensors;
        const heard = relu(timeConvolution(x, weight, bias, { dilation: dilations[layer] }));
        const matrix = tf.reshape(heard, [outputs, -1]);
        const normalized = batchNorm(matrix, tensors, { name: norm(layer), channels: 'first', statistics });
        x = tf.reshape(normalized, heard.shape);
      });
      const { mean, deviation } = pooledStatistics(x, lengths && frameWeights(lengths, frames));
      const { [`${segment6}.weight`]: weight, [`${segment6}.bias`]: bias } = tensors;
      return tf.transpose(linearChannels(tf.concat([mean, deviation], 0), weight, bias)); // [B, embedding]
    },

    macs: (frames) =>
      2 * last * embedding +
      channels.reduce((sum, outputs, layer) => sum + frames * inputsOf(layer) * outputs * kernels[layer], 0),
  };
}

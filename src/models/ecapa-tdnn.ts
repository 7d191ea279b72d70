/**
 * @file ECAPA-TDNN (Desplanques et al., Interspeech 2020) with SpeechBrain's structure and parameter names.
 *
 * A TDNN block, three (or more) SE-Res2Net blocks whose outputs are joined by the multi-layer feature aggregation
 * (MFA), attentive statistics pooling with global context (or another pooling, in its place), batch normalisation, a
 * linear map. Every TDNN block is convolution → ReLU → batch normalisation; convolutions pad by reflection. `lengths`
 * mask the squeeze-and-excitation and the pooling only, as there.
 *
 * In training all is channels first, [C, B, T], and the concatenation before MFA is never built: its weight is split
 * instead. In evaluation it is [B, T, C] before MFA, as ONNX Runtime packs the weights of such products beforehand.
 */
import { z } from 'zod';
import type { TensorMap } from '../engine/program/program.js';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import { relu } from '../nn/activations.js';
import { batchNormFrames } from '../nn/batch-norm.js';
import type { BatchStatistics, ChannelAxis } from '../nn/batch-norm.js';
import { convolutionMargin, timeConvolution, timeConvolutionRows } from '../nn/convolution.js';
import { linear, linearChannels, pointwise, splitProduct } from '../nn/linear.js';
import { frameWeights } from '../nn/statistics-pooling.js';
import type { FrameWeights } from '../nn/statistics-pooling.js';
import type { SpeakerModel } from './contract/model.js';
import type { ModelEntry } from './model-entry.js';
import { createParameterList } from './contract/parameter-list.js';
import { attentionOptions } from './pooling/attentive.js';
import { createPooling, poolingOptions } from './pooling/registry.js';

/** The published sizes: channels of the first block, the SE-Res2Net blocks, and the MFA. */
const ECAPA_SIZES = {
  /** 6.2 M parameters. */
  c512: [512, 512, 512, 512, 1536],
  /** 14.7 M: the paper's larger model. */
  c1024: [1024, 1024, 1024, 1024, 1536],
  /** 20.8 M: SpeechBrain's recipe. */
  'c1024-mfa3072': [1024, 1024, 1024, 1024, 3072],
} as const;

const positive = z.int().positive();
const odd = positive.refine((kernel) => kernel % 2 === 1, { error: 'a kernel size must be odd' });

export const ecapaTdnnOptions = z
  .strictObject({
    type: z.literal('ecapa-tdnn'),
    /** Feature coefficients a frame. */
    bins: positive.default(80),
    /** Size of the embedding. */
    embedding: positive.default(192),
    /** A published size, or the channels of each block, the MFA last. */
    channels: z.union([z.enum(['c512', 'c1024', 'c1024-mfa3072']), z.array(positive).min(3)]).default('c1024-mfa3072'),
    kernels: z.array(odd).default([5, 3, 3, 3, 1]),
    dilations: z.array(positive).default([1, 2, 3, 4, 1]),
    /** Of the attentive statistics pooling, which is the default. */
    ...attentionOptions.shape,
    /** Parts into which a Res2Net block splits its channels. */
    res2netScale: z.int().min(2).default(8),
    /** Bottleneck of squeeze and excitation. */
    seChannels: positive.default(128),
    /** Groups of the convolutions of each block. */
    groups: z.array(positive).default([1, 1, 1, 1, 1]),
    /** What makes one vector of the frames. Absent: attentive, as published. */
    pooling: poolingOptions.optional(),
  })
  .superRefine(({ bins, channels, kernels, dilations, groups, res2netScale }, context) => {
    const sizes = typeof channels === 'string' ? ECAPA_SIZES[channels] : channels;
    for (const [name, list] of Object.entries({ kernels, dilations, groups })) {
      if (list.length === sizes.length) continue;
      const message = `expected ${sizes.length} values, one a block, got ${list.length}`;
      context.addIssue({ code: 'custom', path: [name], message });
    }
    const joined = sizes.slice(1, -1).reduce((sum, size) => sum + size, 0);
    const inputs = sizes.map((_, b) => (b === 0 ? bins : b === sizes.length - 1 ? joined : sizes[b - 1]));
    groups.forEach((count, b) => {
      const uneven = [inputs[b], sizes[b]].find((size) => size % count !== 0);
      if (uneven === undefined) return;
      const message = `${uneven} channels of block ${b} cannot be split into ${count} groups`;
      context.addIssue({ code: 'custom', path: ['groups', b], message });
    });
    const indivisible = sizes.slice(1, -1).find((size) => size % res2netScale !== 0);
    if (indivisible !== undefined) {
      const message = `${indivisible} channels cannot be split into ${res2netScale} parts`;
      context.addIssue({ code: 'custom', path: ['res2netScale'], message });
    }
  })
  // Equal networks are to be equal settings: the options of the attentive pooling are the model's own.
  .transform(({ pooling, ...options }) => {
    if (pooling?.type !== 'attentive') return { ...options, ...(pooling && { pooling }) };
    const { attentionChannels, globalContext } = pooling;
    return { ...options, attentionChannels, globalContext };
  });
export type EcapaTdnnOptions = z.infer<typeof ecapaTdnnOptions>;

interface Context {
  readonly tensors: TensorMap;
  readonly statistics?: BatchStatistics;
  readonly weights?: FrameWeights;
  /** 'first': [C, B, T]. 'last': [B, T, C]. */
  readonly channels: ChannelAxis;
}
/** One TDNN block. */
interface Tdnn {
  readonly name: string;
  readonly dilation?: number;
  readonly groups?: number;
}

/** ReLU, then batch normalisation. */
const activate = (x: Tensor, { name }: Tdnn, { tensors, statistics, channels }: Context) =>
  batchNormFrames(relu(x), tensors, { name: `${name}.norm.norm`, statistics, channels });

const convolution = ({ channels }: Context) => (channels === 'first' ? timeConvolution : timeConvolutionRows);
const channelAxis = ({ channels }: Context) => (channels === 'first' ? 0 : 2);

function tdnn(x: Tensor, block: Tdnn, context: Context): Tensor {
  const { [`${block.name}.conv.conv.weight`]: weight, [`${block.name}.conv.conv.bias`]: bias } = context.tensors;
  return activate(convolution(context)(x, weight, bias, block), block, context);
}

/** Parts of a Res2Net block: the first passes, each next one is convolved with its predecessor's result added. */
function res2net(x: Tensor, name: string, scale: number, dilation: number, context: Context): Tensor {
  const [first, ...rest] = tf.split(x, scale, channelAxis(context));
  const parts = [first];
  rest.forEach((part, i) => {
    const input = i === 0 ? part : tf.add(part, parts[i]);
    parts.push(tdnn(input, { name: `${name}.blocks.${i}`, dilation }, context));
  });
  return tf.concat(parts, channelAxis(context));
}

const meanOverTime = (x: Tensor, weights?: FrameWeights) => (weights ? tf.sum(tf.mul(x, weights), 2) : tf.mean(x, 2));

/** [B, T, C] → [B, C], by products with rows: sums over an axis within are slow in ONNX Runtime. */
function meanOverRows(x: Tensor, weights?: FrameWeights): Tensor {
  const [batch, frames, channels] = x.shape as [number, number, number];
  const shares = weights ? tf.reshape(weights, [batch, 1, frames]) : tf.fill([1, 1, frames], 1 / frames);
  return tf.reshape(tf.matMul(shares, x), [batch, channels]);
}

/** Squeeze and excitation: channels scaled by a gate computed from their means. */
function squeezeExcite(x: Tensor, name: string, { tensors, weights, channels }: Context): Tensor {
  const mean = channels === 'first' ? meanOverTime(x, weights) : meanOverRows(x, weights); // [C, B] or [B, C]
  const dense = (input: Tensor, layer: string) => {
    const { [`${name}.${layer}.conv.weight`]: weight, [`${name}.${layer}.conv.bias`]: bias } = tensors;
    return linear(input, pointwise(weight), bias, channels);
  };
  const gate = tf.sigmoid(dense(relu(dense(mean, 'conv1')), 'conv2'));
  return tf.mul(x, tf.expandDims(gate, channels === 'first' ? 2 : 1));
}

function createEcapaTdnn(options: EcapaTdnnOptions): SpeakerModel {
  const { bins, embedding, kernels, dilations, attentionChannels, res2netScale, seChannels, globalContext, groups } =
    options;
  const channels = typeof options.channels === 'string' ? ECAPA_SIZES[options.channels] : options.channels;
  const last = channels.length - 1;
  const seBlocks = channels.slice(1, last).map((_, i) => i + 1);
  const mfaChannels = channels[last];
  const joined = channels.slice(1, last).reduce((sum, size) => sum + size, 0);
  const pooling = createPooling(options.pooling ?? { type: 'attentive', attentionChannels, globalContext }, {
    name: 'asp',
    channels: mfaChannels,
  });

  const list = createParameterList();
  const tdnnBlock = (name: string, inputs: number, outputs: number, kernel = 1, groupCount = 1) => {
    list.conv1d(`${name}.conv.conv`, inputs, outputs, kernel, groupCount);
    list.batchNorm(`${name}.norm.norm`, outputs);
  };
  tdnnBlock('blocks.0', bins, channels[0], kernels[0], groups[0]);
  for (const b of seBlocks) {
    const name = `blocks.${b}`;
    const width = channels[b] / res2netScale;
    tdnnBlock(`${name}.tdnn1`, channels[b - 1], channels[b], 1, groups[b]);
    for (let part = 0; part < res2netScale - 1; part++) {
      tdnnBlock(`${name}.res2net_block.blocks.${part}`, width, width, kernels[b]);
    }
    tdnnBlock(`${name}.tdnn2`, channels[b], channels[b], 1, groups[b]);
    list.conv1d(`${name}.se_block.conv1.conv`, channels[b], seChannels);
    list.conv1d(`${name}.se_block.conv2.conv`, seChannels, channels[b]);
    if (channels[b - 1] !== channels[b]) list.conv1d(`${name}.shortcut.conv`, channels[b - 1], channels[b]);
  }
  tdnnBlock('mfa', joined, mfaChannels, kernels[last], groups[last]);
  pooling.list(list);
  list.batchNorm('asp_bn.norm', pooling.outputSize);
  list.conv1d('fc.conv', pooling.outputSize, embedding);

  function seRes2net(x: Tensor, b: number, context: Context): Tensor {
    const { tensors } = context;
    const name = `blocks.${b}`;
    const shortcut = tensors[`${name}.shortcut.conv.weight`]
      ? convolution(context)(x, tensors[`${name}.shortcut.conv.weight`], tensors[`${name}.shortcut.conv.bias`])
      : x;
    const expanded = tdnn(x, { name: `${name}.tdnn1`, groups: groups[b] }, context);
    const mixed = res2net(expanded, `${name}.res2net_block`, res2netScale, dilations[b], context);
    const joinedParts = tdnn(mixed, { name: `${name}.tdnn2`, groups: groups[b] }, context);
    return tf.add(squeezeExcite(joinedParts, `${name}.se_block`, context), shortcut);
  }

  /** Multi-layer feature aggregation: a TDNN block over all SE-Res2Net blocks' outputs → [C, B, T]. */
  function aggregate(outputs: readonly Tensor[], context: Context): Tensor {
    const block: Tdnn = { name: 'mfa', dilation: dilations[last], groups: groups[last] };
    const rows = context.channels === 'last';
    if (kernels[last] > 1 || groups[last] > 1) {
      const joint = tdnn(tf.concat([...outputs], channelAxis(context)), block, context);
      return rows ? tf.transpose(joint, [2, 0, 1]) : joint;
    }
    const weight = pointwise(context.tensors['mfa.conv.conv.weight']) as tf.Tensor2D;
    const [batch, frames] = outputs[0].shape.slice(rows ? 0 : 1);
    const product = rows
      ? tf.matMul(weight, tf.reshape(tf.concat([...outputs], 2), [-1, joined]) as tf.Tensor2D, false, true)
      : splitProduct(outputs.map((x) => tf.reshape(x, [x.shape[0], -1])), weight); // prettier-ignore
    const biased = tf.add(product, tf.reshape(context.tensors['mfa.conv.conv.bias'], [-1, 1]));
    const shaped = tf.reshape(biased, [mfaChannels, batch, frames!]);
    return activate(shaped, block, { ...context, channels: 'first' });
  }

  const widestMargin = Math.max(...kernels.map((kernel, b) => convolutionMargin(kernel, dilations[b])));
  const size = typeof options.channels === 'string' ? options.channels : channels.join('-');
  return {
    title: `ECAPA-TDNN (${[size, ...(options.pooling ? [`${options.pooling.type} pooling`] : [])].join(', ')})`,
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
      const weights = lengths ? frameWeights(lengths, features.shape[1]!) : undefined;
      const statistics = training?.statistics;
      const context: Context = { tensors, statistics, weights, channels: training ? 'first' : 'last' };
      const first: Tdnn = { name: 'blocks.0', dilation: dilations[0], groups: groups[0] };
      let x = tdnn(training ? tf.transpose(features, [2, 0, 1]) : features, first, context);
      const outputs: Tensor[] = [];
      for (const b of seBlocks) {
        x = seRes2net(x, b, context);
        outputs.push(x);
      }
      const frames = aggregate(outputs, context);
      const pooled = pooling.pool(frames, tensors, { training, weights, onAttention, onLatents });
      const normalized = batchNormFrames(pooled, tensors, { name: 'asp_bn.norm', statistics });
      return tf.transpose(linearChannels(normalized, pointwise(tensors['fc.conv.weight']), tensors['fc.conv.bias']));
    },

    macs(frames) {
      const blocks = seBlocks.reduce((sum, b) => {
        const [inputs, width] = [channels[b - 1], channels[b]];
        const part = width / res2netScale;
        const dense = (inputs * width + width * width) / groups[b];
        const shortcut = inputs === width ? 0 : inputs * width;
        const convolutions = (res2netScale - 1) * part * part * kernels[b];
        return sum + frames * (dense + convolutions + shortcut) + 2 * width * seChannels;
      }, 0);
      const expansion = (frames * bins * channels[0] * kernels[0]) / groups[0];
      const aggregation = (frames * joined * mfaChannels * kernels[last]) / groups[last];
      return expansion + blocks + aggregation + pooling.macs(frames) + pooling.outputSize * embedding;
    },
  };
}

export const ecapaTdnn: ModelEntry<EcapaTdnnOptions> = {
  options: ecapaTdnnOptions,
  create: createEcapaTdnn,
  published: {
    name: 'the published ECAPA-TDNN',
    departures: ({ pooling }) => (pooling ? [`${pooling.type} pooling in place of attentive statistics`] : []),
  },
  constructorArguments: {
    names: {
      input_size: 'bins',
      lin_neurons: 'embedding',
      channels: 'channels',
      kernel_sizes: 'kernels',
      dilations: 'dilations',
      attention_channels: 'attentionChannels',
      res2net_scale: 'res2netScale',
      se_channels: 'seChannels',
      global_context: 'globalContext',
      groups: 'groups',
    },
    withoutEffect: { device: undefined, activation: ['torch.nn.ReLU', 'ReLU', 'relu'], dropout: [0] },
  },
};

/**
 * @file CAM++ (Wang et al., Interspeech 2023): densely connected TDNN layers whose outputs are masked by their context.
 *
 * A small residual network over planes of frequency and time halves the frequency three times; its planes are read as
 * frames of C·F' channels, and one more convolution halves the time. Then come three blocks of TDNN layers. Each layer
 * sees all earlier outputs of its block and adds `growth` channels to them, multiplied by a mask that is computed from
 * the mean of the utterance and of the frame's segment (100 frames). Batch normalisation and ReLU come before each
 * convolution. After the last block the frames are pooled: mean and deviation over time as published (divisor T − 1),
 * or another pooling. Parameter names and initial values are WeSpeaker's. Limits: no padded utterances.
 */
import { z } from 'zod';
import type { TensorMap } from '../engine/program/program.js';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import { relu } from '../nn/activations.js';
import { batchNormFrames, type BatchStatistics } from '../nn/batch-norm.js';
import { timeConvolution } from '../nn/convolution.js';
import { zeros } from '../nn/initialize.js';
import { linearChannels, pointwise } from '../nn/linear.js';
import { convolvedLength, planeConvolution } from '../nn/plane-convolution.js';
import { createSegments, type Segments } from '../nn/segments.js';
import type { SpeakerModel } from './contract/model.js';
import { createParameterList, type ParameterList } from './contract/parameter-list.js';
import type { ModelEntry } from './model-entry.js';
import { createPooling, poolingOptions } from './pooling/registry.js';
import {
  createPlaneConvolution,
  createResidualStage,
  featurePlanes,
  inSequence,
  planesAsFrames,
  type PlaneLayer,
} from './residual-block.js';

/** Fixed in the published class. */
const HEAD_CHANNELS = 32;
const BLOCKS = [
  { layers: 12, dilation: 1 },
  { layers: 24, dilation: 2 },
  { layers: 16, dilation: 2 },
];
const KERNEL = 3;
/** Of the convolution that halves the time. */
const FIRST_KERNEL = 5;
/** Frames, after the halving, that share the second part of their context. */
const SEGMENT = 100;

const positive = z.int().positive();

export const campplusOptions = z
  .strictObject({
    type: z.literal('campplus'),
    /** Feature coefficients a frame. */
    bins: positive.multipleOf(8, { error: 'bins must be a multiple of 8: they are halved three times' }).default(80),
    /** Size of the embedding. */
    embedding: positive.default(512),
    /** Channels before the first block. */
    channels: positive.multipleOf(2).default(128),
    /** Channels that each layer of a block adds. */
    growth: positive.multipleOf(2).default(32),
    /** A layer's hidden channels over what it adds. */
    bottleneck: positive.default(4),
    /** What makes one vector of the frames. Absent: statistics, as published. */
    pooling: poolingOptions.optional(),
  })
  // Equal networks are to be equal settings.
  .transform(({ pooling, ...options }) => ({
    ...options,
    ...(pooling && pooling.type !== 'statistics' && { pooling }),
  }));
export type CampplusOptions = z.infer<typeof campplusOptions>;

interface Context {
  readonly tensors: TensorMap;
  /** Present in training. */
  readonly statistics?: BatchStatistics;
}

/** After the halving of the time. */
interface FrameContext extends Context {
  readonly segments: Segments;
}

/** Layers on frames, x [C, B, T] → [C', B, T']. */
interface FrameLayer {
  list(list: ParameterList): void;
  apply(x: Tensor, context: FrameContext): Tensor;
  /** Multiply-accumulate operations of a frame. */
  readonly macs: number;
}

const normRelu = (x: Tensor, name: string, { tensors, statistics }: Context) =>
  relu(batchNormFrames(x, tensors, { name, statistics }));

const convolve = (x: Tensor, name: string, { tensors }: Context, dilation = 1) =>
  timeConvolution(x, tensors[`${name}.weight`], tensors[`${name}.bias`], { dilation, margin: 'zeros' });

interface DenseLayer {
  readonly name: string;
  readonly inputs: number;
  readonly hidden: number;
  readonly outputs: number;
  readonly dilation: number;
}

/** What a layer adds: a convolution over time, masked by its context. */
function createDenseLayer({ name, inputs, hidden, outputs, dilation }: DenseLayer): FrameLayer {
  const mask = `${name}.cam_layer`;
  const squeezed = Math.floor(hidden / 2);

  /** A value in (0, 1) for every channel of a segment: x [hidden, B, T] → [outputs, B, S]. */
  function segmentMasks(x: Tensor, { tensors, segments: parts }: FrameContext): Tensor {
    const contexts = tf.add(tf.mean(x, 2, true), parts.means(x));
    const [, batch, segments] = contexts.shape as [number, number, number];
    const map = (input: Tensor, layer: string) =>
      linearChannels(input, pointwise(tensors[`${mask}.${layer}.weight`]), tensors[`${mask}.${layer}.bias`]);
    const logits = map(relu(map(tf.reshape(contexts, [hidden, -1]), 'linear1')), 'linear2');
    return tf.reshape(tf.sigmoid(logits), [outputs, batch, segments]);
  }

  return {
    list(list) {
      list.batchNorm(`${name}.nonlinear1.batchnorm`, inputs);
      list.plainConv1d(`${name}.linear1`, inputs, hidden);
      list.batchNorm(`${name}.nonlinear2.batchnorm`, hidden);
      list.plainConv1d(`${mask}.linear_local`, hidden, outputs, KERNEL);
      list.plainConv1d(`${mask}.linear1`, hidden, squeezed);
      list.parameter(`${mask}.linear1.bias`, [squeezed], zeros);
      list.plainConv1d(`${mask}.linear2`, squeezed, outputs);
      list.parameter(`${mask}.linear2.bias`, [outputs], zeros);
    },
    apply(x, context) {
      const narrow = convolve(normRelu(x, `${name}.nonlinear1.batchnorm`, context), `${name}.linear1`, context);
      const heard = normRelu(narrow, `${name}.nonlinear2.batchnorm`, context);
      const local = convolve(heard, `${mask}.linear_local`, context, dilation);
      return tf.mul(local, context.segments.spread(segmentMasks(heard, context)));
    },
    // As published, which computes every frame's mask.
    macs: inputs * hidden + KERNEL * hidden * outputs + hidden * squeezed + squeezed * outputs,
  };
}

/** The halves of the channels after a block: batch normalisation, ReLU, a map. */
const createTransit = (name: string, inputs: number): FrameLayer => ({
  list(list) {
    list.batchNorm(`${name}.nonlinear.batchnorm`, inputs);
    list.plainConv1d(`${name}.linear`, inputs, Math.floor(inputs / 2));
  },
  apply: (x, context) => convolve(normRelu(x, `${name}.nonlinear.batchnorm`, context), `${name}.linear`, context),
  macs: inputs * Math.floor(inputs / 2),
});

/** Dense blocks, each with its transit: the layers, and the channels after the last. */
function createDenseBlocks({ channels, growth, bottleneck }: CampplusOptions): {
  layers: FrameLayer[];
  outputs: number;
} {
  const layers: FrameLayer[] = [];
  let inputs = channels;
  for (const [i, block] of BLOCKS.entries()) {
    for (let layer = 0; layer < block.layers; layer++) {
      const name = `xvector.block${i + 1}.tdnnd${layer + 1}`;
      const added = createDenseLayer({
        name,
        inputs,
        hidden: bottleneck * growth,
        outputs: growth,
        dilation: block.dilation,
      });
      layers.push({ ...added, apply: (x, context) => tf.concat([x, added.apply(x, context)], 0) });
      inputs += growth;
    }
    layers.push(createTransit(`xvector.transit${i + 1}`, inputs));
    inputs = Math.floor(inputs / 2);
  }
  return { layers, outputs: inputs };
}

/** The residual network over planes that comes first. */
function createHead(): PlaneLayer {
  const strides = [2, 1] as const;
  const stage = { inputs: HEAD_CHANNELS, width: HEAD_CHANNELS, kind: 'BasicBlock', blocks: 2, strides } as const;
  const convolution = { outputs: HEAD_CHANNELS, activated: true } as const;
  return inSequence([
    createPlaneConvolution({ convolution: 'head.conv1', norm: 'head.bn1', inputs: 1, ...convolution }),
    createResidualStage({ name: 'head.layer1', ...stage }),
    createResidualStage({ name: 'head.layer2', ...stage }),
    createPlaneConvolution({
      convolution: 'head.conv2',
      norm: 'head.bn2',
      inputs: HEAD_CHANNELS,
      strides,
      ...convolution,
    }),
  ]);
}

function createCampplus(options: CampplusOptions): SpeakerModel {
  const { bins, embedding, channels, growth } = options;
  const head = createHead();
  const headOutputs = HEAD_CHANNELS * (bins / 8);
  const blocks = createDenseBlocks(options);
  const pooling = createPooling(options.pooling ?? { type: 'statistics' }, {
    name: 'xvector.stats',
    channels: blocks.outputs,
    form: 'wespeaker',
  });

  const list = createParameterList();
  head.list(list);
  list.plainConv1d('xvector.tdnn.linear', headOutputs, channels, FIRST_KERNEL);
  list.batchNorm('xvector.tdnn.nonlinear.batchnorm', channels);
  for (const layer of blocks.layers) layer.list(list);
  list.batchNorm('xvector.out_nonlinear.batchnorm', blocks.outputs);
  pooling.list(list);
  list.plainConv1d('xvector.dense.linear', pooling.outputSize, embedding);
  list.plainBatchNorm('xvector.dense.nonlinear.batchnorm', embedding);

  const padding = [0, (FIRST_KERNEL - 1) / 2] as const;
  const halved = (frames: number) => convolvedLength(frames, FIRST_KERNEL, 2, padding[1]);
  /** Frames that give so many after the halving. */
  const framesFor = (pooled: number) => 2 * (pooled - 1) + 1;

  /** The convolution that halves the time: x [C, B, T] → [channels, B, T']. */
  function halveTime(x: Tensor, { tensors, statistics }: Context): Tensor {
    const kernels = tf.expandDims(tensors['xvector.tdnn.linear.weight'], 2);
    const halves = planeConvolution(tf.expandDims(x, 2), kernels, { strides: [1, 2], padding });
    const [, batch, , frames] = halves.shape as [number, number, number, number];
    const context = { tensors, statistics };
    return normRelu(tf.reshape(halves, [channels, batch, frames]), 'xvector.tdnn.nonlinear.batchnorm', context);
  }

  return {
    title: `CAM++ (${[`growth ${growth}`, `embedding ${embedding}`, ...(options.pooling ? [`${options.pooling.type} pooling`] : [])].join(', ')})`,
    bins,
    embeddingSize: embedding,
    minFrames: framesFor(pooling.minFrames),
    minCropFrames: framesFor(pooling.minFrames),
    parameters: list.parameters,
    batchNorms: list.batchNorms,
    derivedBuffers: {},
    dropoutRate: 0,
    dropoutSites: () => [],

    embed(tensors, features, { training, lengths, onAttention, onLatents } = {}) {
      if (lengths) throw new Error('CAM++ takes no lengths: give it utterances of one length');
      const context: Context = { tensors, statistics: training?.statistics };
      const planes = head.apply(featurePlanes(features), context);
      const halves = halveTime(planesAsFrames(planes), context);
      const frameContext = { ...context, segments: createSegments(halves.shape[2]!, SEGMENT) };
      const frames = blocks.layers.reduce((x, layer) => layer.apply(x, frameContext), halves);
      const last = normRelu(frames, 'xvector.out_nonlinear.batchnorm', context);
      const pooled = pooling.pool(last, tensors, { training, onAttention, onLatents });
      const dense = tf.matMul(pointwise(tensors['xvector.dense.linear.weight']) as tf.Tensor2D, pooled as tf.Tensor2D);
      const name = 'xvector.dense.nonlinear.batchnorm';
      return tf.transpose(batchNormFrames(dense, tensors, { name, statistics: context.statistics })); // [B, embedding]
    },

    macs(frames) {
      const pooled = halved(frames);
      const ofFrame = blocks.layers.reduce((sum, layer) => sum + layer.macs, headOutputs * channels * FIRST_KERNEL);
      const maps = pooled * ofFrame + pooling.outputSize * embedding;
      return head.macs([bins, frames]) + maps + pooling.macs(pooled);
    },
  };
}

export const campplus: ModelEntry<CampplusOptions> = {
  options: campplusOptions,
  create: createCampplus,
  published: {
    name: "WeSpeaker's CAM++",
    departures: ({ pooling }) => (pooling ? [`${pooling.type} pooling in place of statistics`] : []),
  },
  constructorArguments: {
    names: {
      feat_dim: 'bins',
      embed_dim: 'embedding',
      pooling_func: 'pooling',
      growth_rate: 'growth',
      bn_size: 'bottleneck',
      init_channels: 'channels',
    },
    values: { pooling_func: { TSTP: 'statistics' } },
    withoutEffect: { config_str: ['batchnorm-relu'] },
  },
};

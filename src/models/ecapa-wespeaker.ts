/**
 * @file ECAPA-TDNN (Desplanques et al., Interspeech 2020) with WeSpeaker's structure and parameter names.
 *
 * Channels first throughout, [C, B, T]. Unlike SpeechBrain's (`ecapa-tdnn.ts`), convolutions have zeros at their margins;
 * of a Res2Net block's eight parts the last passes unchanged; the joined outputs of the three blocks are mapped to 1536
 * channels without batch normalisation; the attention of the pooling has tanh alone between its maps. Sizes that the
 * published class fixes are fixed here. Limits: no padded utterances.
 */
import { z } from 'zod';
import type { TensorMap } from '../engine/program/program.js';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import { relu } from '../nn/activations.js';
import { batchNormFrames, type BatchStatistics } from '../nn/batch-norm.js';
import { timeConvolution } from '../nn/convolution.js';
import { linearChannels, pointwise, splitProduct } from '../nn/linear.js';
import type { SpeakerModel } from './contract/model.js';
import { createParameterList } from './contract/parameter-list.js';
import type { ModelEntry } from './model-entry.js';
import { createPooling, poolingOptions } from './pooling/registry.js';

const FIRST_KERNEL = 5;
const KERNEL = 3;
/** Parts into which a block splits its channels. */
const SCALE = 8;
const SE_CHANNELS = 128;
const POOLED_CHANNELS = 1536;
const ATTENTION_CHANNELS = 128;
/** Each is the dilation of a block's convolutions. */
const BLOCKS = [
  { name: 'layer2', dilation: 2 },
  { name: 'layer3', dilation: 3 },
  { name: 'layer4', dilation: 4 },
];

const positive = z.int().positive();

export const ecapaWespeakerOptions = z
  .strictObject({
    type: z.literal('ecapa_wespeaker'),
    /** Feature coefficients a frame. */
    bins: positive.default(80),
    /** Size of the embedding. */
    embedding: positive.default(192),
    /** Of each block; the published sizes are 512 and 1024. */
    channels: positive.multipleOf(SCALE, { error: `channels must be a multiple of ${SCALE}` }).default(512),
    /** Give the attention of the pooling the utterance's mean and deviation as well. */
    globalContext: z.boolean().default(true),
    /** Batch normalisation of the embedding. */
    embeddingNorm: z.boolean().optional(),
    /** What makes one vector of the frames. Absent: attentive, as published. */
    pooling: poolingOptions.optional(),
  })
  // Equal networks are to be equal settings: the context of the attentive pooling is the model's own.
  .transform(({ pooling, embeddingNorm, ...options }) => {
    const own = pooling?.type === 'attentive' && pooling.attentionChannels === ATTENTION_CHANNELS;
    return {
      ...options,
      ...(own && { globalContext: pooling.globalContext }),
      ...(embeddingNorm && { embeddingNorm }),
      ...(pooling && !own && { pooling }),
    };
  });
export type EcapaWespeakerOptions = z.infer<typeof ecapaWespeakerOptions>;

interface Context {
  readonly tensors: TensorMap;
  /** Present in training. */
  readonly statistics?: BatchStatistics;
}

/** ReLU, then batch normalisation. */
const activate = (x: Tensor, norm: string, { tensors, statistics }: Context) =>
  batchNormFrames(relu(x), tensors, { name: norm, statistics });

const convolve = (x: Tensor, name: string, { tensors }: Context, dilation = 1) =>
  timeConvolution(x, tensors[`${name}.weight`], tensors[`${name}.bias`], { dilation, margin: 'zeros' });

/** Convolution, ReLU, batch normalisation. */
const convolveActivated = (x: Tensor, name: string, context: Context) =>
  activate(convolve(x, `${name}.conv`, context), `${name}.bn`, context);

/** Parts of a Res2Net block: each but the first is added to its predecessor's result and convolved; the last passes. */
function res2net(x: Tensor, name: string, dilation: number, context: Context): Tensor {
  const parts = tf.split(x, SCALE, 0);
  const results: Tensor[] = [];
  for (const [i, part] of parts.slice(0, -1).entries()) {
    const input = i === 0 ? part : tf.add(results[i - 1], part);
    results.push(activate(convolve(input, `${name}.convs.${i}`, context, dilation), `${name}.bns.${i}`, context));
  }
  return tf.concat([...results, parts.at(-1)!], 0);
}

/** Squeeze and excitation: channels scaled by a gate computed from their means. */
function squeezeExcite(x: Tensor, name: string, { tensors }: Context): Tensor {
  const dense = (input: Tensor, layer: string) =>
    linearChannels(input, tensors[`${name}.${layer}.weight`], tensors[`${name}.${layer}.bias`]);
  const gate = tf.sigmoid(dense(relu(dense(tf.mean(x, 2), 'linear1')), 'linear2'));
  return tf.mul(x, tf.expandDims(gate, 2));
}

function seRes2net(x: Tensor, { name, dilation }: (typeof BLOCKS)[number], context: Context): Tensor {
  const part = (index: number) => `${name}.se_res2block.${index}`;
  const mixed = res2net(convolveActivated(x, part(0), context), part(1), dilation, context);
  return tf.add(x, squeezeExcite(convolveActivated(mixed, part(2), context), part(3), context));
}

function createEcapaWespeaker(options: EcapaWespeakerOptions): SpeakerModel {
  const { bins, embedding, channels, globalContext, embeddingNorm } = options;
  const width = channels / SCALE;
  const pooling = createPooling(
    options.pooling ?? { type: 'attentive', attentionChannels: ATTENTION_CHANNELS, globalContext },
    { name: 'pool', channels: POOLED_CHANNELS, form: 'wespeaker' },
  );

  const list = createParameterList();
  const indices = [...Array(SCALE - 1).keys()];
  list.conv1d('layer1.conv', bins, channels, FIRST_KERNEL);
  list.batchNorm('layer1.bn', channels);
  for (const { name } of BLOCKS) {
    const part = (index: number) => `${name}.se_res2block.${index}`;
    const dense = (index: number) => {
      list.conv1d(`${part(index)}.conv`, channels, channels);
      list.batchNorm(`${part(index)}.bn`, channels);
    };
    dense(0);
    for (const i of indices) list.conv1d(`${part(1)}.convs.${i}`, width, width, KERNEL);
    for (const i of indices) list.batchNorm(`${part(1)}.bns.${i}`, width);
    dense(2);
    list.linear(`${part(3)}.linear1`, channels, SE_CHANNELS);
    list.linear(`${part(3)}.linear2`, SE_CHANNELS, channels);
  }
  list.conv1d('conv', BLOCKS.length * channels, POOLED_CHANNELS);
  pooling.list(list);
  list.batchNorm('bn', pooling.outputSize);
  list.linear('linear', pooling.outputSize, embedding);
  if (embeddingNorm) list.batchNorm('bn2', embedding);

  /** All blocks' outputs, joined and mapped. */
  function aggregate(outputs: readonly Tensor[], tensors: TensorMap): Tensor {
    const [, batch, frames] = outputs[0].shape as [number, number, number];
    const flat = outputs.map((x) => tf.reshape(x, [channels, -1]));
    const product = splitProduct(flat, pointwise(tensors['conv.weight']));
    const mapped = relu(tf.add(product, tf.reshape(tensors['conv.bias'], [-1, 1])));
    return tf.reshape(mapped, [POOLED_CHANNELS, batch, frames]);
  }

  return {
    title: `ECAPA-TDNN of WeSpeaker (${[`${channels} channels`, ...(options.pooling ? [`${options.pooling.type} pooling`] : [])].join(', ')})`,
    bins,
    embeddingSize: embedding,
    minFrames: pooling.minFrames,
    minCropFrames: pooling.minFrames,
    parameters: list.parameters,
    batchNorms: list.batchNorms,
    derivedBuffers: {},
    ...(pooling.attention && { frameAttention: [pooling.attention] }),
    dropoutRate: 0,
    dropoutSites: () => [],

    embed(tensors, features, { training, lengths, onAttention, onLatents } = {}) {
      if (lengths) throw new Error("WeSpeaker's ECAPA-TDNN takes no lengths: give it utterances of one length");
      const statistics = training?.statistics;
      const context: Context = { tensors, statistics };
      let x = convolveActivated(tf.transpose(features, [2, 0, 1]), 'layer1', context);
      const outputs: Tensor[] = [];
      for (const block of BLOCKS) {
        x = seRes2net(x, block, context);
        outputs.push(x);
      }
      const pooled = pooling.pool(aggregate(outputs, tensors), tensors, { training, onAttention, onLatents });
      const normalized = batchNormFrames(pooled, tensors, { name: 'bn', statistics });
      const mapped = linearChannels(normalized, tensors['linear.weight'], tensors['linear.bias']); // [embedding, B]
      return tf.transpose(embeddingNorm ? batchNormFrames(mapped, tensors, { name: 'bn2', statistics }) : mapped);
    },

    macs(frames) {
      const ofFrame = 2 * channels ** 2 + (SCALE - 1) * width ** 2 * KERNEL;
      const blocks = BLOCKS.length * (frames * ofFrame + 2 * channels * SE_CHANNELS);
      const ends = frames * (bins * channels * FIRST_KERNEL + BLOCKS.length * channels * POOLED_CHANNELS);
      return ends + blocks + pooling.macs(frames) + pooling.outputSize * embedding;
    },
  };
}

export const ecapaWespeaker: ModelEntry<EcapaWespeakerOptions> = {
  options: ecapaWespeakerOptions,
  create: createEcapaWespeaker,
  published: {
    name: "WeSpeaker's ECAPA-TDNN",
    departures: ({ pooling }) => (pooling ? [`${pooling.type} pooling in place of attentive statistics`] : []),
  },
  constructorArguments: {
    names: {
      channels: 'channels',
      feat_dim: 'bins',
      embed_dim: 'embedding',
      pooling_func: 'pooling',
      global_context_att: 'globalContext',
      emb_bn: 'embeddingNorm',
    },
    defaults: { global_context_att: false },
    values: { pooling_func: { ASTP: undefined, TSTP: 'statistics' } },
    withoutEffect: {},
  },
};

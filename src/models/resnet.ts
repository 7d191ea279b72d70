/**
 * @file ResNet (He et al. 2016) over planes of frequency and time, as WeSpeaker has it for speakers (`ResNet34` …).
 *
 * Planes are [C, B, F, T]: a convolution of 3 × 3, then four stages of residual blocks. From the second stage on, each
 * halves both axes and doubles the channels. The last planes are read as frames of C·F' channels, channel-major, and
 * pooled: mean and standard deviation over time as published (divisor T − 1), or another pooling. A linear map gives
 * the embedding; with `twoLayers`, ReLU, batch normalisation and a second map follow. Parameter names are WeSpeaker's.
 * Limits: no padded utterances.
 */
import { z } from 'zod';
import * as tf from '../engine/tfjs.js';
import { relu } from '../nn/activations.js';
import { batchNormFrames } from '../nn/batch-norm.js';
import { linearChannels } from '../nn/linear.js';
import type { SpeakerModel } from './contract/model.js';
import { createParameterList } from './contract/parameter-list.js';
import type { ModelEntry } from './model-entry.js';
import { createPooling, poolingOptions } from './pooling/registry.js';
import {
  createPlaneConvolution,
  createResidualStage,
  featurePlanes,
  inSequence,
  planesAsFrames,
  type PlaneLayer,
  type PlaneSize,
  type ResidualBlockKind,
} from './residual-block.js';

/** The published depths: blocks of each stage. From 50 layers on, they are bottlenecks. */
const DEPTHS = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
  221: [6, 16, 48, 3],
  293: [10, 20, 64, 3],
} as const;
type Depth = keyof typeof DEPTHS;
const depths = Object.keys(DEPTHS).map(Number) as Depth[];
const blockOf = (depth: Depth): ResidualBlockKind => (depth < 50 ? 'BasicBlock' : 'Bottleneck');
const isDepth = (depth: unknown): depth is Depth => typeof depth === 'number';

const positive = z.int().positive();

export const resNetOptions = z
  .strictObject({
    type: z.literal('resnet'),
    /** Feature coefficients a frame. */
    bins: positive.multipleOf(8, { error: 'bins must be a multiple of 8: they are halved three times' }).default(80),
    /** Size of the embedding. */
    embedding: positive.default(256),
    /** A published depth in layers, or the number of residual blocks of each of the four stages. */
    depth: z
      .union([z.literal(depths), z.array(positive).length(4)], {
        error: `expected ${depths.join(', ')}, or the blocks of 4 stages`,
      })
      .default(34),
    /** The blocks of a list of stages. Absent: BasicBlock, and for a published depth its own. */
    block: z.enum(['BasicBlock', 'Bottleneck']).optional(),
    /** Of the first stage; each further one has twice as many. */
    channels: positive.default(32),
    /** A second linear map after ReLU and batch normalisation, whose result is the embedding. */
    twoLayers: z.boolean().optional(),
    /** What makes one vector of the frames. Absent: statistics, as published. */
    pooling: poolingOptions.optional(),
  })
  .superRefine(({ depth, block }, context) => {
    if (!isDepth(depth) || block === undefined || block === blockOf(depth)) return;
    const message = `${depth} layers are of ${blockOf(depth)}; list the blocks of each stage instead`;
    context.addIssue({ code: 'custom', path: ['block'], message });
  })
  // Equal networks are to be equal settings.
  .transform(({ depth, block, twoLayers, pooling, ...options }) => {
    const kind = block ?? (isDepth(depth) ? blockOf(depth) : 'BasicBlock');
    const published = depths.find(
      (known) => known === depth || (blockOf(known) === kind && String(DEPTHS[known]) === String(depth)),
    );
    return {
      ...options,
      depth: published ?? depth,
      ...(published === undefined && kind === 'Bottleneck' && { block: kind }),
      ...(twoLayers && { twoLayers }),
      ...(pooling && pooling.type !== 'statistics' && { pooling }),
    };
  });
export type ResNetOptions = z.infer<typeof resNetOptions>;

function createResNet(options: ResNetOptions): SpeakerModel {
  const { bins, embedding, depth, channels, twoLayers } = options;
  const kind = options.block ?? (isDepth(depth) ? blockOf(depth) : 'BasicBlock');
  const blocks: readonly number[] = isDepth(depth) ? DEPTHS[depth] : depth;
  const first = createPlaneConvolution({
    ...{ convolution: 'conv1', norm: 'bn1', inputs: 1, outputs: channels },
    activated: true,
  });
  const stages = blocks.reduce<PlaneLayer[]>((made, count, stage) => {
    const inputs = made.at(-1)?.outputs ?? channels;
    const strides = stage === 0 ? ([1, 1] as const) : ([2, 2] as const);
    const width = channels * 2 ** stage;
    return [...made, createResidualStage({ name: `layer${stage + 1}`, kind, inputs, width, strides, blocks: count })];
  }, []);
  const trunk = inSequence([first, ...stages]);
  const pooling = createPooling(options.pooling ?? { type: 'statistics' }, {
    name: 'pool',
    channels: trunk.outputs * (bins / 8),
    form: 'wespeaker',
  });

  const list = createParameterList();
  trunk.list(list);
  pooling.list(list);
  list.linear('seg_1', pooling.outputSize, embedding);
  if (twoLayers) {
    list.plainBatchNorm('seg_bn_1', embedding);
    list.linear('seg_2', embedding, embedding);
  }
  /** Frames that give so many after three halvings. */
  const framesFor = (pooled: number) => 8 * (pooled - 1) + 1;
  const size = isDepth(depth) ? `${depth} layers` : `${kind} × ${depth.join('-')}`;

  return {
    title: `ResNet (${[size, `${channels} channels`, ...(options.pooling ? [`${options.pooling.type} pooling`] : [])].join(', ')})`,
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
      if (lengths) throw new Error('ResNet takes no lengths: give it utterances of one length');
      const statistics = training?.statistics;
      const context = { tensors, statistics };
      const planes = trunk.apply(featurePlanes(features), context);
      const pooled = pooling.pool(planesAsFrames(planes), tensors, { training, onAttention, onLatents });
      const map = (x: tf.Tensor, name: string) => linearChannels(x, tensors[`${name}.weight`], tensors[`${name}.bias`]);
      const segment = map(pooled, 'seg_1'); // [embedding, B]
      if (!twoLayers) return tf.transpose(segment);
      return tf.transpose(map(batchNormFrames(relu(segment), tensors, { name: 'seg_bn_1', statistics }), 'seg_2'));
    },

    macs(frames) {
      const size: PlaneSize = [bins, frames];
      const [, pooled] = trunk.sizeAfter(size);
      const maps = pooling.outputSize * embedding + (twoLayers ? embedding ** 2 : 0);
      return trunk.macs(size) + pooling.macs(pooled) + maps;
    },
  };
}

export const resNet: ModelEntry<ResNetOptions> = {
  options: resNetOptions,
  create: createResNet,
  published: {
    name: "WeSpeaker's ResNet",
    departures: ({ pooling }) => (pooling ? [`${pooling.type} pooling in place of statistics`] : []),
  },
  constructorArguments: {
    names: {
      block: 'block',
      num_blocks: 'depth',
      m_channels: 'channels',
      feat_dim: 'bins',
      embed_dim: 'embedding',
      pooling_func: 'pooling',
      two_emb_layer: 'twoLayers',
    },
    values: { pooling_func: { TSTP: 'statistics', ASTP: { type: 'attentive', globalContext: false } } },
    withoutEffect: {},
  },
};

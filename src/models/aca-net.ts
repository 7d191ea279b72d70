/**
 * @file ACA-Net (Yip et al., Interspeech 2023): latents that attend to the frames take the place of temporal pooling.
 *
 * The frames are expanded, given a position and layer-normalised (`frame-encoder.ts`). Each of `blocks` blocks lets the
 * latents [B·L, E] attend to the frames `reps` times (one head), then to one another in `layers` transformer layers, whose
 * stages are concatenated and reduced. A head makes the embedding, which is batch-normalised. As in the released code, only keys and values are normalised (queries too with `queryScale`), and
 * dropout follows each MLP's second map only. Parameter names are those of the released code. With `pooling`, the control,
 * the frames are pooled where latents would attend to them (`frame-pooling.ts`).
 */
import { z } from 'zod';
import type { TensorMap } from '../engine/program/program.js';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import { gelu, relu } from '../nn/activations.js';
import { attention, repeatForBatch } from '../nn/attention.js';
import { batchNorm } from '../nn/batch-norm.js';
import type { ChannelAxis } from '../nn/batch-norm.js';
import { normal, orthogonalRows } from '../nn/initialize.js';
import { foldAffine, layerNormalize } from '../nn/layer-norm.js';
import { linear, linearProduct, pointwise } from '../nn/linear.js';
import { createFrameEncoder } from './frame-encoder.js';
import { FRAME_POOLINGS, type FramePooling, framePoolingMacs, listFramePooling, poolFrames } from './frame-pooling.js';
import type { EmbedOptions, FrameAttentionLayer, SpeakerModel } from './model.js';
import { createParameterList } from './parameter-list.js';

export const acaNetOptions = z
  .strictObject({
    type: z.literal('aca-net'),
    /** Feature coefficients a frame. */
    bins: z.int().positive().default(80),
    /** Latent vectors; with head 1dE also the size of the embedding. */
    latents: z.int().positive().default(192),
    /** Size of a latent vector and of an expanded frame. */
    embed: z.int().positive().multipleOf(2).default(256),
    /** Cross-attention layers in a block. */
    reps: z.int().positive().default(2),
    /** Transformer layers in a block. */
    layers: z.int().nonnegative().default(3),
    blocks: z.int().positive().default(2),
    /** Heads of the transformer layers; cross attention has one. */
    heads: z.int().positive().default(8),
    /** Hidden size of the MLPs after cross attention. */
    attentionMlp: z.int().positive().default(256),
    /** Hidden size of the MLPs in the transformer layers. */
    transformerMlp: z.int().positive().default(256),
    dropout: z.number().min(0).lt(1).default(0.2),
    /** 1dE: a map over the embedding axis. 1dL: over the latents. fc: over both. */
    head: z.enum(['1dE', '1dL', 'fc']).default('1dE'),
    /** time: each frame's position. none. reference: the released code's, which encodes the batch row. */
    positional: z.enum(['time', 'none', 'reference']).default('time'),
    /** null: queries are taken as they are, as released. A number: they are layer-normalised and multiplied by it. */
    queryScale: z.number().positive().nullable().default(null),
    /** Subtract from each embedding its mean over the latents, before the last normalisation; not in the released code. */
    centred: z.boolean().default(false),
    /** How the latents start. The released code: normal, 0.02 (from which embeddings collapse; see docs). */
    latentInit: z
      .strictObject({
        distribution: z.enum(['normal', 'orthogonal']).default('normal'),
        std: z.number().positive().default(0.02),
      })
      .prefault({}),
    /**
     * Factors on the initial weights of what is added to the latents: the attention's (or pooling's) output map, each
     * MLP's second map. Absent: 1, as released; with 0 every layer starts as the identity.
     */
    outputInit: z
      .strictObject({ attention: z.number().min(0).optional(), mlp: z.number().min(0).optional() })
      .optional(),
    /**
     * Frames that an expanded frame is made of, itself in the middle. Absent: 1, as released, so that with positional
     * none the order of the frames does not matter.
     */
    expansionKernel: z
      .int()
      .positive()
      .refine((kernel) => kernel % 2 === 1, { error: 'a kernel size must be odd' })
      .optional(),
    /** Layers that expand a frame, the further ones of its own values only. Absent: 1, as released. */
    expansionLayers: z.int().positive().optional(),
    /** What makes the frames' summary. cross-attention: latents attend to the frames. The others are controls. */
    pooling: z.enum(['cross-attention', ...FRAME_POOLINGS]).optional(),
  })
  .refine(({ embed, heads }) => embed % heads === 0, { error: 'embed must be a multiple of heads', path: ['heads'] })
  // What an option's absence means is left out: equal networks are to be equal settings.
  .transform(({ pooling, expansionKernel = 1, expansionLayers = 1, outputInit = {}, ...options }) => {
    const factors = Object.entries(outputInit).filter(([, factor]) => factor !== undefined && factor !== 1);
    return {
      ...options,
      ...(factors.length > 0 && { outputInit: Object.fromEntries(factors) as typeof outputInit }),
      ...(expansionKernel > 1 && { expansionKernel }),
      ...(expansionLayers > 1 && { expansionLayers }),
      ...(pooling !== undefined && pooling !== 'cross-attention' && { pooling }),
    };
  });
export type AcaNetOptions = z.infer<typeof acaNetOptions>;

/**
 * How one pass goes. In training all matrices are [E, B·N] ('first'): products of that shape, above all the gradients of
 * weights, run up to a third faster in ONNX Runtime. In evaluation they are [B·N, E], whose weights it packs beforehand.
 */
interface Context {
  readonly batch: number;
  readonly channels: ChannelAxis;
  readonly training: EmbedOptions['training'];
}

interface AttendOptions {
  readonly name: string;
  readonly pooling?: FramePooling;
  readonly heads: number;
  readonly context: Context;
  /** One utterance's latents, where all utterances' are still the same. */
  readonly shared?: Tensor;
  readonly onWeights?: (weights: Tensor) => void;
}

/** What a table must say of a model beside its size: the options that make it another network than the released one. */
export function departuresFromReleased(options: AcaNetOptions): string[] {
  const {
    positional,
    centred,
    queryScale,
    latentInit,
    outputInit = {},
    expansionKernel,
    expansionLayers,
    pooling,
  } = options;
  return [
    ...(pooling ? [`${pooling} pooling in place of cross attention`] : []),
    ...(expansionKernel ? [`frames expanded ${expansionKernel} at a time`] : []),
    ...(expansionLayers ? [`${expansionLayers} layers on each frame`] : []),
    ...(positional === 'reference' ? [] : [`positional ${positional}`]),
    ...(centred ? ['centred'] : []),
    ...(queryScale === null ? [] : [`queryScale ${queryScale}`]),
    ...(latentInit.distribution === 'normal' && latentInit.std === 0.02
      ? []
      : [`latents start ${latentInit.distribution}, std ${latentInit.std}`]),
    ...Object.entries(outputInit).map(([part, factor]) => `${part} output starts at ${factor}`),
  ];
}

export function createAcaNet(options: AcaNetOptions): SpeakerModel {
  const { bins, latents, embed, reps, layers, blocks, heads, attentionMlp, transformerMlp, head } = options;
  const { pooling, outputInit = {} } = options;
  const frameEncoder = createFrameEncoder(options);
  const crossName = (block: number, rep: number) => `ACA_blocks.${block}.cross_attention.${rep}`;
  const selfName = (block: number, layer: number) => `ACA_blocks.${block}.latent_transformer.transformer.${layer}`;
  const reductionName = (block: number) => `ACA_blocks.${block}.latent_transformer.ch_reduction`;
  const indices = (count: number) => [...Array(count).keys()];
  const crossLayer = (block: number, rep: number): FrameAttentionLayer => ({
    name: crossName(block, rep),
    title: `block ${block + 1}, ${pooling ? `${pooling} pooling` : 'cross attention'} ${rep + 1}`,
    rows: pooling ? 'heads' : 'latents',
  });

  const list = createParameterList();
  const attentionLayer = (name: string, mlp: number, pooling?: FramePooling) => {
    const outputScale = outputInit.attention;
    list.layerNorm(`${name}.lnorm1`, embed);
    if (pooling) listFramePooling(list, `${name}.pool`, { pooling, embed, outputScale });
    else list.attention(`${name}.attn`, embed, outputScale);
    list.layerNorm(`${name}.lnorm2`, embed);
    list.linear(`${name}.linear1`, embed, mlp);
    list.linear(`${name}.linear2`, mlp, embed, outputInit.mlp);
  };
  const { distribution, std } = options.latentInit;
  list.parameter('latent', [latents, 1, embed], distribution === 'normal' ? normal(std) : orthogonalRows(std));
  frameEncoder.list(list);
  for (const block of indices(blocks)) {
    for (const rep of indices(reps)) attentionLayer(crossName(block, rep), attentionMlp, pooling);
    for (const layer of indices(layers)) attentionLayer(selfName(block, layer), transformerMlp);
    list.conv1d(reductionName(block), embed * (layers + 1), embed);
  }
  const embeddingSize = head === '1dL' ? embed : latents;
  if (head === '1dE') list.conv1d('ch_compression', embed, 1);
  if (head === '1dL') list.conv1d('ch_compression', latents, 1);
  if (head === 'fc') list.linear('ch_compression', latents * embed, latents);
  list.batchNorm('final_norm.norm', embeddingSize);

  /** Attention of the latents over `rows`, or pooling of them, and an MLP, each with a residual; all in the context's layout. */
  function attend(
    latent: Tensor,
    rows: Tensor,
    tensors: TensorMap,
    { name, heads, pooling, context, shared, onWeights }: AttendOptions,
  ): Tensor {
    const { batch, channels, training } = context;
    const affineOf = (norm: string) => ({ gain: tensors[`${norm}.weight`], shift: tensors[`${norm}.bias`] });
    const affine = affineOf(`${name}.lnorm1`);
    const attended = () => {
      const { queryScale } = options;
      const from = shared ?? latent;
      const queries = queryScale === null ? from : tf.mul(layerNormalize(from, channels), queryScale);
      const sharedQueries = Boolean(shared);
      const attentionOptions = { name: `${name}.attn`, affine, batch, heads, channels, sharedQueries, onWeights };
      return attention(queries, rows, tensors, attentionOptions);
    };
    const pooled = (pooling: FramePooling) =>
      poolFrames(rows, tensors, { name: `${name}.pool`, pooling, affine, batch, latents, channels, onWeights });
    const heard = tf.add(pooling ? pooled(pooling) : attended(), latent);
    const first = foldAffine(
      tensors[`${name}.linear1.weight`],
      tensors[`${name}.linear1.bias`],
      affineOf(`${name}.lnorm2`),
    );
    const hidden = gelu(linear(layerNormalize(heard, channels), first.weight, first.bias, channels));
    const mixed = linear(hidden, tensors[`${name}.linear2.weight`], tensors[`${name}.linear2.bias`], channels);
    return tf.add(training?.dropout ? training.dropout(mixed) : mixed, heard);
  }

  /** The concatenated stages of the latent transformer, reduced: Σ Wᵢ·stageᵢ + b, without building the concatenation. */
  function reduceStages(stages: Tensor[], tensors: TensorMap, block: number, channels: ChannelAxis): Tensor {
    const weights = tf.split(pointwise(tensors[`${reductionName(block)}.weight`]), stages.length, 1);
    const [first, ...rest] = stages.map((stage, i) =>
      i === 0
        ? linear(stage, weights[i], tensors[`${reductionName(block)}.bias`], channels)
        : linearProduct(stage, weights[i], channels),
    );
    return relu(rest.reduce((sum, part) => tf.add(part, sum), first));
  }

  function compress(latent: Tensor, tensors: TensorMap, { batch, channels }: Context): Tensor {
    const weight = tensors['ch_compression.weight'];
    const bias = tensors['ch_compression.bias'];
    if (head === '1dE') return tf.reshape(linear(latent, pointwise(weight), bias, channels), [batch, latents]);
    const grid = // [B, E, L]
      channels === 'first'
        ? tf.transpose(tf.reshape(latent, [embed, batch, latents]), [1, 0, 2])
        : tf.transpose(tf.reshape(latent, [batch, latents, embed]), [0, 2, 1]);
    if (head === 'fc') return linear(tf.reshape(grid, [batch, -1]), weight, bias, 'last');
    return tf.add(tf.sum(tf.mul(grid, tf.reshape(weight, [1, 1, latents])), 2), bias); // [B, E]
  }

  return {
    title: `ACA-Net (${latents} latents, embed ${embed}, ${blocks} × [${reps} ${pooling ?? 'cross'}, ${layers} self])`,
    bins,
    embeddingSize,
    minFrames: frameEncoder.minFrames,
    minCropFrames: frameEncoder.minCropFrames,
    parameters: list.parameters,
    batchNorms: list.batchNorms,
    derivedBuffers: { 'embed.pe': [10000, 1, embed] },
    ...(pooling !== 'statistics' && {
      frameAttention: indices(blocks).flatMap((block) => indices(reps).map((rep) => crossLayer(block, rep))),
    }),
    dropoutRate: options.dropout,
    dropoutSites: (batch) => indices(blocks * (reps + layers)).map(() => ({ rows: embed, columns: batch * latents })),

    embed(tensors, features, { training, lengths, onAttention, onLatents } = {}) {
      if (lengths) throw new Error('ACA-Net takes no lengths: give it utterances of one length');
      const context: Context = { batch: features.shape[0], channels: training ? 'first' : 'last', training };
      const frames = frameEncoder.encode(tensors, features, context);
      const byRow = tf.reshape(tensors.latent, [latents, embed]);
      const initial = context.channels === 'first' ? tf.transpose(byRow) : byRow;
      let latent = repeatForBatch(initial, context);
      for (const block of indices(blocks)) {
        for (const rep of indices(reps)) {
          const shared = block === 0 && rep === 0 ? initial : undefined;
          const layer = crossLayer(block, rep);
          const onWeights = onAttention && ((weights: Tensor) => onAttention(layer, weights)); // [B, L, T]
          latent = attend(latent, frames, tensors, { name: layer.name, heads: 1, pooling, context, shared, onWeights });
          onLatents?.(layer.name, latent, context.channels);
        }
        const stages = [latent];
        for (const layer of indices(layers)) {
          const rows = layerNormalize(latent, context.channels);
          latent = attend(latent, rows, tensors, { name: selfName(block, layer), heads, context });
          onLatents?.(selfName(block, layer), latent, context.channels);
          stages.push(latent);
        }
        latent = reduceStages(stages, tensors, block, context.channels);
        onLatents?.(reductionName(block), latent, context.channels);
      }
      const statistics = training?.statistics;
      const compressed = compress(latent, tensors, context);
      const centred = options.centred ? tf.sub(compressed, tf.mean(compressed, 1, true)) : compressed;
      return batchNorm(centred, tensors, {
        name: 'final_norm.norm',
        channels: 'last',
        statistics,
      });
    },

    macs(frames) {
      const attending = (rows: number) => 2 * latents * embed ** 2 + 2 * rows * embed ** 2 + 2 * latents * rows * embed;
      const summary = pooling ? framePoolingMacs(pooling, embed, frames) : attending(frames);
      const mlp = (hidden: number) => 2 * latents * embed * hidden;
      const reduction = latents * embed * (layers + 1) * embed;
      const transformer = layers * (attending(latents) + mlp(transformerMlp));
      const block = reps * (summary + mlp(attentionMlp)) + transformer + reduction;
      const compression = latents * embed * (head === 'fc' ? latents : 1);
      return frameEncoder.macs(frames) + blocks * block + compression;
    },
  };
}

/**
 * @file ACA-Net (Yip et al., Interspeech 2023): latents that attend to the frames take the place of temporal pooling.
 *
 * The frames are expanded, given a position and layer-normalised (`frame-encoder.ts`). Each of `blocks` blocks lets the
 * latents [B·L, E] attend to the frames `reps` times (with one head, or `crossHeads`), then to one another in `layers` transformer layers,
 * whose stages are concatenated and reduced. A head makes the embedding, which is batch-normalised. As in the released
 * code, only keys and values are normalised (queries too with `queryScale`), and dropout follows each MLP's second map
 * only. Parameter names are those of the released code. With `pooling`, the control, the frames are pooled where
 * latents would attend to them (`pooling/`).
 */
import { z } from 'zod';
import type { TensorMap } from '../engine/program/program.js';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import { relu } from '../nn/activations.js';
import { repeatForBatch } from '../nn/attention.js';
import { batchNorm } from '../nn/batch-norm.js';
import type { ChannelAxis } from '../nn/batch-norm.js';
import { layerNormalize } from '../nn/layer-norm.js';
import { linear, linearProduct, pointwise } from '../nn/linear.js';
import { createFrameEncoder } from './frame-encoder.js';
import { initialLatents, latentInit } from './pooling/latent-init.js';
import { createLatentLayer, type LatentLayer } from './pooling/latent-layer.js';
import type { EmbedOptions, FrameAttentionLayer, SpeakerModel } from './contract/model.js';
import { createParameterList } from './contract/parameter-list.js';
import { createLatentAttention } from './pooling/cross-attention.js';
import type { LatentPooling } from './pooling/pooling.js';
import { createLatentPooling, poolingName } from './pooling/registry.js';

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
    /** Heads of the transformer layers. */
    heads: z.int().positive().default(8),
    /** Heads of cross attention. Absent: 1, as released; the predecessor has 8. */
    crossHeads: z.int().positive().optional(),
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
    /**
     * Subtract from each embedding its mean over the latents, before the last normalisation; not in the released code.
     */
    centred: z.boolean().default(false),
    /** How the latents start. The released code: normal, 0.02 (from which embeddings collapse; see docs). */
    latentInit: latentInit.prefault({}),
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
    pooling: poolingName.optional(),
  })
  .refine(({ embed, heads }) => embed % heads === 0, { error: 'embed must be a multiple of heads', path: ['heads'] })
  .refine(({ embed, crossHeads = 1 }) => embed % crossHeads === 0, {
    error: 'embed must be a multiple of crossHeads',
    path: ['crossHeads'],
  })
  // What an option's absence means is left out: equal networks are to be equal settings.
  .transform(({ pooling, crossHeads = 1, expansionKernel = 1, expansionLayers = 1, outputInit = {}, ...options }) => {
    const attends = pooling === undefined || pooling === 'cross-attention';
    const factors = Object.entries(outputInit).filter(([, factor]) => factor !== undefined && factor !== 1);
    return {
      ...options,
      ...(factors.length > 0 && { outputInit: Object.fromEntries(factors) as typeof outputInit }),
      ...(expansionKernel > 1 && { expansionKernel }),
      ...(expansionLayers > 1 && { expansionLayers }),
      ...((attends || pooling === 'cross-statistics') && crossHeads > 1 && { crossHeads }),
      ...(!attends && { pooling }),
    };
  });
export type AcaNetOptions = z.infer<typeof acaNetOptions>;

/**
 * How one pass goes. In training all matrices are [E, B·N] ('first'): products of that shape, above all the gradients
 * of weights, run up to a third faster in ONNX Runtime. In evaluation they are [B·N, E], whose weights it packs
 * beforehand.
 */
interface Context {
  readonly batch: number;
  readonly channels: ChannelAxis;
  readonly training: EmbedOptions['training'];
}

export function createAcaNet(options: AcaNetOptions): SpeakerModel {
  const { bins, latents, embed, reps, layers, blocks, heads, attentionMlp, transformerMlp, head } = options;
  const { pooling, crossHeads = 1, outputInit = {} } = options;
  const frameEncoder = createFrameEncoder(options);
  const crossName = (block: number, rep: number) => `ACA_blocks.${block}.cross_attention.${rep}`;
  const selfName = (block: number, layer: number) => `ACA_blocks.${block}.latent_transformer.transformer.${layer}`;
  const reductionName = (block: number) => `ACA_blocks.${block}.latent_transformer.ch_reduction`;
  const indices = (count: number) => [...Array(count).keys()];
  const sizes = { embed, latents, outputScale: outputInit.attention, queryScale: options.queryScale };
  const latentLayer = (name: string, mlp: number, source: LatentPooling) =>
    createLatentLayer({ name, embed, latents, mlp, mlpScale: outputInit.mlp, source });
  const blockLayers = indices(blocks).map((block) => ({
    cross: indices(reps).map((rep) => {
      const name = crossName(block, rep);
      const source = createLatentPooling(pooling ?? 'cross-attention', { name, heads: crossHeads, ...sizes });
      const title = `block ${block + 1}, ${source.title} ${rep + 1}`;
      const shown: FrameAttentionLayer | undefined = source.rows && { name, title, rows: source.rows };
      return { name, shown, layer: latentLayer(name, attentionMlp, source) };
    }),
    self: indices(layers).map((layer) => {
      const name = selfName(block, layer);
      return { name, layer: latentLayer(name, transformerMlp, createLatentAttention({ name, heads, ...sizes })) };
    }),
    reduction: reductionName(block),
  }));

  const list = createParameterList();
  list.parameter('latent', [latents, 1, embed], initialLatents(options.latentInit));
  frameEncoder.list(list);
  for (const { cross, self, reduction } of blockLayers) {
    for (const { layer } of [...cross, ...self]) layer.list(list);
    list.conv1d(reduction, embed * (layers + 1), embed);
  }
  const embeddingSize = head === '1dL' ? embed : latents;
  if (head === '1dE') list.conv1d('ch_compression', embed, 1);
  if (head === '1dL') list.conv1d('ch_compression', latents, 1);
  if (head === 'fc') list.linear('ch_compression', latents * embed, latents);
  list.batchNorm('final_norm.norm', embeddingSize);

  /**
   * The concatenated stages of the latent transformer, reduced: Σ Wᵢ·stageᵢ + b, without building the concatenation.
   */
  function reduceStages(stages: Tensor[], tensors: TensorMap, name: string, channels: ChannelAxis): Tensor {
    const weights = tf.split(pointwise(tensors[`${name}.weight`]), stages.length, 1);
    const [first, ...rest] = stages.map((stage, i) =>
      i === 0
        ? linear(stage, weights[i], tensors[`${name}.bias`], channels)
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

  const sum = (parts: readonly { layer: LatentLayer }[], rows: number) =>
    parts.reduce((total, { layer }) => total + layer.macs(rows), 0);
  const attending = blockLayers.flatMap(({ cross }) => cross.flatMap(({ shown }) => shown ?? []));
  const heard = `${reps} ${pooling ?? 'cross'}${crossHeads > 1 ? ` of ${crossHeads} heads` : ''}`;
  return {
    title: `ACA-Net (${latents} latents, embed ${embed}, ${blocks} × [${heard}, ${layers} self])`,
    bins,
    embeddingSize,
    minFrames: frameEncoder.minFrames,
    minCropFrames: frameEncoder.minCropFrames,
    parameters: list.parameters,
    batchNorms: list.batchNorms,
    derivedBuffers: { 'embed.pe': [10000, 1, embed] },
    ...(attending.length > 0 && { frameAttention: attending }),
    dropoutRate: options.dropout,
    dropoutSites: (batch) => indices(blocks * (reps + layers)).map(() => ({ rows: embed, columns: batch * latents })),

    embed(tensors, features, { training, lengths, onAttention, onLatents } = {}) {
      if (lengths) throw new Error('ACA-Net takes no lengths: give it utterances of one length');
      const context: Context = { batch: features.shape[0], channels: training ? 'first' : 'last', training };
      const frames = frameEncoder.encode(tensors, features, context);
      const byRow = tf.reshape(tensors.latent, [latents, embed]);
      const initial = context.channels === 'first' ? tf.transpose(byRow) : byRow;
      let latent = repeatForBatch(initial, context);
      const { batch, channels } = context;
      const dropout = training?.dropout;
      for (const [block, { cross, self, reduction }] of blockLayers.entries()) {
        for (const [rep, { name, shown, layer }] of cross.entries()) {
          const shared = block === 0 && rep === 0 ? initial : undefined;
          const onWeights = shown && onAttention && ((weights: Tensor) => onAttention(shown, weights)); // [B, L, T]
          latent = layer.apply(latent, frames, tensors, { batch, channels, dropout, shared, onWeights });
          onLatents?.(name, latent, channels);
        }
        const stages = [latent];
        for (const { name, layer } of self) {
          const rows = layerNormalize(latent, channels);
          latent = layer.apply(latent, rows, tensors, { batch, channels, dropout });
          onLatents?.(name, latent, channels);
          stages.push(latent);
        }
        latent = reduceStages(stages, tensors, reduction, channels);
        onLatents?.(reduction, latent, channels);
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
      const reduction = latents * embed * (layers + 1) * embed;
      const ofBlocks = blockLayers.map(({ cross, self }) => sum(cross, frames) + sum(self, latents) + reduction);
      const compression = latents * embed * (head === 'fc' ? latents : 1);
      return frameEncoder.macs(frames) + ofBlocks.reduce((total, block) => total + block) + compression;
    },
  };
}

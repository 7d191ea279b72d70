/**
 * @file What a pooling is: frames in, something of fixed size out. Each has two forms.
 *
 * - Between a trunk and its embedding (all models but ACA-Net) it makes one vector of an utterance's frames, [C, B, T] →
 *   [size, B].
 * - In a layer of latents (ACA-Net) it makes what the layer adds to the latents, from layer-normalised frames x̂ [E,
 *   B·T] whose affine part (gain, shift) it folds into its own maps. Its sizes are the network's.
 */
import type { z } from 'zod';
import type { TensorMap } from '../../engine/program/program.js';
import type { Tensor } from '../../engine/tfjs.js';
import type { ChannelAxis } from '../../nn/batch-norm.js';
import type { FrameWeights } from '../../nn/statistics-pooling.js';
import type { EmbedOptions, FrameAttentionLayer, SpeakerModel } from '../contract/model.js';
import type { ParameterList } from '../contract/parameter-list.js';

/** Where a trunk is pooled: the prefix of the pooling's tensors in the state dict, and the channels C of a frame. */
export interface PoolingPlace {
  readonly name: string;
  readonly channels: number;
  /**
   * In whose form statistics and attention are taken. SpeechBrain's (default): the variance has the divisor T;
   * WeSpeaker's (TSTP, ASTP): T − 1, and the attention has tanh alone between its maps.
   */
  readonly form?: 'speechbrain' | 'wespeaker';
}

export interface PoolingContext extends Pick<EmbedOptions, 'training' | 'onAttention' | 'onLatents'> {
  /** Of zero-padded utterances; in evaluation only. */
  readonly weights?: FrameWeights;
}

/** One vector of an utterance's frames. */
export interface FramePooling extends Pick<SpeakerModel, 'minFrames' | 'macs'> {
  readonly outputSize: number;
  /** What it shows of its attention; absent: it has none. */
  readonly attention?: FrameAttentionLayer;
  list(list: ParameterList): void;
  /** x [C, B, T] → [outputSize, B]. */
  pool(x: Tensor, tensors: TensorMap, context: PoolingContext): Tensor;
}

/** A layer of latents: the prefix of its tensors, and the network's sizes. */
export interface LatentPlace {
  readonly name: string;
  readonly embed: number;
  readonly latents: number;
  /** Factor on the initial output map. Default 1. */
  readonly outputScale?: number;
  /** Of an attention by latents. Default 1. */
  readonly heads?: number;
  /** Latents hear the deviation of the frames beside their mean. */
  readonly deviation?: boolean;
  /** Queries are normalised and multiplied by it. Default null: they are taken as they are. */
  readonly queryScale?: number | null;
}

export interface LatentContext {
  readonly batch: number;
  /** The layout of latents, rows and result: [E, B·N] for 'first', [B·N, E] for 'last'. */
  readonly channels: ChannelAxis;
  /** Affine part of the normalisation that made the rows. */
  readonly affine: { readonly gain: Tensor; readonly shift: Tensor };
  /** One utterance's latents, where all utterances' are still the same. */
  readonly shared?: Tensor;
  /** Is shown the weights [B, rows, T] of an attention, in evaluation only. */
  readonly onWeights?: (weights: Tensor) => void;
}

/** What a layer of latents hears: in the layout of the latents, without residual. */
export interface LatentPooling {
  /** Such as `cross attention`. */
  readonly title: string;
  /** What spreads its weight over the frames; absent: nothing does. */
  readonly rows?: FrameAttentionLayer['rows'];
  list(list: ParameterList): void;
  /** latents [E, B·L], rows x̂ [E, B·T], or both transposed → as the latents. */
  hear(latents: Tensor, rows: Tensor, tensors: TensorMap, context: LatentContext): Tensor;
  /** Multiply-accumulate operations for so many rows. */
  macs(rows: number): number;
}

/** A pooling as the registry has it. */
export interface Pooling<Options extends { type: string }> {
  readonly options: z.ZodType<Options>;
  /** Between a trunk and its embedding. */
  create(options: Options, place: PoolingPlace): FramePooling;
  /** In a layer of latents. */
  inLatents(place: LatentPlace): LatentPooling;
}

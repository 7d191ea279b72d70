/**
 * @file What every model offers: its tensors by their state-dict names, and a function from features to embeddings.
 *
 * Parameters and buffers keep the names, shapes and order of the published PyTorch code, so weights travel both ways
 * without a table of names. A model is data and pure functions; its tensors are kept by whoever trains or loads it.
 */
import { float32, int32, sizeOf } from '../../engine/program/host-tensor.js';
import type { HostTensors } from '../../engine/program/host-tensor.js';
import type { TensorMap } from '../../engine/program/program.js';
import type { Tensor } from '../../engine/tfjs.js';
import type { BatchStatistics, ChannelAxis } from '../../nn/batch-norm.js';
import type { Dropout, DropoutSite } from '../../nn/dropout.js';
import { initialValue } from '../../nn/initialize.js';
import type { Initializer } from '../../nn/initialize.js';

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: Initializer;
}

/**
 * A batch normalisation: parameters `.weight`, `.bias` (unless it has none), buffers `.running_mean`, `.running_var`,
 * `.num_batches_tracked`.
 */
export interface BatchNormSpec {
  readonly name: string;
  readonly channels: number;
}

/** Present in training: where batch statistics go, and dropout. */
export interface TrainingMode {
  readonly statistics: BatchStatistics;
  readonly dropout?: Dropout;
}

/**
 * A layer that attends to the frames: each of its rows (a latent, a channel, a head) spreads one unit of weight over
 * time.
 */
export interface FrameAttentionLayer {
  /** Its prefix in the state dict. */
  readonly name: string;
  /** Such as `block 1, cross attention 2`. */
  readonly title: string;
  readonly rows: 'latents' | 'channels' | 'heads';
}

/** Is shown a layer's weights [B, rows, T] as they are computed, each row of which sums to one. */
export type AttentionObserver = (layer: FrameAttentionLayer, weights: Tensor) => void;

/** Is shown the latents that a layer gives, of all utterances: [E, B·L] for channels 'first', [B·L, E] for 'last'. */
export type LatentsObserver = (layer: string, latents: Tensor, channels: ChannelAxis) => void;

export interface EmbedOptions {
  readonly training?: TrainingMode;
  /** Relative lengths in (0, 1] of zero-padded utterances, [B]; models that cannot mask refuse them. */
  readonly lengths?: Tensor;
  /** Called for every one of `frameAttention`; in evaluation of whole utterances only. Absent: nothing is added. */
  readonly onAttention?: AttentionObserver;
  /**
   * Called for every layer that gives latents, by its name in the state dict; other layers are seen by `statistics`.
   */
  readonly onLatents?: LatentsObserver;
}

export interface SpeakerModel {
  /** A line for tables, such as `ACA-Net (192 latents, embed 256)`. */
  readonly title: string;
  readonly bins: number;
  readonly embeddingSize: number;
  /** The shortest input it can embed, in frames. */
  readonly minFrames: number;
  /** The shortest crop it can be trained on, in frames. */
  readonly minCropFrames: number;
  readonly parameters: readonly ParameterSpec[];
  readonly batchNorms: readonly BatchNormSpec[];
  /** State-dict entries that are computed rather than kept: name → shape. */
  readonly derivedBuffers: Readonly<Record<string, readonly number[]>>;
  /** The layers that attend to the frames, in the order in which they do; absent: the model has none. */
  readonly frameAttention?: readonly FrameAttentionLayer[];
  readonly dropoutRate: number;
  /** The dropout layers' mask sizes for a batch, in the order of their calls. */
  dropoutSites(batch: number): DropoutSite[];
  /** Features [B, T, bins] → embeddings [B, embeddingSize]. */
  embed(tensors: TensorMap, features: Tensor, options?: EmbedOptions): Tensor;
  /** Multiply-accumulate operations for one utterance of `frames` frames. */
  macs(frames: number): number;
}

/** The number of trained values. */
export const parameterCount = (model: SpeakerModel): number =>
  model.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** The parameters' names. */
export const parameterNames = (model: SpeakerModel): string[] => model.parameters.map(({ name }) => name);

/** Shapes of everything a model folder holds: parameters and batch normalisations' buffers. */
export function tensorShapes(model: SpeakerModel): Record<string, readonly number[]> {
  const shapes: Record<string, readonly number[]> = {};
  for (const { name, shape } of model.parameters) shapes[name] = shape;
  for (const { name, channels } of model.batchNorms) {
    shapes[`${name}.running_mean`] = [channels];
    shapes[`${name}.running_var`] = [channels];
    shapes[`${name}.num_batches_tracked`] = [];
  }
  return shapes;
}

/** The tensors of a new model: equal seeds give equal values. */
export function initialTensors(model: SpeakerModel, seed: number): HostTensors {
  const tensors: HostTensors = {};
  for (const spec of model.parameters) tensors[spec.name] = float32(spec.shape, initialValue(spec, seed));
  for (const { name, channels } of model.batchNorms) {
    tensors[`${name}.running_mean`] = float32([channels]);
    tensors[`${name}.running_var`] = float32([channels], new Float32Array(channels).fill(1));
    tensors[`${name}.num_batches_tracked`] = int32([], new Int32Array(1));
  }
  return tensors;
}

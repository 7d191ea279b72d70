/**
 * @file A model with its weights, compiled to embed utterances of any length.
 *
 * One session serves every length. Utterances are never padded and never share a batch, so an embedding depends on
 * nothing but its own frames, to the last bit. Each is computed on one thread, and
 * several of many at once; or on all threads, one after the other.
 */
import { float32 } from '../engine/program/host-tensor.js';
import type { HostTensor, HostTensors } from '../engine/program/host-tensor.js';
import type { Engine } from '../engine/program/program.js';
import { UserError } from '../errors.js';
import type { SpeakerModel } from './contract/model.js';

export interface FrameMatrix {
  readonly frames: number;
  readonly bins: number;
  /** Row-major [frames, bins]. */
  readonly data: Float32Array;
}

export interface ModelEmbedder {
  readonly bins: number;
  readonly minFrames: number;
  /** @throws UserError if the matrix does not fit the model; `name` says whose it is */
  embed(features: FrameMatrix, name?: string): Promise<Float32Array<ArrayBuffer>>;
  /** How many utterances are embedded at once, where so many calls of `embed` are waited for. Absent: 1. */
  readonly atOnce?: number;
  close(): Promise<void>;
}

/** For fewer utterances the start of the threads takes longer than they save. */
const MANY = 64;

/** @param utterances how many will be embedded; absent: each is computed on all threads, one after the other */
export async function createEmbedder(
  engine: Engine,
  model: SpeakerModel,
  tensors: HostTensors,
  { utterances }: { readonly utterances?: number } = {},
): Promise<ModelEmbedder> {
  const { bins, minFrames } = model;
  const inference = await engine.compileInference({
    program: ({ features, ...state }) => ({ embedding: model.embed(state, features) }),
    inputs: { features: { shape: [1, 'T', bins] } },
    parameters: evaluatedTensors(tensors),
    ...(utterances !== undefined && { atOnce: utterances < MANY ? 1 : utterances }),
  });
  return {
    bins,
    minFrames,
    atOnce: inference.atOnce,
    async embed(features, name) {
      const { embedding } = await inference.run({ features: asInput(model, features, name) });
      return Float32Array.from(embedding.data);
    },
    close: () => inference.dispose(),
  };
}

/** The tensors that evaluation uses. */
export const evaluatedTensors = (tensors: HostTensors): HostTensors =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.endsWith('.num_batches_tracked')));

/**
 * One utterance as a model's input [1, T, bins]. @throws UserError if it does not fit the model; `name` says whose it
 * is
 */
export function asInput(
  { bins, minFrames }: Pick<SpeakerModel, 'bins' | 'minFrames'>,
  { frames, bins: given, data }: FrameMatrix,
  name = 'the features',
): HostTensor {
  if (given !== bins) {
    throw new UserError(`${name}: expected ${bins} coefficients a frame, as the model takes, got ${given}`);
  }
  if (frames < minFrames) {
    throw new UserError(`${name}: expected at least ${minFrames} frames, which the model needs, got ${frames}`);
  }
  return float32([1, frames, bins], Float32Array.from(data));
}

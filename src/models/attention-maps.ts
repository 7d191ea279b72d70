/**
 * @file Where a model looks: the weights over the frames of each of its layers that attend to them, for one utterance.
 *
 * ACA-Net's cross-attention layers give a row for each latent (Yip et al. 2023), ECAPA-TDNN's attentive statistics
 * pooling one for each channel. A row sums to one over time. Its entropy H, in nats, says how widely it is spread:
 * exp(H) is the number of frames that an even spread as wide would have, and H / ln T lies between 0 (one frame) and
 * 1 (all T frames alike). The weights are those that the embedding is computed with, in the same graph.
 */
import type { HostTensors } from '../engine/program/host-tensor.js';
import type { Engine, TensorMap, TensorSpecs } from '../engine/program/program.js';
import { asInput, evaluatedTensors } from './embedder.js';
import type { FrameMatrix } from './embedder.js';
import { tensorShapes } from './contract/model.js';
import type { FrameAttentionLayer, SpeakerModel } from './contract/model.js';

/** One layer's attention in one utterance. */
export interface AttentionMap {
  readonly layer: FrameAttentionLayer;
  /** Latents, channels or heads. */
  readonly rows: number;
  readonly frames: number;
  /** Row-major [rows, frames]; each row sums to one. */
  readonly weights: Float32Array<ArrayBuffer>;
}

export interface AttentionMaps {
  readonly embedding: Float32Array<ArrayBuffer>;
  /** In the order of the model's layers. */
  readonly maps: readonly AttentionMap[];
}

export interface AttentionMapper {
  readonly layers: readonly FrameAttentionLayer[];
  /** @throws UserError if the features do not fit the model; `name` says whose they are */
  map(features: FrameMatrix, name?: string): Promise<AttentionMaps>;
  close(): Promise<void>;
}

/** A model compiled to give its attention beside its embedding; null for a model that attends to no frames. */
export async function createAttentionMapper(
  engine: Engine,
  model: SpeakerModel,
  tensors: HostTensors,
): Promise<AttentionMapper | null> {
  const layers = model.frameAttention ?? [];
  if (layers.length === 0) return null;
  const parameters = evaluatedTensors(tensors);
  const { observe, close } = await compileAttention(engine, model, { inputs: {}, parameters });
  return { layers, map: (features, name) => observe({ features: asInput(model, features, name) }), close };
}

export interface AttentionReader {
  /** @param tensors parameters and running statistics */
  read(tensors: HostTensors, features: FrameMatrix): Promise<AttentionMaps>;
  close(): Promise<void>;
}

/** The same for a network in training, whose tensors change from look to look. A model may attend to no frames. */
export async function createAttentionReader(engine: Engine, model: SpeakerModel): Promise<AttentionReader> {
  const shapes = Object.entries(tensorShapes(model)).filter(([name]) => !name.endsWith('.num_batches_tracked'));
  const inputs = Object.fromEntries(shapes.map(([name, shape]) => [name, { shape }]));
  const { observe, close } = await compileAttention(engine, model, { inputs, parameters: {} });
  return {
    read(tensors, features) {
      const own = Object.fromEntries(shapes.map(([name]) => [name, tensors[name]]));
      return observe({ ...own, features: asInput(model, features) });
    },
    close,
  };
}

async function compileAttention(
  engine: Engine,
  model: SpeakerModel,
  { inputs, parameters }: { inputs: TensorSpecs; parameters: HostTensors },
) {
  const inference = await engine.compileInference({
    program: ({ features, ...state }) => {
      const outputs: TensorMap = {};
      const embedding = model.embed(state, features, {
        onAttention: ({ name }, weights) => {
          outputs[`attention:${name}`] = weights; // [1, rows, T]
        },
      });
      return { embedding, ...outputs };
    },
    inputs: { features: { shape: [1, 'T', model.bins] }, ...inputs },
    parameters,
  });
  return {
    async observe(given: HostTensors): Promise<AttentionMaps> {
      const { embedding, ...weights } = await inference.run(given);
      const maps = (model.frameAttention ?? []).map((layer): AttentionMap => {
        const { shape, data } = weights[`attention:${layer.name}`];
        return { layer, rows: shape[1], frames: shape[2], weights: Float32Array.from(data) };
      });
      return { embedding: Float32Array.from(embedding.data), maps };
    },
    close: () => inference.dispose(),
  };
}

/** The entropy over time of each row, in nats: [rows]. */
export function rowEntropies({ rows, frames, weights }: AttentionMap): Float64Array {
  const entropies = new Float64Array(rows);
  for (let row = 0, at = 0; row < rows; row++) {
    let sum = 0;
    for (const end = at + frames; at < end; at++) {
      const p = weights[at];
      if (p > 0) sum -= p * Math.log(p);
    }
    entropies[row] = sum;
  }
  return entropies;
}

/** The attention that each frame gets, averaged over the rows: [frames], which sum to one. */
export function meanAttention({ rows, frames, weights }: AttentionMap): Float64Array {
  const mean = new Float64Array(frames);
  for (let at = 0; at < weights.length; at++) mean[at % frames] += weights[at] / rows;
  return mean;
}

/** H / ln T of an entropy H in nats over `frames` frames; one frame counts as even. */
export const normalizedEntropy = (entropy: number, frames: number): number =>
  frames > 1 ? entropy / Math.log(frames) : 1;

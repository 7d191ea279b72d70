/**
 * @file Where a model looks: the weights over the frames of each of its layers that attend to them, for one utterance.
 *
 * ACA-Net's cross-attention layers give a row for each latent (Yip et al. 2023), ECAPA-TDNN's attentive statistics
 * pooling one for each channel. A row sums to one over time. Its entropy H, in nats, says how widely it is spread:
 * exp(H) is the number of frames that an even spread as wide would have, and H / ln T lies between 0 (one frame) and
 * 1 (all T frames alike). The weights are those that the embedding is computed with, in the same graph.
 */
import type { HostTensor, HostTensors } from '../engine/program/host-tensor.js';
import type { Engine, TensorMap } from '../engine/program/program.js';
import { asInput, evaluatedTensors } from './embedder.js';
import type { FrameMatrix } from './embedder.js';
import type { FrameAttentionLayer, SpeakerModel } from './model.js';

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
    inputs: { features: { shape: [1, 'T', model.bins] } },
    parameters: evaluatedTensors(tensors),
  });
  return {
    layers,
    async map(features, name) {
      const { embedding, ...weights } = await inference.run({ features: asInput(model, features, name) });
      const maps = layers.map((layer) => asMap(layer, weights[`attention:${layer.name}`]));
      return { embedding: Float32Array.from(embedding.data), maps };
    },
    close: () => inference.dispose(),
  };
}

function asMap(layer: FrameAttentionLayer, { shape: [, rows, frames], data }: HostTensor): AttentionMap {
  return { layer, rows, frames, weights: Float32Array.from(data) };
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

export interface AttentionProbe {
  /** The layers' names in the state dict. */
  readonly names: readonly string[];
  /** Of each layer, the rows' mean of H / ln T, in 0 … 1: 1 where attention has collapsed to an even spread. */
  entropies(features: FrameMatrix): Promise<Float64Array>;
  close(): Promise<void>;
}

/**
 * Measures how widely a model in training spreads its attention, on one utterance after the other.
 * It holds the tensors as they were when it was made; null for a model that attends to no frames.
 */
export async function createAttentionProbe(
  engine: Engine,
  model: SpeakerModel,
  tensors: HostTensors,
): Promise<AttentionProbe | null> {
  const mapper = await createAttentionMapper(engine, model, tensors);
  return (
    mapper && {
      names: mapper.layers.map(({ name }) => name),
      entropies: async (features) => {
        const { maps } = await mapper.map(features);
        return Float64Array.from(maps, (map) => {
          const entropies = rowEntropies(map);
          const mean = entropies.reduce((sum, entropy) => sum + entropy, 0) / map.rows;
          return normalizedEntropy(mean, map.frames);
        });
      },
      close: () => mapper.close(),
    }
  );
}

/**
 * @file What is measured of a network in training besides its loss: does it still tell utterances apart, and if not,
 * where does that begin?
 *
 * Measured before the first step, at a few points of the first epoch and at the end of each, always on the same few
 * development utterances (evenly chosen from the list), in evaluation mode:
 * - the spectrum of the embeddings' covariance, their participation ratio and the share along (1, …, 1);
 * - for each layer that attends to the frames, how evenly its rows spread their weight over time, and how much the
 *   rows differ from one another;
 * - the norm of each layer's parameters.
 */
import type { HostTensors } from '../engine/program/host-tensor.js';
import type { Engine } from '../engine/program/program.js';
import { createAttentionReader, meanAttention, normalizedEntropy, rowEntropies } from '../models/attention-maps.js';
import type { AttentionMap, AttentionReader } from '../models/attention-maps.js';
import type { FrameMatrix } from '../models/embedder.js';
import type { SpeakerModel } from '../models/contract/model.js';
import { commonShare, participationRatio, spectrumShares } from './embedding-spread.js';
import { layerNorms } from './layers.js';

/** Utterances whose embeddings are measured, and of these those whose attention is. */
const UTTERANCES = 48;
const ATTENTION_UTTERANCES = 4;
/** Steps of the first epoch after which it is measured; then after twice as many each time. */
const EARLY = [0, 10, 25, 50, 100];

/** Of one layer that attends to the frames, averaged over utterances and rows (latents or channels); both in 0 … 1. */
export interface AttentionFigures {
  /** Entropy over time as a share of the largest possible, ln T: 1 where all frames get the same weight. */
  entropy: number;
  /**
   * How much the rows look at different frames: their Jensen-Shannon divergence H(mean row) − mean H(row), as a share
   * of the largest possible. 0 where all rows attend alike; absent where there is but one row.
   */
  diversity?: number;
}

/** What `metrics.jsonl` holds as `instruments`. */
export interface Readings {
  /** How many development utterances were embedded. */
  utterances: number;
  /** Participation ratio of their embeddings. */
  spread: number;
  /** The 16 largest eigenvalues of the embeddings' covariance, as shares of all variance. */
  spectrum: number[];
  /** Share of the variance in which all values of the embedding rise and fall together. */
  common: number;
  /** By layer; empty for a model that attends to no frames. */
  attention: Record<string, AttentionFigures>;
  /** Norm of the parameters, by layer. */
  weightNorms: Record<string, number>;
}

/** Whether a network is measured after `step` steps, besides the ends of epochs. */
export function isEarlyPoint(step: number, stepsPerEpoch: number): boolean {
  if (step >= stepsPerEpoch) return false;
  const doublings = Math.log2(step / EARLY.at(-1)!);
  return EARLY.includes(step) || (doublings > 0 && Number.isInteger(doublings));
}

export interface InstrumentOptions {
  readonly engine: Engine;
  readonly model: SpeakerModel;
  /** Ids of the development utterances, and their features. */
  readonly ids: readonly string[];
  read(id: string): FrameMatrix;
}

export interface Instruments {
  /**
   * Measures the network that has these tensors.
   * @param tensors parameters and running statistics
   * @param embeddings by utterance, where they are known; else they are computed
   */
  read(tensors: HostTensors, embeddings?: ReadonlyMap<string, Float32Array>): Promise<Readings>;
  close(): Promise<void>;
}

/** Makes the instruments of one training: they are compiled once, and given the tensors each time they are read. */
export function createInstruments({ engine, model, ids, read }: InstrumentOptions): Instruments {
  const chosen = chooseEvenly(ids, UTTERANCES);
  const parameters = model.parameters.map(({ name }) => name);
  let reader: Promise<AttentionReader> | undefined;
  return {
    async read(tensors, embeddings) {
      const vectors: Float32Array[] = [];
      const attention = createAttentionMeter();
      for (const [i, id] of chosen.entries()) {
        const attends = i < ATTENTION_UTTERANCES && (model.frameAttention ?? []).length > 0;
        let embedding = embeddings?.get(id);
        if (attends || !embedding) {
          const observed = await (await (reader ??= createAttentionReader(engine, model))).read(tensors, read(id));
          if (attends) observed.maps.forEach(attention.add);
          embedding ??= observed.embedding;
        }
        vectors.push(embedding);
      }
      const count = vectors.length;
      const flat = Float32Array.from(vectors.flatMap((vector) => [...vector]));
      const squares = parameters.map((name) => sumOfSquares(tensors[name].data));
      const norms = Object.entries(layerNorms(parameters, squares));
      return {
        utterances: count,
        spread: rounded(participationRatio(flat, count)),
        spectrum: count > 1 ? spectrumShares(flat, count).map(rounded) : [],
        common: rounded(commonShare(flat, count)),
        attention: attention.read(),
        weightNorms: Object.fromEntries(norms.map(([layer, norm]) => [layer, rounded(norm)])),
      };
    },
    close: async () => (await reader)?.close(),
  };
}

/** `count` of the items at even distances, the first among them; all, if there are no more. */
function chooseEvenly<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]);
}

function createAttentionMeter() {
  const layers = new Map<string, AttentionFigures[]>();
  const mean = (values: number[]) => rounded(values.reduce((sum, value) => sum + value, 0) / values.length);
  return {
    add(map: AttentionMap) {
      const { name } = map.layer;
      layers.set(name, [...(layers.get(name) ?? []), attentionFigures(map)]);
    },
    read: (): Record<string, AttentionFigures> =>
      Object.fromEntries(
        [...layers].map(([name, figures]) => {
          const diversities = figures.flatMap(({ diversity }) => diversity ?? []);
          const entropy = mean(figures.map((each) => each.entropy));
          return [name, { entropy, ...(diversities.length > 0 && { diversity: mean(diversities) }) }];
        }),
      ),
  };
}

/** The figures of one layer in one utterance. */
export function attentionFigures(map: AttentionMap): AttentionFigures {
  const entropies = rowEntropies(map);
  const mean = entropies.reduce((sum, entropy) => sum + entropy, 0) / map.rows;
  let ofMean = 0;
  for (const p of meanAttention(map)) if (p > 0) ofMean -= p * Math.log(p);
  const largest = Math.log(Math.min(map.rows, map.frames));
  return {
    entropy: normalizedEntropy(mean, map.frames),
    ...(largest > 0 && { diversity: Math.max(0, ofMean - mean) / largest }),
  };
}

function sumOfSquares(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ** 2;
  return sum;
}

/** Five digits say enough, and a line of the log stays short. */
export const rounded = (value: number): number => Number(value.toPrecision(5));

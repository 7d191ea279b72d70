/**
 * @file What is measured of a network in training besides its loss: does it still tell utterances apart, and if not, where
 * does that begin?
 *
 * Measured before the first step, at a few points of the first epoch and at the end of each, always on the same few
 * development utterances (evenly chosen from the list), in evaluation mode:
 * - the spectrum of the embeddings' covariance, their participation ratio and the share along (1, …, 1);
 * - for each layer that attends to the frames, how evenly its rows spread their weight over time, and how much the
 *   rows differ from one another;
 * - the norm of each layer's parameters.
 */
import type { HostTensors } from '../engine/host-tensor.js';
import type { Engine } from '../engine/program.js';
import { createAttentionMapper, meanAttention, normalizedEntropy, rowEntropies } from '../models/attention-maps.js';
import type { AttentionMap } from '../models/attention-maps.js';
import { createEmbedder } from '../models/embedder.js';
import type { FrameMatrix } from '../models/embedder.js';
import type { SpeakerModel } from '../models/model.js';
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

/**
 * Measures the network that has these tensors.
 * @param tensors parameters and running statistics; a classifier's are left out
 * @param embeddings by utterance, where they are known; else they are computed
 */
export async function readInstruments(
  { engine, model, ids, read }: InstrumentOptions,
  tensors: HostTensors,
  embeddings?: ReadonlyMap<string, Float32Array>,
): Promise<Readings> {
  const chosen = chooseEvenly(ids, UTTERANCES);
  const vectors: Float32Array[] = [];
  const attention = createAttentionMeter();
  const mapper = await createAttentionMapper(engine, model, tensors);
  const embedder = mapper || embeddings ? undefined : await createEmbedder(engine, model, tensors);
  for (const id of chosen) {
    const attended = mapper && (vectors.length < ATTENTION_UTTERANCES || !embeddings);
    const mapped = attended ? await mapper.map(read(id), id) : undefined;
    if (mapped && vectors.length < ATTENTION_UTTERANCES) mapped.maps.forEach(attention.add);
    vectors.push(embeddings?.get(id) ?? mapped?.embedding ?? (await embedder!.embed(read(id), id)));
  }
  await mapper?.close();
  await embedder?.close();
  const count = vectors.length;
  const flat = Float32Array.from(vectors.flatMap((vector) => [...vector]));
  const parameters = model.parameters.map(({ name }) => name);
  const norms = layerNorms(
    parameters,
    parameters.map((name) => sumOfSquares(tensors[name].data)),
  );
  return {
    utterances: count,
    spread: rounded(participationRatio(flat, count)),
    spectrum: count > 1 ? spectrumShares(flat, count).map(rounded) : [],
    common: rounded(commonShare(flat, count)),
    attention: attention.read(),
    weightNorms: Object.fromEntries(Object.entries(norms).map(([layer, norm]) => [layer, rounded(norm)])),
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

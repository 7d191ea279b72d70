/**
 * @file Which utterances make up each batch of an epoch: a pure function of (seed, epoch).
 *
 * An epoch is a stream of passes. In a plain pass every utterance comes once, in random order; in a balanced pass every
 * speaker comes once, with a random utterance of its own. Pass k of an epoch takes crop number k of an utterance, so the
 * crops of one utterance in one epoch differ. An epoch ends after `epochSize` crops (default: utterances ×
 * `cropsPerUtterance`). NOTE: the last batch is always full: it takes its missing crops from the next pass of the
 * stream, so an epoch may hold up to batchSize − 1 crops more than asked for, and none is dropped.
 * Where each speaker has only one long utterance, `cropsPerUtterance` makes an epoch out of several crops of each.
 */
import { z } from 'zod';
import { internal } from '../errors.js';
import { keyedRandom } from '../random.js';

/** The recipe's sampling options. */
export const samplerOptions = z.strictObject({
  batchSize: z.int().positive(),
  /** Every speaker equally often, instead of every utterance. */
  balanced: z.boolean().default(false),
  cropsPerUtterance: z.int().positive().default(1),
  /** Crops in an epoch; null: utterances × cropsPerUtterance. */
  epochSize: z.int().positive().nullable().default(null),
});
export type SamplerOptions = z.infer<typeof samplerOptions>;

/** An utterance and the class index of its speaker. */
export interface TrainingUtterance {
  id: string;
  target: number;
}

/** One crop to take: index into the list of utterances, and which crop of this utterance in this epoch it is. */
export interface CropRequest {
  utterance: number;
  copy: number;
}

/**
 * Gives every speaker a class: speakers in code-unit order, so that the order of the list does not matter.
 * @returns speakers by class index, and the utterances in the order given
 */
export function indexSpeakers<T extends { id: string; speaker: string }>(
  utterances: readonly T[],
): { speakers: string[]; utterances: TrainingUtterance[] } {
  const speakers = [...new Set(utterances.map(({ speaker }) => speaker))].sort();
  const classOf = new Map(speakers.map((speaker, index) => [speaker, index]));
  return { speakers, utterances: utterances.map(({ id, speaker }) => ({ id, target: classOf.get(speaker)! })) };
}

/** Number of batches in an epoch over this many utterances. */
export function stepsPerEpoch(
  utteranceCount: number,
  { batchSize, cropsPerUtterance, epochSize }: SamplerOptions,
): number {
  return Math.ceil((epochSize ?? utteranceCount * cropsPerUtterance) / batchSize);
}

/** The batches of one epoch, each of exactly `batchSize` crops. */
export function epochBatches({
  seed,
  epoch,
  utterances,
  ...options
}: SamplerOptions & { seed: number; epoch: number; utterances: readonly TrainingUtterance[] }): CropRequest[][] {
  if (utterances.length === 0) throw internal('sampler: no utterances');
  const { batchSize, balanced } = options;
  const pass = balanced ? balancedPass(seed, epoch, utterances) : plainPass(seed, epoch, utterances.length);
  const count = stepsPerEpoch(utterances.length, options) * batchSize;
  const requests: CropRequest[] = [];
  for (let copy = 0; requests.length < count; copy++) {
    for (const utterance of pass(copy)) requests.push({ utterance, copy });
  }
  return Array.from({ length: count / batchSize }, (_, i) => requests.slice(i * batchSize, (i + 1) * batchSize));
}

/** Utterance indices of one pass. */
type Pass = (copy: number) => number[];

function plainPass(seed: number, epoch: number, count: number): Pass {
  return (copy) => keyedRandom(seed, 'epoch', epoch, copy).shuffle(Array.from({ length: count }, (_, index) => index));
}

function balancedPass(seed: number, epoch: number, utterances: readonly TrainingUtterance[]): Pass {
  const bySpeaker = new Map<number, number[]>();
  for (const [index, { target }] of utterances.entries()) {
    const own = bySpeaker.get(target);
    if (own) own.push(index);
    else bySpeaker.set(target, [index]);
  }
  const speakers = [...bySpeaker.keys()].sort((a, b) => a - b);
  return (copy) => {
    const random = keyedRandom(seed, 'epoch', epoch, copy);
    return random.shuffle([...speakers]).map((speaker) => {
      const own = bySpeaker.get(speaker)!;
      return own[random.below(own.length)];
    });
  };
}

/**
 * @file Which utterances make up each batch of an epoch: a pure function of (seed, epoch).
 *
 * An epoch is a stream of passes. In a plain pass every utterance comes once, in random order; in a balanced pass every
 * speaker comes once, with a random utterance of its own. Pass k of an epoch takes crop number k of an utterance, so
 * the crops of one utterance in one epoch differ. An epoch ends after `epochSize` crops (default: utterances ×
 * `cropsPerUtterance`). NOTE: the last batch is always full: it takes its missing crops from the next pass of the
 * stream, so an epoch may hold up to batchSize − 1 crops more than asked for, and none is dropped. Where each speaker
 * has only one long utterance, `cropsPerUtterance` makes an epoch out of several crops of each. An utterance that the
 * training list names several times (`repeats`) is several utterances here, with crops of their own.
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
  /** Where the training list names the utterance several times: which time this is, from 0, and how many there are. */
  repeat?: [index: number, count: number];
}

/** One crop to take: index into the list of utterances, and which crop of this utterance in this epoch it is. */
export interface CropRequest {
  utterance: number;
  copy: number;
}

/**
 * Gives every speaker a class: speakers in code-unit order, so that the order of the list does not matter.
 * @param classes the speakers by class, where they are more than those of the list
 * @returns speakers by class index, and the utterances in the order given, each as often as its `repeats` say
 */
export function indexSpeakers<T extends { id: string; speaker: string; repeats?: number }>(
  utterances: readonly T[],
  classes?: readonly string[],
): { speakers: string[]; utterances: TrainingUtterance[] } {
  const speakers = classes ? [...classes] : [...new Set(utterances.map(({ speaker }) => speaker))].sort();
  const classOf = new Map(speakers.map((speaker, index) => [speaker, index]));
  const times = ({ id, speaker, repeats = 1 }: T): TrainingUtterance[] => {
    const utterance = { id, target: classOf.get(speaker)! };
    if (repeats === 1) return [utterance];
    return Array.from({ length: repeats }, (_, index) => ({ ...utterance, repeat: [index, repeats] }));
  };
  return { speakers, utterances: utterances.flatMap(times) };
}

/** Number of batches in an epoch over this many utterances. */
export function stepsPerEpoch(
  utteranceCount: number,
  { batchSize, cropsPerUtterance, epochSize }: SamplerOptions,
): number {
  return Math.ceil((epochSize ?? utteranceCount * cropsPerUtterance) / batchSize);
}

/** The batches of one epoch, each of exactly `batchSize` crops. */
export interface EpochPlan {
  /** Number of batches. */
  steps: number;
  /** The crops of one batch, from 0. Cheapest in order: each pass over the utterances is drawn when it is reached. */
  batch(step: number): CropRequest[];
}

/** Plans one epoch. Holds four bytes an utterance, so that an epoch of a million needs no million objects. */
export function planEpoch({
  seed,
  epoch,
  utterances,
  ...options
}: SamplerOptions & { seed: number; epoch: number; utterances: readonly TrainingUtterance[] }): EpochPlan {
  if (utterances.length === 0) throw internal('sampler: no utterances');
  const { batchSize, balanced } = options;
  const { length, draw } = balanced ? balancedPass(seed, epoch, utterances) : plainPass(seed, epoch, utterances.length);
  const steps = stepsPerEpoch(utterances.length, options);
  let drawn: { copy: number; order: Uint32Array } | undefined;
  const crop = (position: number): CropRequest => {
    const copy = Math.floor(position / length);
    if (drawn?.copy !== copy) drawn = { copy, order: draw(copy) };
    const utterance = drawn.order[position % length];
    const [index, times] = utterances[utterance].repeat ?? [0, 1];
    return { utterance, copy: copy * times + index };
  };
  return {
    steps,
    batch(step) {
      if (!(step >= 0 && step < steps)) throw internal(`sampler: batch ${step} of an epoch of ${steps}`);
      return Array.from({ length: batchSize }, (_, row) => crop(step * batchSize + row));
    },
  };
}

/** One pass: how many crops it has, and which utterances they are of, by its number. */
interface Pass {
  length: number;
  draw(copy: number): Uint32Array;
}

function plainPass(seed: number, epoch: number, length: number): Pass {
  return {
    length,
    draw: (copy) => keyedRandom(seed, 'epoch', epoch, copy).shuffle(Uint32Array.from({ length }, (_, index) => index)),
  };
}

function balancedPass(seed: number, epoch: number, utterances: readonly TrainingUtterance[]): Pass {
  const bySpeaker = new Map<number, number[]>();
  for (const [index, { target }] of utterances.entries()) {
    const own = bySpeaker.get(target);
    if (own) own.push(index);
    else bySpeaker.set(target, [index]);
  }
  const speakers = [...bySpeaker.keys()].sort((a, b) => a - b);
  return {
    length: speakers.length,
    draw(copy) {
      const random = keyedRandom(seed, 'epoch', epoch, copy);
      return Uint32Array.from(random.shuffle([...speakers]), (speaker) => {
        const own = bySpeaker.get(speaker)!;
        return own[random.below(own.length)];
      });
    },
  };
}

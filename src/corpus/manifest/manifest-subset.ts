/**
 * @file A part of a manifest: so many utterances of each speaker, so many speakers, in each split.
 *
 * Kept are the first in the manifest's order, which anyone can repeat who has the same corpus; or, with a seed, a draw
 * that depends on the set of speakers and ids alone.
 */
import { keyedRandom } from '../../random.js';
import { groupBy } from '../../group-by.js';
import { bySpeaker, compareIds, type Split, type Utterance } from './manifest.js';

/** A number for each split; a split without one is kept whole. */
export type PerSplit = Partial<Record<Split, number>>;

export interface SubsetOptions {
  perSpeaker?: PerSplit;
  speakers?: PerSplit;
  /** Default: the first ones. */
  seed?: number;
}

/** The utterances that are kept, in their order. */
export function subsetOf(
  utterances: readonly Utterance[],
  { perSpeaker = {}, speakers = {}, seed }: SubsetOptions,
): Utterance[] {
  const kept = new Set<Utterance>();
  for (const [split, members] of groupBy(utterances, (utterance) => utterance.split)) {
    const own = bySpeaker(members);
    for (const speaker of someOf([...own.keys()], speakers[split], seed, `speakers of ${split}`)) {
      const byId = new Map(own.get(speaker)!.map((utterance) => [utterance.id, utterance]));
      const chosen = someOf([...byId.keys()], perSpeaker[split], seed, `utterances of ${speaker}`);
      for (const id of chosen) kept.add(byId.get(id)!);
    }
  }
  return utterances.filter((utterance) => kept.has(utterance));
}

function someOf(names: string[], count: number | undefined, seed: number | undefined, what: string): string[] {
  if (count === undefined || count >= names.length) return names;
  const ordered = seed === undefined ? names : keyedRandom(seed, 'subset', what).shuffle(names.sort(compareIds));
  return ordered.slice(0, count);
}

/**
 * @file Trials for corpora that bring none: every unordered pair of utterances, or a seeded sample of them.
 *
 * A sample is uniform over the pairs, without repetition. The list is a function of the set of utterances and the
 * options alone: the order in which files were found does not matter. Which side of a pair enrolls is drawn too.
 */
import { z } from 'zod';
import { UserError } from '../errors.js';
import { keyedRandom, type RandomStream } from '../random.js';
import { groupBy } from './group-by.js';
import { bySpeaker, compareIds, type Utterance } from './manifest.js';
import type { Trial } from './trials.js';

/** How trials are made, as recipes write it; a corpus has `defaults` of its own. */
export const trialOptions = (defaults: Partial<TrialOptions> = {}) =>
  z
    .strictObject({
      /** At most this many target trials; all pairs if fewer. */
      maxTargets: z
        .int()
        .positive()
        .default(defaults.maxTargets ?? 20_000),
      /** At most this many nontarget trials. */
      maxNontargets: z
        .int()
        .positive()
        .default(defaults.maxNontargets ?? 100_000),
      /** Share of nontarget trials between speakers of one gender; null: as the pairs fall. Needs all genders. */
      sameGender: z
        .number()
        .min(0)
        .max(1)
        .nullable()
        .default(defaults.sameGender ?? null),
      /** `cross`: target trials only between different sessions. */
      sessions: z.enum(['any', 'cross']).default(defaults.sessions ?? 'any'),
    })
    .prefault({});

export interface TrialOptions {
  maxTargets: number;
  maxNontargets: number;
  sameGender: number | null;
  sessions: 'any' | 'cross';
}

/** Indices into the sorted utterances, first < second. */
type Pair = readonly [number, number];

/**
 * Makes trials among the given utterances (usually one split), with at most `maxTargets` and `maxNontargets`.
 * Where `sameGender` is given and pairs of one kind are too few, fewer trials are made, so that the share holds.
 * Throws UserError where there is no target or no nontarget pair, or where `sameGender` lacks a gender.
 */
export function makeTrials(
  utterances: readonly Utterance[],
  {
    seed,
    maxTargets = Infinity,
    maxNontargets = Infinity,
    sameGender = null,
    sessions = 'any',
  }: { seed: number } & Partial<TrialOptions>,
): Trial[] {
  const sorted = utterances.toSorted((a, b) => compareIds(a.id, b.id));
  const random = keyedRandom(seed, 'trials');
  const targets = reservoir(targetPairs(sorted, sessions === 'cross'), maxTargets, random);
  if (targets.length === 0) throw new UserError(noTargets(sorted, sessions));
  const nontargets = drawNontargets(sorted, { maxNontargets, sameGender }, random);
  if (nontargets.length === 0) {
    throw new UserError(
      'cannot make nontarget trials: expected utterances of two speakers or more of the wanted genders',
    );
  }
  return [...targets, ...nontargets]
    .sort(([a, b], [c, d]) => a - c || b - d)
    .map(([a, b]) => {
      const [enroll, test] = random.below(2) === 0 ? [sorted[a], sorted[b]] : [sorted[b], sorted[a]];
      return { enroll: enroll.id, test: test.id, target: enroll.speaker === test.speaker };
    });
}

function noTargets(utterances: readonly Utterance[], sessions: 'any' | 'cross'): string {
  const speakers = bySpeaker(utterances).size;
  const needed = sessions === 'cross' ? 'two sessions' : 'two utterances';
  return `cannot make target trials: none of ${speakers} speakers (${utterances.length} utterances) has ${needed} or more`;
}

function* targetPairs(sorted: readonly Utterance[], crossSession: boolean): Generator<Pair> {
  const indices = groupBy(sorted.keys(), (index) => sorted[index].speaker);
  for (const own of indices.values()) {
    for (const [i, a] of own.entries()) {
      for (const b of own.slice(i + 1)) {
        if (crossSession && sorted[a].session === sorted[b].session) continue;
        yield [a, b];
      }
    }
  }
}

function drawNontargets(
  sorted: readonly Utterance[],
  { maxNontargets, sameGender }: { maxNontargets: number; sameGender: number | null },
  random: RandomStream,
): Pair[] {
  const different = (a: number, b: number) => sorted[a].speaker !== sorted[b].speaker;
  if (sameGender === null) {
    const available = pairCount(sorted) - samePairs(sorted, ({ speaker }) => speaker);
    return samplePairs(sorted.length, different, available, maxNontargets, random);
  }
  const unknown = sorted.find(({ gender }) => gender === undefined);
  if (unknown) {
    throw new UserError(
      `cannot make trials with sameGender: ${sameGender}: the gender of speaker ${unknown.speaker} is unknown; set it to null`,
    );
  }
  const oneGender = (a: number, b: number) => sorted[a].gender === sorted[b].gender;
  const availableSame = samePairs(sorted, ({ gender }) => gender!) - samePairs(sorted, ({ speaker }) => speaker);
  const availableCross = pairCount(sorted) - samePairs(sorted, ({ gender }) => gender!);
  // The largest total for which both kinds suffice; 0/0 means that a kind is not asked for.
  const limits = [availableSame / sameGender, availableCross / (1 - sameGender)].filter(
    (limit) => !Number.isNaN(limit),
  );
  const total = Math.floor(Math.min(maxNontargets, ...limits));
  const same = Math.min(Math.round(total * sameGender), availableSame);
  return [
    ...samplePairs(sorted.length, (a, b) => different(a, b) && oneGender(a, b), availableSame, same, random),
    ...samplePairs(sorted.length, (a, b) => !oneGender(a, b), availableCross, total - same, random),
  ];
}

const pairCount = ({ length }: { length: number }) => (length * (length - 1)) / 2;

function samePairs(sorted: readonly Utterance[], key: (utterance: Utterance) => string): number {
  return [...groupBy(sorted, key).values()].reduce((sum, group) => sum + pairCount(group), 0);
}

/** `wanted` of the `available` pairs below `count` that are eligible, uniformly, without repetition. */
function samplePairs(
  count: number,
  eligible: (a: number, b: number) => boolean,
  available: number,
  wanted: number,
  random: RandomStream,
): Pair[] {
  function* all(): Generator<Pair> {
    for (let a = 0; a < count; a++) for (let b = a + 1; b < count; b++) if (eligible(a, b)) yield [a, b];
  }
  if (wanted === 0) return [];
  // Drawing and rejecting is quick only while most draws are new; otherwise walk over all pairs.
  if (available <= 4 * wanted) return reservoir(all(), wanted, random);
  const drawn = new Map<number, Pair>();
  while (drawn.size < wanted) {
    const [first, second] = [random.below(count), random.below(count)];
    const [a, b] = first < second ? [first, second] : [second, first];
    if (a !== b && eligible(a, b)) drawn.set(a * count + b, [a, b]);
  }
  return [...drawn.values()];
}

/** A uniform sample of at most `size` items of a sequence of unknown length (Vitter's algorithm R). */
function reservoir<T>(items: Iterable<T>, size: number, random: RandomStream): T[] {
  const kept: T[] = [];
  let seen = 0;
  for (const item of items) {
    seen++;
    if (kept.length < size) kept.push(item);
    else {
      const slot = random.below(seen);
      if (slot < size) kept[slot] = item;
    }
  }
  return kept;
}

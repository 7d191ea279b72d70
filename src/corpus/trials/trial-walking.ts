/**
 * @file Draws trials where all pairs can be walked through: target pairs by walking, nontarget pairs by drawing and
 * rejecting, or by walking too where few are left over. Pairs are indices into the utterances, sorted by id.
 */
import { UserError } from '../../errors.js';
import { keyedRandom, type RandomStream } from '../../random.js';
import { groupBy } from '../../group-by.js';
import { compareIds } from '../manifest/manifest.js';
import {
  describeNoTargets,
  NO_NONTARGETS,
  shortfall,
  type MadeTrials,
  type TrialListOptions,
} from './trial-shortage.js';
import type { TrialUtterance } from './trial-sampling.js';

/** Indices into the sorted utterances, first < second. */
export type Pair = readonly [number, number];

/** Trials of single utterances, of any duration. */
export function walkTrials(utterances: readonly TrialUtterance[], options: TrialListOptions): MadeTrials {
  const { seed, maxTargets = Infinity, maxNontargets = Infinity, sameGender = null, sessions = 'any' } = options;
  const sorted = utterances.toSorted((a, b) => compareIds(a.id, b.id));
  const random = keyedRandom(seed, 'trials');
  const targets = reservoir(targetPairs(sorted, sessions === 'cross'), maxTargets, random);
  if (targets.length === 0) throw new UserError(describeNoTargets(sorted, options));
  const nontargets = drawNontargets(sorted, { maxNontargets, sameGender }, random);
  if (nontargets.length === 0) throw new UserError(NO_NONTARGETS);
  const trials = [...targets, ...nontargets]
    .sort(([a, b], [c, d]) => a - c || b - d)
    .map(([a, b]) => {
      const [enroll, test] = random.below(2) === 0 ? [sorted[a], sorted[b]] : [sorted[b], sorted[a]];
      return { enroll: enroll.id, test: test.id, target: enroll.speaker === test.speaker };
    });
  return {
    trials,
    shortfalls: [
      ...shortfall('target', maxTargets, targets.length),
      ...shortfall('nontarget', maxNontargets, nontargets.length),
    ],
  };
}

/** Every pair of one speaker. */
function* targetPairs(sorted: readonly TrialUtterance[], crossSession: boolean): Generator<Pair> {
  const indices = groupBy(sorted.keys(), (index) => sorted[index].speaker);
  for (const own of indices.values()) {
    for (const [i, a] of own.entries()) {
      for (let j = i + 1; j < own.length; j++) {
        const b = own[j];
        if (crossSession && sorted[a].session === sorted[b].session) continue;
        yield [a, b];
      }
    }
  }
}

/** At most `maxNontargets` pairs of two speakers. */
function drawNontargets(
  sorted: readonly TrialUtterance[],
  { maxNontargets, sameGender }: { maxNontargets: number; sameGender: number | null },
  random: RandomStream,
): Pair[] {
  const different = (a: number, b: number) => sorted[a].speaker !== sorted[b].speaker;
  if (sameGender === null) {
    const available = pairCount(sorted) - samePairs(sorted, ({ speaker }) => speaker);
    return samplePairs(sorted.length, different, available, maxNontargets, random);
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

function samePairs(sorted: readonly TrialUtterance[], key: (utterance: TrialUtterance) => string): number {
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
export function reservoir<T>(items: Iterable<T>, size: number, random: RandomStream): T[] {
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

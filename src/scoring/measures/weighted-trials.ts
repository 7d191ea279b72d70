/**
 * @file Trials that count more or less than once, for thousands of weightings of the same trials.
 *
 * Every speaker has a multiplicity m; a trial within speaker i weighs m_i, one of speakers i ≠ j weighs m_i · m_j. What
 * does not change between weightings is done once: trials are sorted, and cut at the distinct scores of targets. Only
 * there can an operating point be the best for any cost, as on the way down from one to the next P_fa only rises.
 * A weighting then costs one pass of multiplications over the trials and a few operations for each cut.
 * What is measured of it is in the files of the measures (`weigh`); equal scores move together.
 */
import { splitScores } from './det-curve.js';
import { hullCorners } from './pav.js';
import { ascendingOrder } from '../scores/radix-sort.js';
import type { SpeakerPairs } from '../scores/speaker-pairs.js';

/** Trials in order of falling score. */
export interface SortedTrials {
  /** In the trials' own order. */
  readonly scores: ArrayLike<number>;
  /** Places of the target trials in that order … */
  readonly targets: Uint32Array;
  /** … and of the nontarget trials. */
  readonly nontargets: Uint32Array;
  /** Of each target trial, and of both sides of each nontarget trial. */
  readonly speakers: Readonly<Record<'target' | 'enroll' | 'test', Uint32Array>>;
  /** The errors of each weighting at a fixed threshold. */
  errorsAt(threshold: number): (weighting: Weighting) => WeightedPoint;
  /**
   * The operating points under a multiplicity of each speaker, until the next call; undefined where a class weighs
   * nothing.
   */
  weigh(multiplicity: Float64Array): Weighting | undefined;
}

/**
 * The operating points of one weighting: nothing accepted, each distinct target score from the highest, everything.
 * Points are [cuts + 2].
 */
export interface Weighting {
  /** [speakers] */
  readonly multiplicity: Float64Array;
  readonly targetWeight: number;
  readonly nontargetWeight: number;
  /** The weight of the targets that are rejected at each point … */
  readonly misses: Float64Array;
  /** … of the nontargets that are accepted … */
  readonly falseAlarms: Float64Array;
  /** … and of those with a higher score than that of the next point. */
  readonly above: Float64Array;
  /** The corners of the points' lower convex hull: `count` indices. */
  hull(): { readonly corners: Uint32Array; readonly count: number };
}

/** The errors at a fixed threshold; NaN precision where nothing is accepted. */
export interface WeightedPoint {
  miss: number;
  falseAlarm: number;
  precision: number;
}

/** Prepares trials for weighting. @throws UserError if a score is not finite or a class has no trials */
export function sortTrials({ enroll, test }: SpeakerPairs, scores: ArrayLike<number>): SortedTrials {
  const isTarget = Uint8Array.from(enroll, (speaker, i) => Number(speaker === test[i]));
  splitScores(scores, isTarget);
  const falling = ascendingOrder(scores).reverse();
  const targets = falling.filter((trial) => isTarget[trial] === 1);
  const nontargets = falling.filter((trial) => isTarget[trial] === 0);
  const speakers = {
    target: targets.map((trial) => enroll[trial]),
    enroll: nontargets.map((trial) => enroll[trial]),
    test: nontargets.map((trial) => test[trial]),
  };
  const cuts = cutAtTargets(targets, nontargets, scores);
  return {
    scores,
    targets,
    nontargets,
    speakers,
    errorsAt: (threshold) => {
      const target = countWhile(cuts.targets.length, (i) => scores[targets[cuts.targets[i] - 1]] >= threshold);
      const end = countWhile(nontargets.length, (i) => scores[nontargets[i]] >= threshold);
      const cut = countWhile(cuts.nontargets.length, (i) => cuts.nontargets[i] <= end);
      const from = cut === 0 ? 0 : cuts.nontargets[cut - 1];
      return ({ misses, falseAlarms, multiplicity, targetWeight, nontargetWeight }) => {
        const accepted = falseAlarms[cut] + sumProducts(speakers, multiplicity, from, end);
        const hits = targetWeight - misses[target];
        return {
          miss: misses[target] / targetWeight,
          falseAlarm: accepted / nontargetWeight,
          precision: hits / (hits + accepted),
        };
      };
    },
    weigh: createWeigher(speakers, cuts),
  };
}

/** The arrays of a weighting are used again by the next. */
function createWeigher(speakers: SortedTrials['speakers'], cuts: Cuts): SortedTrials['weigh'] {
  const points = cuts.targets.length + 2;
  const misses = new Float64Array(points);
  const falseAlarms = new Float64Array(points);
  const above = new Float64Array(points);
  const corners = new Uint32Array(points);
  return (multiplicity) => {
    const targetWeight = sumWeights(speakers.target, multiplicity, 0, speakers.target.length);
    let fa = 0;
    let missed = targetWeight;
    let n = 0;
    let t = 0;
    misses[0] = missed;
    falseAlarms[0] = 0;
    for (let cut = 0; cut < cuts.targets.length; cut++) {
      fa += sumProducts(speakers, multiplicity, n, cuts.above[cut]);
      above[cut] = fa;
      fa += sumProducts(speakers, multiplicity, cuts.above[cut], cuts.nontargets[cut]);
      missed -= sumWeights(speakers.target, multiplicity, t, cuts.targets[cut]);
      n = cuts.nontargets[cut];
      t = cuts.targets[cut];
      misses[cut + 1] = missed;
      falseAlarms[cut + 1] = fa;
    }
    fa += sumProducts(speakers, multiplicity, n, speakers.enroll.length);
    misses[points - 1] = 0;
    falseAlarms[points - 1] = fa;
    if (targetWeight === 0 || fa === 0) return undefined;
    let count = 0; // a hull has two corners at least
    const hull = () => {
      count ||= hullCorners({ misses, falseAlarms }, points, corners);
      return { corners, count };
    };
    return { multiplicity, targetWeight, nontargetWeight: fa, misses, falseAlarms, above, hull };
  };
}

/** For each distinct target score, from the highest: how many trials of each class are accepted there. */
interface Cuts {
  /** Targets with this score or a higher one. */
  readonly targets: Uint32Array;
  /** Nontargets with this score or a higher one … */
  readonly nontargets: Uint32Array;
  /** … and with a higher one only. */
  readonly above: Uint32Array;
}

function cutAtTargets(targets: Uint32Array, nontargets: Uint32Array, scores: ArrayLike<number>): Cuts {
  const ends = targets.map((_, i) => i + 1).filter((end) => scores[targets[end - 1]] !== scores[targets[end]]);
  const above = new Uint32Array(ends.length);
  const equal = new Uint32Array(ends.length);
  let n = 0;
  ends.forEach((end, cut) => {
    const score = scores[targets[end - 1]];
    while (n < nontargets.length && scores[nontargets[n]] > score) n++;
    above[cut] = n;
    while (n < nontargets.length && scores[nontargets[n]] === score) n++;
    equal[cut] = n;
  });
  return { targets: ends, nontargets: equal, above };
}

/** The weight of target trials from one index to before another. */
function sumWeights(speakers: Uint32Array, multiplicity: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += multiplicity[speakers[i]];
  return sum;
}

/** The same of nontarget trials. */
function sumProducts(
  { enroll, test }: Pick<SpeakerPairs, 'enroll' | 'test'>,
  multiplicity: Float64Array,
  from: number,
  to: number,
): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += multiplicity[enroll[i]] * multiplicity[test[i]];
  return sum;
}

/** How many indices from 0 satisfy a condition that none after the first failure satisfies (binary search). */
export function countWhile(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

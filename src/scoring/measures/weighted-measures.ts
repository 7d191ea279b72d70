/**
 * @file The measures of trials that count more or less than once, for thousands of weightings of the same trials.
 *
 * Every speaker has a multiplicity m; a trial within speaker i weighs m_i, one of speakers i ≠ j weighs m_i · m_j. What
 * does not change between weightings is done once: trials are sorted, and cut at the distinct scores of targets. Only
 * there can an operating point be the best for any cost, as on the way down from one to the next P_fa only rises.
 * A weighting then costs one pass of multiplications over the trials and a few operations for each cut.
 * Definitions as in `metrics.ts`; equal scores move together.
 */
import { internal } from '../../errors.js';
import { splitScores } from './det-curve.js';
import type { MeasureName } from './measures.js';
import { bayesThreshold, crossing, normalisedCosts, priors, softplus } from './metrics.js';
import { hullCllr, hullCorners } from './pav.js';
import { ascendingOrder } from '../scores/radix-sort.js';
import type { SpeakerPairs } from '../scores/speaker-pairs.js';

/** The errors at a fixed threshold; NaN precision where nothing is accepted. */
export interface WeightedPoint {
  miss: number;
  falseAlarm: number;
  precision: number;
}

export interface WeightedMeasures {
  measures: Partial<Record<MeasureName, number>>;
  /** One for each of the fixed thresholds. */
  points: WeightedPoint[];
}

export interface WeightedMeasuresOptions {
  /** The scores are natural log-likelihood ratios. */
  readonly calibrated?: boolean;
  /** Fixed thresholds whose errors are wanted. */
  readonly thresholds?: readonly number[];
}

/**
 * Prepares trials for weighting.
 * @returns the measures for a multiplicity of each speaker, or undefined where a class weighs nothing
 * @throws UserError if a score is not finite or a class has no trials
 */
export function weightedMeasures(
  { enroll, test }: SpeakerPairs,
  scores: ArrayLike<number>,
  { calibrated = false, thresholds = [] }: WeightedMeasuresOptions = {},
): (multiplicity: Float64Array) => WeightedMeasures | undefined {
  const isTarget = Uint8Array.from(enroll, (speaker, i) => Number(speaker === test[i]));
  splitScores(scores, isTarget);
  const falling = ascendingOrder(scores).reverse();
  const targets = falling.filter((trial) => isTarget[trial] === 1);
  const nontargets = falling.filter((trial) => isTarget[trial] === 0);
  const own = {
    target: targets.map((trial) => enroll[trial]),
    enroll: nontargets.map((trial) => enroll[trial]),
    test: nontargets.map((trial) => test[trial]),
  };
  const cuts = cutAtTargets(targets, nontargets, scores);
  const points = cuts.targets.length + 2;
  // Reused by every weighting.
  const misses = new Float64Array(points);
  const falseAlarms = new Float64Array(points);
  const above = new Float64Array(points);
  const corners = new Uint32Array(points);
  const llrCosts = calibrated && {
    target: Float64Array.from(targets, (trial) => softplus(-scores[trial])),
    nontarget: Float64Array.from(nontargets, (trial) => softplus(scores[trial])),
  };
  const fixed = [...thresholds, ...(calibrated ? priors.map(({ pTarget }) => bayesThreshold({ pTarget })) : [])].map(
    (threshold) => ({
      target: countWhile(cuts.targets, (end) => scores[targets[end - 1]] >= threshold),
      end: countWhile(nontargets, (trial) => scores[trial] >= threshold),
    }),
  );

  return (multiplicity) => {
    const targetWeight = sumWeights(own.target, multiplicity, 0, own.target.length);
    let fa = 0;
    let missed = targetWeight;
    let n = 0;
    let t = 0;
    misses[0] = missed;
    falseAlarms[0] = 0;
    for (let cut = 0; cut < cuts.targets.length; cut++) {
      fa += sumProducts(own, multiplicity, n, cuts.above[cut]);
      above[cut] = fa;
      fa += sumProducts(own, multiplicity, cuts.above[cut], cuts.nontargets[cut]);
      missed -= sumWeights(own.target, multiplicity, t, cuts.targets[cut]);
      n = cuts.nontargets[cut];
      t = cuts.targets[cut];
      misses[cut + 1] = missed;
      falseAlarms[cut + 1] = fa;
    }
    fa += sumProducts(own, multiplicity, n, own.enroll.length);
    misses[points - 1] = 0;
    falseAlarms[points - 1] = fa;
    const nontargetWeight = fa;
    if (targetWeight === 0 || nontargetWeight === 0) return undefined;

    const errorsAt = fixed.map(({ target, end }) => {
      const cut = countWhile(cuts.nontargets, (before) => before <= end);
      const from = cut === 0 ? 0 : cuts.nontargets[cut - 1];
      const accepted = falseAlarms[cut] + sumProducts(own, multiplicity, from, end);
      const hits = targetWeight - misses[target];
      return {
        miss: misses[target] / targetWeight,
        falseAlarm: accepted / nontargetWeight,
        precision: hits / (hits + accepted),
      };
    });
    const count = hullCorners({ misses, falseAlarms }, points, corners);
    const costOf = ({ miss, falseAlarm }: { miss: number; falseAlarm: number }, pTarget: number) => {
      const { perMiss, perFalseAlarm } = normalisedCosts({ pTarget });
      return perMiss * miss + perFalseAlarm * falseAlarm;
    };
    const measures: Partial<Record<MeasureName, number>> = {
      eer: eerOf({ misses, falseAlarms, above, targetWeight, nontargetWeight }),
      minCllr: hullCllr({ misses, falseAlarms }, corners, count),
    };
    for (const { pTarget, min } of priors) {
      let least = Infinity;
      for (let i = 0; i < count; i++) {
        const point = {
          miss: misses[corners[i]] / targetWeight,
          falseAlarm: falseAlarms[corners[i]] / nontargetWeight,
        };
        least = Math.min(least, costOf(point, pTarget));
      }
      measures[min] = least;
    }
    if (llrCosts) {
      priors.forEach(({ pTarget, act }, i) => (measures[act] = costOf(errorsAt[thresholds.length + i], pTarget)));
      let targetCost = 0;
      for (let i = 0; i < own.target.length; i++) targetCost += multiplicity[own.target[i]] * llrCosts.target[i];
      let nontargetCost = 0;
      for (let i = 0; i < own.enroll.length; i++) {
        nontargetCost += multiplicity[own.enroll[i]] * multiplicity[own.test[i]] * llrCosts.nontarget[i];
      }
      measures.cllr = (targetCost / targetWeight + nontargetCost / nontargetWeight) / 2 / Math.LN2;
    }
    return { measures, points: errorsAt.slice(0, thresholds.length) };
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

function eerOf({
  misses,
  falseAlarms,
  above,
  targetWeight,
  nontargetWeight,
}: {
  misses: Float64Array;
  falseAlarms: Float64Array;
  above: Float64Array;
  targetWeight: number;
  nontargetWeight: number;
}): number {
  // The first cut after which P_fa ≥ P_miss; both are monotonic.
  const cut = countWhileIndex(
    misses.length - 2,
    (i) => falseAlarms[i + 1] / nontargetWeight < misses[i + 1] / targetWeight,
  );
  if (cut === misses.length - 2) throw internal('P_miss and P_fa do not cross');
  const missBefore = misses[cut] / targetWeight;
  const faBefore = above[cut] / nontargetWeight;
  // Among nontargets alone P_fa rises to meet a P_miss that stays.
  if (faBefore >= missBefore) return missBefore;
  return crossing(missBefore, faBefore, misses[cut + 1] / targetWeight, falseAlarms[cut + 1] / nontargetWeight);
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

/** How many values at the beginning satisfy a condition that no later one satisfies (binary search). */
const countWhile = (values: Uint32Array, holds: (value: number) => boolean): number =>
  countWhileIndex(values.length, (i) => holds(values[i]));

function countWhileIndex(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

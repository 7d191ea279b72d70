/**
 * @file The operating points of a set of scored trials: how many errors of each kind every threshold makes.
 *
 * A trial is accepted if its score ≥ threshold, so equal scores are accepted together. The thresholds are +∞ (nothing
 * is accepted) and every distinct score, from the highest to the lowest (everything is accepted). All metrics that
 * look for a threshold (EER, minDCF) and the detection-error trade-off plot are read off these points.
 * Cost: one sort of each class (`radix-sort.ts`); about 40 bytes a trial while it runs.
 */
import { internal, UserError } from '../../errors.js';
import { sortAscending } from '../scores/radix-sort.js';

/** Points in order of falling threshold; index 0 is +∞. */
export interface DetCurve {
  readonly targets: number;
  readonly nontargets: number;
  /** Accept scores ≥ this. [points] */
  readonly thresholds: Float64Array;
  /** Targets rejected at each threshold: from `targets` down to 0. [points] */
  readonly misses: Uint32Array;
  /** Nontargets accepted at each threshold: from 0 up to `nontargets`. [points] */
  readonly falseAlarms: Uint32Array;
}

/** For each trial whether it is a target: true or 1, false or 0. */
export type TrialLabels = ArrayLike<boolean | number>;

/**
 * The curve of scores (higher means more alike) and their labels.
 * @param where what the scores are, for messages: a file name.
 * @throws UserError if a score is not a number or a class has no trials; scores may be infinite.
 */
export function detCurve(scores: ArrayLike<number>, labels: TrialLabels, where = 'scores'): DetCurve {
  const { targets, nontargets } = splitScores(scores, labels, where);
  sortAscending(targets);
  sortAscending(nontargets);
  const thresholds = new Float64Array(scores.length + 1);
  const misses = new Uint32Array(scores.length + 1);
  const falseAlarms = new Uint32Array(scores.length + 1);
  thresholds[0] = Infinity;
  misses[0] = targets.length;
  let points = 1;
  let rejectedTargets = targets.length; // those below the threshold: targets[0 … rejectedTargets - 1]
  let rejectedNontargets = nontargets.length;
  while (rejectedTargets > 0 || rejectedNontargets > 0) {
    const target = rejectedTargets > 0 ? targets[rejectedTargets - 1] : -Infinity;
    const nontarget = rejectedNontargets > 0 ? nontargets[rejectedNontargets - 1] : -Infinity;
    const threshold = Math.max(target, nontarget);
    while (rejectedTargets > 0 && targets[rejectedTargets - 1] >= threshold) rejectedTargets--;
    while (rejectedNontargets > 0 && nontargets[rejectedNontargets - 1] >= threshold) rejectedNontargets--;
    thresholds[points] = threshold;
    misses[points] = rejectedTargets;
    falseAlarms[points] = nontargets.length - rejectedNontargets;
    points++;
  }
  return {
    targets: targets.length,
    nontargets: nontargets.length,
    thresholds: thresholds.subarray(0, points),
    misses: misses.subarray(0, points),
    falseAlarms: falseAlarms.subarray(0, points),
  };
}

/** The scores of each class, in the order given; arguments and errors as `detCurve`. */
export function splitScores(
  scores: ArrayLike<number>,
  labels: TrialLabels,
  where = 'scores',
): { targets: Float64Array; nontargets: Float64Array } {
  if (scores.length !== labels.length) throw internal(`${scores.length} scores for ${labels.length} labels`);
  const targets = new Float64Array(scores.length);
  const nontargets = new Float64Array(scores.length);
  let targetCount = 0;
  let nontargetCount = 0;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i];
    if (Number.isNaN(score)) {
      throw new UserError(`${where}: the score of trial ${i + 1} of ${scores.length} is ${score}, expected a number`);
    }
    if (labels[i]) targets[targetCount++] = score;
    else nontargets[nontargetCount++] = score;
  }
  if (targetCount === 0 || nontargetCount === 0) {
    throw new UserError(
      `${where}: metrics need trials of both kinds, got ${targetCount} target and ${nontargetCount} nontarget trials`,
    );
  }
  return { targets: targets.subarray(0, targetCount), nontargets: nontargets.subarray(0, nontargetCount) };
}

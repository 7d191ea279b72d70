/**
 * @file The equal error rate: the rate at which P_miss = P_fa. The operating points make steps, so it is read off the
 * straight line between the last point with P_fa < P_miss and the first one with P_fa ≥ P_miss.
 */
import { internal } from '../../errors.js';
import { type DetCurve, detCurve, type TrialLabels } from './det-curve.js';
import type { Measure } from './measure.js';
import { countWhile, type Weighting } from './weighted-trials.js';

export const eer: Measure<'eer', false> = {
  name: 'eer',
  title: 'EER',
  needsLlrs: false,
  format: 'percent',
  bounds: { greatest: 1, rate: true },
  shown: ['line', 'slices', 'comparison', 'tested', 'page'],
  evaluate: ({ curve }) => curveEer(curve).eer,
  threshold: (curve) => curveEer(curve).threshold,
  weigh: () => weightedEer,
};

export interface EqualErrorRate {
  /** Fraction in [0, 1]. */
  readonly eer: number;
  /** Of the two points around the crossing, the threshold at which P_miss and P_fa differ less; always finite. */
  readonly threshold: number;
}

/** EER of scores and labels. @throws UserError as `detCurve`. */
export function computeEer(scores: ArrayLike<number>, labels: TrialLabels): EqualErrorRate {
  return curveEer(detCurve(scores, labels));
}

/** EER of a curve that is already there. */
export function curveEer({ targets, nontargets, thresholds, misses, falseAlarms }: DetCurve): EqualErrorRate {
  // The last point has P_miss = 0 and P_fa = 1 and the first the reverse, so the crossing lies between two points.
  let after = 1;
  while (falseAlarms[after] / nontargets < misses[after] / targets) after++;
  const [missBefore, missAfter] = [misses[after - 1] / targets, misses[after] / targets];
  const [faBefore, faAfter] = [falseAlarms[after - 1] / nontargets, falseAlarms[after] / nontargets];
  // At the point +∞ the rates differ by 1, which no other point exceeds: `<` never chooses it.
  const nearest = missBefore - faBefore < faAfter - missAfter ? after - 1 : after;
  return { eer: crossing(missBefore, faBefore, missAfter, faAfter), threshold: thresholds[nearest] };
}

/** Where P_miss = P_fa on the line between two operating points, the first with P_fa < P_miss, the second without. */
function crossing(missBefore: number, faBefore: number, missAfter: number, faAfter: number): number {
  const above = missBefore - faBefore;
  const below = faAfter - missAfter;
  return faBefore + (above / (above + below)) * (faAfter - faBefore);
}

function weightedEer({ misses, falseAlarms, above, targetWeight, nontargetWeight }: Weighting): number {
  // The first cut after which P_fa ≥ P_miss; both are monotonic.
  const cuts = misses.length - 2;
  const cut = countWhile(cuts, (i) => falseAlarms[i + 1] / nontargetWeight < misses[i + 1] / targetWeight);
  if (cut === cuts) throw internal('P_miss and P_fa do not cross');
  const missBefore = misses[cut] / targetWeight;
  const faBefore = above[cut] / nontargetWeight;
  // Among nontargets alone P_fa rises to meet a P_miss that stays.
  if (faBefore >= missBefore) return missBefore;
  return crossing(missBefore, faBefore, misses[cut + 1] / targetWeight, falseAlarms[cut + 1] / nontargetWeight);
}

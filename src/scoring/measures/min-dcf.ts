/** @file minDCF: the normalised detection cost (`detection-cost.ts`) at the threshold where it is least. */
import { type DetCurve, detCurve, type TrialLabels } from './det-curve.js';
import { type DetectionCostOptions, normalisedCosts } from './detection-cost.js';
import type { Measure, Place } from './measure.js';
import type { Weighting } from './weighted-trials.js';

/** minDCF at a prior, with costs of 1. */
export const minDcf = <Name extends string>(
  name: Name,
  pTarget: number,
  shown: readonly Place[] = [],
): Measure<Name, false> => ({
  name,
  title: `minDCF(${pTarget})`,
  longTitle: `minDCF (p = ${pTarget})`,
  pTarget,
  needsLlrs: false,
  format: 'cost',
  bounds: { greatest: 1, minimum: true },
  shown,
  evaluate: ({ curve }) => curveMinDcf(curve, { pTarget }).minDcf,
  threshold: (curve) => curveMinDcf(curve, { pTarget }).threshold,
  weigh: () => weightedMinDcf(pTarget),
});

export interface MinDcf {
  readonly minDcf: number;
  /** The highest of the thresholds with this cost; +∞ if rejecting everything costs least. */
  readonly threshold: number;
}

/**
 * Normalised minimum detection cost of scores and labels; p = 0.01, C = 1 by default. @throws UserError as `detCurve`.
 */
export function computeMinDcf(
  scores: ArrayLike<number>,
  labels: TrialLabels,
  options: DetectionCostOptions = {},
): MinDcf {
  return curveMinDcf(detCurve(scores, labels), options);
}

/** Normalised minimum detection cost of a curve that is already there. */
export function curveMinDcf(curve: DetCurve, options: DetectionCostOptions = {}): MinDcf {
  const { targets, nontargets, thresholds, misses, falseAlarms } = curve;
  const costs = normalisedCosts(options);
  const perMiss = costs.perMiss / targets;
  const perFalseAlarm = costs.perFalseAlarm / nontargets;
  let minDcf = Infinity;
  let best = 0;
  for (let i = 0; i < thresholds.length; i++) {
    const cost = perMiss * misses[i] + perFalseAlarm * falseAlarms[i];
    if (cost < minDcf) {
      minDcf = cost;
      best = i;
    }
  }
  return { minDcf, threshold: thresholds[best] };
}

/** The cost is linear in both rates, so it is least at a corner of the lower convex hull. */
function weightedMinDcf(pTarget: number): (weighting: Weighting) => number {
  const { perMiss, perFalseAlarm } = normalisedCosts({ pTarget });
  return ({ misses, falseAlarms, targetWeight, nontargetWeight, hull }) => {
    const { corners, count } = hull();
    let least = Infinity;
    for (let i = 0; i < count; i++) {
      const miss = misses[corners[i]] / targetWeight;
      const falseAlarm = falseAlarms[corners[i]] / nontargetWeight;
      least = Math.min(least, perMiss * miss + perFalseAlarm * falseAlarm);
    }
    return least;
  };
}

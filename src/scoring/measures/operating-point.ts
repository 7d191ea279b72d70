/** @file What accepting scores from a threshold on means: the errors of both kinds, precision and recall. */
import type { DetCurve } from './det-curve.js';

/** The errors at a threshold; rates are fractions. */
export interface OperatingPoint {
  readonly threshold: number;
  readonly miss: number;
  readonly falseAlarm: number;
  /**
   * Share of targets among the accepted trials, which depends on how many targets the list has; NaN where none is
   * accepted.
   */
  readonly precision: number;
  /** Share of the targets that are accepted, 1 − P_miss. */
  readonly recall: number;
}

/** What accepting scores ≥ threshold means. */
export function curvePoint(curve: DetCurve, threshold: number): OperatingPoint {
  const { targets, nontargets, thresholds, misses, falseAlarms } = curve;
  // The last point whose threshold is not below: between two scores, errors are those of the higher one.
  let low = 0;
  let high = thresholds.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (thresholds[middle] >= threshold) low = middle;
    else high = middle;
  }
  const accepted = targets - misses[low];
  return {
    threshold,
    miss: misses[low] / targets,
    falseAlarm: falseAlarms[low] / nontargets,
    precision: accepted / (accepted + falseAlarms[low]),
    recall: accepted / targets,
  };
}

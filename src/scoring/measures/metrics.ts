/**
 * @file The error measures of speaker verification.
 *
 * A miss is a target trial that is rejected, a false alarm a nontarget trial that is accepted; at a threshold,
 * P_miss = misses / targets and P_fa = false alarms / nontargets. Operating points as in `det-curve.ts`: accept if
 * score ≥ threshold, equal scores move together, thresholds are all scores and +∞.
 *
 * - EER: the rate at which P_miss = P_fa. The points make steps, so it is read off the straight line between the last
 *   point with P_fa < P_miss and the first one with P_fa ≥ P_miss.
 * - Detection cost (NIST speaker recognition evaluations): C_miss · p · P_miss + C_fa · (1 − p) · P_fa, divided by
 *   min(C_miss · p, C_fa · (1 − p)), the cost of the better of the two systems that do not listen.
 *   minDCF is its minimum over thresholds; actDCF is its value at the threshold that is best for true log-likelihood
 *   ratios, ln(C_fa (1 − p) / (C_miss p)).
 * - Cllr (Brümmer and du Preez, Computer Speech and Language 20, 2006): the mean cost of log-likelihood ratios over all
 *   p, in bits; 0 is perfect, 1 says nothing. minCllr is what is left of it after the best monotonic calibration
 *   (`pav.ts`), so it needs no calibrated scores.
 * - Precision: the share of targets among the accepted trials, which depends on how many targets the list has; recall:
 *   the share of the targets that are accepted, 1 − P_miss.
 *
 * NOTE: other toolkits read the EER off in other ways (no interpolation, ties in file order), which differ on small
 * sets, and some print minDCF undivided: `toolkit-definitions.ts`. All rates here are fractions.
 */
import { type DetCurve, detCurve, splitScores, type TrialLabels } from './det-curve.js';
import { hullCllr, hullCorners } from './pav.js';

export interface EqualErrorRate {
  /** Fraction in [0, 1]. */
  readonly eer: number;
  /** Of the two points around the crossing, the threshold at which P_miss and P_fa differ less; always finite. */
  readonly threshold: number;
}

export interface DetectionCostOptions {
  /** Prior probability of a target. */
  readonly pTarget?: number;
  readonly cMiss?: number;
  readonly cFalseAlarm?: number;
}

/** The priors at which detection costs are shown, and what the costs are called there. */
export const priors = [
  { pTarget: 0.01, min: 'minDcf', act: 'actDcf' },
  { pTarget: 0.05, min: 'minDcf005', act: 'actDcf005' },
  { pTarget: 0.001, min: 'minDcf0001', act: 'actDcf0001' },
] as const;

export interface MinDcf {
  readonly minDcf: number;
  /** The highest of the thresholds with this cost; +∞ if rejecting everything costs least. */
  readonly threshold: number;
}

/** EER of scores and labels. @throws UserError as `detCurve`. */
export function computeEer(scores: ArrayLike<number>, labels: TrialLabels): EqualErrorRate {
  return curveEer(detCurve(scores, labels));
}

/** Normalised minimum detection cost of scores and labels; p = 0.01, C = 1 by default. @throws UserError as `detCurve`. */
export function computeMinDcf(
  scores: ArrayLike<number>,
  labels: TrialLabels,
  options: DetectionCostOptions = {},
): MinDcf {
  return curveMinDcf(detCurve(scores, labels), options);
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
export function crossing(missBefore: number, faBefore: number, missAfter: number, faAfter: number): number {
  const above = missBefore - faBefore;
  const below = faAfter - missAfter;
  return faBefore + (above / (above + below)) * (faAfter - faBefore);
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

/** Normalised detection cost of log-likelihood ratios (natural logarithm) at the threshold that theory gives them. */
export function computeActDcf(
  llrs: ArrayLike<number>,
  labels: TrialLabels,
  options: DetectionCostOptions = {},
): number {
  const { targets, nontargets } = splitScores(llrs, labels);
  const { perMiss, perFalseAlarm } = normalisedCosts(options);
  const threshold = bayesThreshold(options);
  const misses = targets.reduce((count, llr) => count + (llr < threshold ? 1 : 0), 0);
  const falseAlarms = nontargets.reduce((count, llr) => count + (llr >= threshold ? 1 : 0), 0);
  return perMiss * (misses / targets.length) + perFalseAlarm * (falseAlarms / nontargets.length);
}

/** Cllr of log-likelihood ratios (natural logarithm), in bits: ½ (mean log₂(1 + e^−s) of targets + mean log₂(1 + e^s)). */
export function computeCllr(llrs: ArrayLike<number>, labels: TrialLabels): number {
  const { targets, nontargets } = splitScores(llrs, labels);
  const missCost = targets.reduce((sum, llr) => sum + softplus(-llr), 0) / targets.length;
  const falseAlarmCost = nontargets.reduce((sum, llr) => sum + softplus(llr), 0) / nontargets.length;
  return (missCost + falseAlarmCost) / 2 / Math.LN2;
}

/** ln(1 + e^x) without overflow. */
export const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** minCllr of a curve, in bits. */
export function curveMinCllr(curve: DetCurve): number {
  const corners = new Uint32Array(curve.misses.length);
  return hullCllr(curve, corners, hullCorners(curve, curve.misses.length, corners));
}

/** The errors at a threshold; rates are fractions. */
export interface OperatingPoint {
  readonly threshold: number;
  readonly miss: number;
  readonly falseAlarm: number;
  /** Share of targets among the accepted trials; NaN where none is accepted. */
  readonly precision: number;
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

/** The threshold that costs least for natural log-likelihood ratios. */
export function bayesThreshold(options: DetectionCostOptions = {}): number {
  const { perMiss, perFalseAlarm } = normalisedCosts(options);
  return Math.log(perFalseAlarm / perMiss);
}

/** C_miss p and C_fa (1 − p), both divided by the smaller. @throws RangeError for impossible costs. */
export function normalisedCosts({ pTarget = 0.01, cMiss = 1, cFalseAlarm = 1 }: DetectionCostOptions) {
  if (!(pTarget > 0 && pTarget < 1 && cMiss > 0 && cFalseAlarm > 0)) {
    throw new RangeError(
      `detection cost needs 0 < p < 1 and costs > 0, got p ${pTarget}, C ${cMiss} and ${cFalseAlarm}`,
    );
  }
  const miss = cMiss * pTarget;
  const falseAlarm = cFalseAlarm * (1 - pTarget);
  const blind = Math.min(miss, falseAlarm);
  return { perMiss: miss / blind, perFalseAlarm: falseAlarm / blind };
}

/**
 * @file Error measures of scores, for programs: those of `acanet metrics`. Higher scores mean the same speaker, and a
 * trial is accepted where its score is at or above the threshold.
 */
import { UserError } from '../errors.js';
import { computeCllr } from '../scoring/measures/cllr.js';
import { computeEer } from '../scoring/measures/eer.js';
import { computeMinDcf } from '../scoring/measures/min-dcf.js';

/** One a trial: true or 1 for target trials, in which both sides are the same speaker. [trials] */
export type Labels = ArrayLike<boolean | number>;

/** How likely a target trial is, and what errors cost. */
export interface Cost {
  /** In (0, 1); default 0.01. */
  readonly pTarget?: number;
  /** Default 1. */
  readonly cMiss?: number;
  /** Default 1. */
  readonly cFalseAlarm?: number;
}

/** A rate or cost, and the score at which it is reached. */
export interface Threshold {
  readonly value: number;
  /** Accept from here on; Infinity: accept nothing. */
  readonly threshold: number;
}

/**
 * Equal error rate, a fraction from 0 to 1: where as large a share of the targets is rejected as of the nontargets
 * accepted, on the line between the two operating points around it. Equal scores are accepted or rejected together.
 * @param scores [trials]
 * @throws UserError if a score is not a number, lengths differ, or all trials are of one kind
 */
export function eer(scores: ArrayLike<number>, labels: Labels): Threshold {
  const found = computeEer(...checked(scores, labels));
  return { value: found.eer, threshold: found.threshold };
}

/**
 * Minimum of the detection cost over all thresholds, divided by the cost of always accepting or always rejecting,
 * whichever is less: from 0 to 1.
 * @param scores [trials]
 * @throws UserError as `eer`, and for a prior or costs that are none
 */
export function minDcf(scores: ArrayLike<number>, labels: Labels, cost: Cost = {}): Threshold {
  checkCost(cost);
  const found = computeMinDcf(...checked(scores, labels), cost);
  return { value: found.minDcf, threshold: found.threshold };
}

/**
 * Cost of log-likelihood ratios, in bits: 0 is perfect, 1 is what a system that says nothing has.
 * @param llrs natural logarithms [trials]
 * @throws UserError as `eer`
 */
export function cllr(llrs: ArrayLike<number>, labels: Labels): number {
  return computeCllr(...checked(llrs, labels));
}

const LABELS: readonly unknown[] = [true, false, 1, 0];

/** @throws UserError where there is not one number for each label, or a label is none */
export function checked(scores: ArrayLike<number>, labels: Labels, where = 'scores'): [Float64Array, Labels] {
  if (scores.length !== labels.length) {
    throw new UserError(`${where}: expected ${labels.length} scores, one for each trial, got ${scores.length}`);
  }
  const numbers = Float64Array.from(scores, (score) => (typeof score === 'number' ? score : NaN));
  const wrong = numbers.findIndex((score) => Number.isNaN(score));
  const unlabelled = Array.prototype.findIndex.call(labels, (label: unknown) => !LABELS.includes(label));
  if (unlabelled >= 0) {
    throw new UserError(
      `${where}: expected true, false, 1 or 0 as the label of trial ${unlabelled + 1} of ${numbers.length}, got ${String(labels[unlabelled])}`,
    );
  }
  if (wrong < 0) return [numbers, labels];
  throw new UserError(
    `${where}: expected a number in trial ${wrong + 1} of ${numbers.length}, got ${String(scores[wrong])}`,
  );
}

function checkCost({ pTarget = 0.5, cMiss = 1, cFalseAlarm = 1 }: Cost): void {
  checkPrior('pTarget', pTarget);
  checkCosts({ cMiss, cFalseAlarm });
}

/** @throws UserError for what is no probability between 0 and 1 */
export function checkPrior(name: string, prior: number): void {
  if (!(prior > 0 && prior < 1)) throw new UserError(`${name}: expected a number between 0 and 1, got ${prior}`);
}

/** @throws UserError for a cost that is not above 0, or has no end */
export function checkCosts(costs: Readonly<Record<string, number>>): void {
  for (const [name, cost] of Object.entries(costs))
    if (!(cost > 0 && cost < Infinity)) throw new UserError(`${name}: expected a number above 0, got ${cost}`);
}

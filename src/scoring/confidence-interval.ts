/**
 * @file Intervals of a figure and of the difference of two, from two sources of variation: speakers and seeds.
 *
 * The variance over speakers is that of the resamples (`bootstrap.ts`), with S − 1 degrees of freedom for S speakers;
 * the variance over seeds is s² / n for n trainings that differ in their seed, with n − 1. They are added, and the
 * degrees of freedom of the sum are Satterthwaite's (Biometrics Bulletin 2, 1946): with three seeds the quantiles of t
 * that follow are wide, as they should be. What depends on both is in both variances, which errs on the safe side.
 */
import { studentCritical, studentTwoSided } from './student-t.js';

/** Low and high end. */
export type Interval = readonly [number, number];

/** One system's figure: the mean over its seeds. */
export interface Estimate {
  readonly value: number;
  /** The figure of each seed. */
  readonly seedValues: readonly number[];
  /** The figure in each resample of the speakers. Systems that are compared share their resamples. */
  readonly resampled: Float64Array;
  /** How many speakers were resampled. */
  readonly speakers: number;
}

export interface MeasuredFigure {
  /** The mean over seeds. */
  readonly value: number;
  readonly interval: Interval;
  /** Standard error from the choice of the speakers. */
  readonly seSpeakers: number;
  /** Standard error from the choice of the seeds; absent with a single seed, and then not in the interval. */
  readonly seSeeds?: number;
  readonly seedValues: readonly number[];
}

export interface MeasuredDifference {
  /** value − baseline value */
  readonly difference: number;
  readonly interval: Interval;
  /** (value − baseline value) / baseline value; ±∞ where the baseline's is 0. */
  readonly relative: number;
  /** Its upper end is ∞ where the baseline's value might be 0. */
  readonly relativeInterval: Interval;
  /** Two-sided, that both are equal: below 1 − confidence exactly where the intervals do not hold 0. */
  readonly pValue: number;
  readonly seSpeakers: number;
  /** From the seeds of both; absent where neither has several. */
  readonly seSeeds?: number;
  /** Of both variances together. */
  readonly freedom: number;
}

interface Variance {
  readonly variance: number;
  readonly freedom: number;
}

/** The interval of one system's figure, which is not negative. */
export function measuredFigure(estimate: Estimate, confidence = 0.95): MeasuredFigure {
  const { value, seedValues, resampled, speakers } = estimate;
  const ofSpeakers = { variance: varianceOf(resampled), freedom: speakers - 1 };
  const ofSeeds = seedVariance(seedValues);
  const { variance, freedom } = sumOfVariances([ofSpeakers, ofSeeds]);
  // On the scale of the logarithm, by the delta method: errors are not below 0, and their spread grows with them.
  const factor = value === 0 ? 1 : Math.exp((studentCritical(confidence, freedom) * Math.sqrt(variance)) / value);
  return {
    value,
    interval: [value / factor, value * factor],
    seSpeakers: Math.sqrt(ofSpeakers.variance),
    ...(ofSeeds && { seSeeds: Math.sqrt(ofSeeds.variance) }),
    seedValues,
  };
}

/** The difference of a system from a baseline that has the same resamples. */
export function measuredDifference(estimate: Estimate, baseline: Estimate, confidence = 0.95): MeasuredDifference {
  const difference = estimate.value - baseline.value;
  const ofSpeakers = {
    variance: varianceOf(estimate.resampled.map((value, r) => value - baseline.resampled[r])),
    freedom: estimate.speakers - 1,
  };
  const ofSeeds = [seedVariance(estimate.seedValues), seedVariance(baseline.seedValues)].filter(
    (part) => part !== undefined,
  );
  const { variance, freedom } = sumOfVariances([ofSpeakers, ...ofSeeds]);
  const reach = studentCritical(confidence, freedom) * Math.sqrt(variance);
  return {
    difference,
    interval: [difference - reach, difference + reach],
    relative: difference === 0 ? 0 : difference / baseline.value,
    relativeInterval: [(difference - reach) / baseline.value, (difference + reach) / baseline.value],
    pValue: variance === 0 ? Number(difference === 0) : studentTwoSided(difference / Math.sqrt(variance), freedom),
    seSpeakers: Math.sqrt(ofSpeakers.variance),
    ...(ofSeeds.length > 0 && { seSeeds: Math.sqrt(ofSeeds.reduce((sum, { variance }) => sum + variance, 0)) }),
    freedom,
  };
}

/** Of the mean over seeds; undefined for one seed. */
function seedVariance(values: readonly number[]): Variance | undefined {
  const count = values.length;
  return count > 1 ? { variance: varianceOf(values) / count, freedom: count - 1 } : undefined;
}

function sumOfVariances(parts: readonly (Variance | undefined)[]): Variance {
  const known = parts.filter((part) => part !== undefined && part.variance > 0) as Variance[];
  const variance = known.reduce((sum, part) => sum + part.variance, 0);
  const freedom = variance ** 2 / known.reduce((sum, part) => sum + part.variance ** 2 / part.freedom, 0);
  return { variance, freedom: known.length > 0 ? freedom : Infinity };
}

/** Unbiased. */
function varianceOf(values: ArrayLike<number>): number {
  const count = values.length;
  let mean = 0;
  for (let i = 0; i < count; i++) mean += values[i] / count;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += (values[i] - mean) ** 2;
  return sum / (count - 1);
}

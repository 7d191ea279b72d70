/**
 * @file The interval of a figure and of the difference of two figures, from two sources of variation: speakers and
 * seeds.
 *
 * Speakers: the variance is that of the jackknife over speakers (Efron and Tibshirani, An Introduction to the
 * Bootstrap, 1993, chapter 11), which for a few dozen speakers is less biased than that of resamples. Seeds: s² / n of
 * n trainings that differ in their seed, with n − 1 degrees of freedom. Both are added, and the degrees of freedom of
 * the sum are Satterthwaite's (Biometrics Bulletin 2, 1946): with three seeds the quantiles of t are wide, as they
 * should be. What depends on speaker and seed together is in both variances, which errs on the safe side.
 *
 * A figure: errors come from few speakers, so their distribution is skewed and their standard error grows with them.
 * Therefore (a) the interval is symmetric on the scale of the logarithm, by the delta method; (b) a minimum over
 * thresholds, which is too low on few speakers, is first corrected by its bias, the mean of the resamples − the figure;
 * (c) the degrees of freedom follow from the kurtosis of what the speakers contribute (O'Neill, The American
 * Statistician 68, 2014): fewer where few speakers decide.
 * A difference: bias and skewness cancel; the interval is d ± t · SE with S − 1 degrees of freedom for the speakers. Of
 * folds each has a variance and degrees of freedom of its own: the smallest fold may decide. Where neither system makes an
 * error, one of them may make as many as would stay unseen.
 * The ratio's interval holds the ratios ρ for which value − ρ · baseline may be 0 by that same test (Fieller, Journal
 * of the Royal Statistical Society B 16, 1954), so p-value, difference and ratio never contradict each other.
 *
 * Chosen by `bench/coverage.mjs`. Limits: an interval knows of the errors that were seen; where a cost rests on a few
 * false alarms (p = 0.001, most lists), it is too narrow whatever the method.
 */
import { mean } from '../../statistics.js';
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
  /** The figure without each speaker, or each group of speakers, in turn. */
  readonly without: Float64Array;
  /** How many of `without` are of each fold, one after the other; default: all are of one. */
  readonly strata?: readonly number[];
}

export interface FigureOptions {
  /** Default 0.95. */
  readonly confidence?: number;
  /** The greatest value that the figure can have. */
  readonly greatest?: number;
  /** The figure is a minimum over thresholds, so it is too low on few speakers. */
  readonly minimum?: boolean;
  /** The figure is a share of trials: if it is 0, the greatest share that so many speakers would not show is known. */
  readonly rate?: boolean;
  /** How many speakers there are; default: as many as groups of them are left out. */
  readonly speakers?: number;
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
  /** From -1 up; the upper end is ∞ where the baseline's value might be 0. */
  readonly relativeInterval: Interval;
  /** Two-sided, that both are equal: below 1 − confidence exactly where the intervals do not hold 0. */
  readonly pValue: number;
  readonly seSpeakers: number;
  /** From the seeds of those systems that have several; absent where neither has. */
  readonly seSeeds?: number;
  /** Degrees of freedom of both variances together … */
  readonly freedom: number;
  /** … and of the seeds' alone. */
  readonly seedFreedom?: number;
}

interface Variance {
  readonly variance: number;
  readonly freedom: number;
}

/** The interval of one system's figure, which is not negative. It always holds the figure itself. */
export function measuredFigure(
  { value, seedValues, resampled, without, strata }: Estimate,
  {
    confidence = 0.95,
    greatest = Infinity,
    minimum = false,
    rate = false,
    speakers = without.length,
  }: FigureOptions = {},
): MeasuredFigure {
  // Cllr, where an infinite log-likelihood ratio is wrong: other speakers may show anything.
  if (value === Infinity) return { value, interval: [0, greatest], seSpeakers: Infinity, seedValues };
  const ofSpeakers = inStrata(without, strata).map((part) => ({
    variance: jackknifeCovariance(part, part),
    freedom: kurtosisFreedom(part),
  }));
  const ofSeeds = seedVariance(seedValues);
  const { variance, freedom } = sumOfVariances([...ofSpeakers, ...ofSeeds]);
  return {
    value,
    interval:
      value === 0 ? [0, highestUnseen(strata ?? [without.length], { confidence, greatest, rate, speakers })] : around(),
    seSpeakers: Math.sqrt(sum(ofSpeakers)),
    ...seedError(ofSeeds),
    seedValues,
  };

  function around(): Interval {
    const unbiased = minimum ? 2 * value - mean(resampled) : value;
    const centre = unbiased > 0 ? unbiased : value;
    const relativeError = Math.sqrt(variance) / value;
    const factor = variance === 0 ? 1 : Math.exp(studentCritical(confidence, freedom) * relativeError);
    return [Math.min(value, centre / factor), Math.max(value, Math.min(centre * factor, greatest))];
  }
}

/**
 * If a share q of all speakers makes errors, none of S does with probability (1 − q)^S. Of the mean over F folds: as many
 * as the smallest fold would not show, over F.
 * @param strata how many groups of the speakers are of each fold
 */
function highestUnseen(
  strata: readonly number[],
  { confidence, greatest, rate, speakers }: Required<Omit<FigureOptions, 'minimum'>>,
): number {
  if (!rate) return greatest;
  const groups = strata.reduce((total, count) => total + count, 0);
  const smallest = (Math.min(...strata) * speakers) / groups;
  return (1 - ((1 - confidence) / 2) ** (1 / smallest)) / strata.length;
}

/** The difference of a system from a baseline that has the same resamples. */
export function measuredDifference(
  { value, seedValues, without, strata }: Estimate,
  baseline: Estimate,
  { confidence = 0.95, greatest = Infinity, rate = false, speakers = without.length }: FigureOptions = {},
): MeasuredDifference {
  const difference = value - baseline.value;
  // Cllr, where an infinite log-likelihood ratio is wrong: other speakers may show anything.
  if (!Number.isFinite(difference)) return unknownDifference(difference);
  const bases = inStrata(baseline.without, strata);
  const parts = inStrata(without, strata).map((part, i) => ({
    own: jackknifeCovariance(part, part),
    shared: jackknifeCovariance(part, bases[i]),
    base: jackknifeCovariance(bases[i], bases[i]),
    freedom: part.length - 1,
  }));
  const total = (kind: 'own' | 'shared' | 'base') => parts.reduce((all, part) => all + part[kind], 0);
  const [own, shared, base] = [total('own'), total('shared'), total('base')];
  const ofSpeakers = parts.map(({ own, shared, base, freedom }) => {
    const spread = own + base - 2 * shared;
    // Roundings of equal columns are not a variance.
    return { variance: spread > 1e-12 * (own + base) ? spread : 0, freedom };
  });
  const [ofOwnSeeds, ofBaseSeeds] = [seedVariance(seedValues), seedVariance(baseline.seedValues)];
  const ofSeeds = [...ofOwnSeeds, ...ofBaseSeeds];
  const { variance, freedom } = sumOfVariances([...ofSpeakers, ...ofSeeds]);
  const t = studentCritical(confidence, freedom);
  const reach = t * Math.sqrt(variance);
  const ofSeedsAlone = {
    ...seedError(ofSeeds),
    ...(ofSeeds.length > 0 && { seedFreedom: sumOfVariances(ofSeeds).freedom }),
  };
  if (value === 0 && baseline.value === 0) {
    const unseen = highestUnseen(strata ?? [without.length], { confidence, greatest, rate, speakers });
    return { ...unknownDifference(0), interval: [-unseen, unseen], seSpeakers: 0, ...ofSeedsAlone };
  }
  return {
    difference,
    interval: [difference - reach, difference + reach],
    relative: difference === 0 ? 0 : difference / baseline.value,
    relativeInterval: ratioInterval(value, baseline.value, {
      t,
      own: own + sum(ofOwnSeeds),
      shared,
      base: base + sum(ofBaseSeeds),
    }),
    pValue: variance === 0 ? Number(difference === 0) : studentTwoSided(difference / Math.sqrt(variance), freedom),
    seSpeakers: Math.sqrt(sum(ofSpeakers)),
    freedom,
    ...ofSeedsAlone,
  };
}

const unknownDifference = (difference: number): MeasuredDifference => ({
  difference,
  interval: [-Infinity, Infinity],
  relative: difference,
  relativeInterval: [-1, Infinity],
  pValue: 1,
  seSpeakers: Infinity,
  freedom: Infinity,
});

/**
 * The ratios ρ ≥ 0 for which |a − ρ b| ≤ t · SE(a − ρ b), less 1: those around a / b, and all between them and an
 * accepted 1.
 */
function ratioInterval(
  a: number,
  b: number,
  { t, own, shared, base }: { t: number; own: number; shared: number; base: number },
): Interval {
  const accepted = (ratio: number) => (a - ratio * b) ** 2 <= t ** 2 * (own - 2 * ratio * shared + ratio ** 2 * base);
  // (b² − t² base) ρ² − 2 (a b − t² shared) ρ + a² − t² own ≤ 0
  const square = b ** 2 - t ** 2 * base;
  const half = a * b - t ** 2 * shared;
  const rest = a ** 2 - t ** 2 * own;
  const root = Math.sqrt(Math.max(0, half ** 2 - square * rest));
  if (square > 0) return [Math.max(0, (half - root) / square) - 1, (half + root) / square - 1];
  // The baseline may be 0: what is accepted has no upper end.
  if (accepted(1) || square === 0) return [accepted(1) ? -1 : 0, Infinity];
  const [low, high] = [(half + root) / square, (half - root) / square];
  return a > b ? [Math.max(0, high) - 1, Infinity] : [-1, low - 1];
}

/** The parts of a column that are of each fold: folds have speakers of their own, so their variances add up. */
function inStrata(column: Float64Array, strata: readonly number[] = [column.length]): Float64Array[] {
  let from = 0;
  return strata.map((length) => column.subarray(from, (from += length)));
}

/** (G − 1) / G · Σ (x − x̄)(y − ȳ) over figures without each of G groups. */
function jackknifeCovariance(x: Float64Array, y: Float64Array): number {
  const [meanX, meanY] = [mean(x), mean(y)];
  const products = x.reduce((total, value, i) => total + (value - meanX) * (y[i] - meanY), 0);
  return ((x.length - 1) / x.length) * products;
}

/** Of a variance from n values: 2n / (κ − (n − 3) / (n − 1)), n − 1 for normal ones; at least 3. */
function kurtosisFreedom(values: Float64Array): number {
  const n = values.length;
  const centre = mean(values);
  const second = mean(values.map((value) => (value - centre) ** 2));
  if (n <= 4 || second === 0) return n - 1;
  const excess = mean(values.map((value) => (value - centre) ** 4)) / second ** 2 - 3;
  // Without the bias that the sample's own kurtosis has for normal values.
  const unbiased = ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * excess + 6);
  return Math.max(3, (2 * n) / (Math.max(0, unbiased) + (2 * n) / (n - 1)));
}

/** Of the mean over seeds; none for one seed. */
function seedVariance(values: readonly number[]): Variance[] {
  const count = values.length;
  if (count === 1) return [];
  const centre = mean(values);
  const squares = values.reduce((total, value) => total + (value - centre) ** 2, 0);
  return [{ variance: squares / (count - 1) / count, freedom: count - 1 }];
}

const seedError = (parts: readonly Variance[]) => (parts.length > 0 ? { seSeeds: Math.sqrt(sum(parts)) } : {});

const sum = (parts: readonly Variance[]) => parts.reduce((total, { variance }) => total + variance, 0);

/** Variances of independent terms. */
export function sumOfVariances(parts: readonly Variance[]): Variance {
  const variance = sum(parts);
  const spread = parts.reduce((total, part) => total + part.variance ** 2 / part.freedom, 0);
  return { variance, freedom: variance === 0 ? Infinity : variance ** 2 / spread };
}

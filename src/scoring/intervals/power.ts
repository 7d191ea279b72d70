/**
 * @file What a number of test speakers can show: how often a difference of a size is found, which is the smallest that
 * is found often enough, and how many speakers it would take to find one.
 *
 * The variance of a difference is that over speakers, which falls with their number, and that over seeds, which does
 * not: SE²(N) = SE_speakers² · S / N + SE_seeds² · n / n', for N speakers and n' seeds instead of S and n. The
 * difference is found at p < α with the power P(T > t_{1 − α/2} − |d| / SE(N)), T of Student's distribution with the
 * degrees of freedom of that variance: the usual sample-size formula (Lachin, Controlled Clinical Trials 2, 1981) with
 * quantiles of t for those of z, as seeds are few. Of folds each has a variance and degrees of freedom of its own, as in
 * `confidence-interval.ts`; other numbers of speakers are shared among the folds as those seen are.
 *
 * Limits: it takes what was seen for the truth (a difference that was seen small may be large, and the reverse) and new
 * speakers for such as those seen. With one seed a system, SE_seeds is not known and counts as 0.
 */
import { type MeasuredDifference, sumOfVariances } from './confidence-interval.js';
import { studentCritical, studentTwoSided } from './student-t.js';

export interface PowerOptions {
  /** How many speakers the standard error is of; of folds, of each. */
  readonly speakers: number | readonly number[];
  /** Default 0.8. */
  readonly power?: number;
  /** Default 0.95: shown means p < 0.05. */
  readonly confidence?: number;
}

/** How differences scatter from speaker to speaker and from training to training. */
export type DifferenceSpread = Pick<MeasuredDifference, 'seSpeakers' | 'seSeeds' | 'seedFreedom'>;
type Seen = DifferenceSpread & Pick<MeasuredDifference, 'difference'>;

/** The least number of speakers; Infinity where no number of them is enough, since the seeds alone vary too much. */
export function speakersToDecide(
  seen: Seen,
  {
    speakers,
    seedFactor = 1,
    power = 0.8,
    confidence = 0.95,
  }: PowerOptions & {
    /** How many times as many seeds a system there would be; default 1. */
    readonly seedFactor?: number;
  },
): number {
  const enough = (count: number) => powerWith(seen, count, { speakers, seedFactor, confidence }) >= power;
  if (!enough(MOST_SPEAKERS)) return Infinity;
  let few = 1;
  let many = MOST_SPEAKERS;
  while (many - few > 1) {
    const middle = Math.floor((few + many) / 2);
    if (enough(middle)) many = middle;
    else few = middle;
  }
  return many;
}

/** More are as good as infinitely many. */
const MOST_SPEAKERS = 10_000_000;

/** How often so many speakers show a difference of this size: a share of such comparisons. */
export const powerToShow = (seen: Seen, { speakers, confidence = 0.95 }: Omit<PowerOptions, 'power'>): number =>
  powerWith(seen, total(speakers), { speakers, seedFactor: 1, confidence });

/** The smallest difference that so many speakers show that often. */
export function smallestToShow(
  spread: DifferenceSpread,
  { speakers, power = 0.8, confidence = 0.95 }: PowerOptions,
): number {
  const { variance, freedom } = varianceWith(spread, total(speakers), { speakers, seedFactor: 1 });
  // The t that T exceeds with the probability 1 − power.
  const beyond = Math.sign(power - 0.5) * studentCritical(Math.abs(2 * power - 1), freedom);
  return (studentCritical(confidence, freedom) + beyond) * Math.sqrt(variance);
}

function powerWith(
  { difference, ...spread }: Seen,
  count: number,
  { confidence, ...measured }: Required<Pick<PowerOptions, 'speakers' | 'confidence'>> & { seedFactor: number },
): number {
  const { variance, freedom } = varianceWith(spread, count, measured);
  if (variance === 0) return Number(difference !== 0);
  // Fewer speakers than folds have no interval.
  if (freedom <= 0) return 0;
  const shortfall = studentCritical(confidence, freedom) - Math.abs(difference) / Math.sqrt(variance);
  const tail = studentTwoSided(shortfall, freedom) / 2;
  return shortfall > 0 ? tail : 1 - tail;
}

function varianceWith(
  { seSpeakers, seSeeds, seedFreedom = Infinity }: DifferenceSpread,
  count: number,
  { speakers, seedFactor }: Pick<PowerOptions, 'speakers'> & { seedFactor: number },
) {
  const factor = count / total(speakers);
  const folds = foldsOf(speakers);
  // The mean over folds of S_i speakers has a variance of σ² / F² · Σ 1 / S_i.
  const ofOne = seSpeakers ** 2 / folds.reduce((sum, each) => sum + 1 / each, 0);
  return sumOfVariances([
    ...folds.map((each) => ({ variance: ofOne / (each * factor), freedom: Math.max(0, each * factor - 1) })),
    ...(seSeeds === undefined ? [] : [{ variance: seSeeds ** 2 / seedFactor, freedom: seedFreedom * seedFactor }]),
  ]);
}

const foldsOf = (speakers: PowerOptions['speakers']): readonly number[] =>
  typeof speakers === 'number' ? [speakers] : speakers;
/** All speakers, of all folds. */
export const total = (speakers: PowerOptions['speakers']): number =>
  foldsOf(speakers).reduce((sum, each) => sum + each, 0);

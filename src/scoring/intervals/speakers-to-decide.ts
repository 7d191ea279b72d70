/**
 * @file How many test speakers it would take to show a difference of the size that was seen.
 *
 * The variance of a difference is that over speakers, which falls with their number, and that over seeds, which does
 * not: SE²(N) = SE_speakers² · S / N + SE_seeds² · n / n', for N speakers and n' seeds instead of S and n. The
 * difference is found at p < α with the power P(T > t_{1 − α/2} − |d| / SE(N)), T of Student's distribution with the
 * degrees of freedom of that variance: the usual sample-size formula (Lachin, Controlled Clinical Trials 2, 1981) with
 * quantiles of t for those of z, as seeds are few.
 *
 * Limits: it takes what was seen for the truth (a difference that was seen small may be large, and the reverse) and new
 * speakers for such as those seen. With one seed a system, SE_seeds is not known and counts as 0.
 */
import { type MeasuredDifference, sumOfVariances } from './confidence-interval.js';
import { studentCritical, studentTwoSided } from './student-t.js';

export interface SpeakersToDecideOptions {
  /** How many speakers the difference was measured on. */
  readonly speakers: number;
  /** How many times as many seeds a system there would be; default 1. */
  readonly seedFactor?: number;
  /** Default 0.8. */
  readonly power?: number;
  /** Default 0.95: shown means p < 0.05. */
  readonly confidence?: number;
}

type Seen = Pick<MeasuredDifference, 'difference' | 'seSpeakers' | 'seSeeds' | 'seedFreedom'>;

/** The least number of speakers; Infinity where no number of them is enough, since the seeds alone vary too much. */
export function speakersToDecide(
  seen: Seen,
  { speakers, seedFactor = 1, power = 0.8, confidence = 0.95 }: SpeakersToDecideOptions,
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

function powerWith(
  { difference, seSpeakers, seSeeds, seedFreedom = Infinity }: Seen,
  count: number,
  { speakers, seedFactor, confidence }: { speakers: number; seedFactor: number; confidence: number },
): number {
  const { variance, freedom } = sumOfVariances([
    { variance: (seSpeakers ** 2 * speakers) / count, freedom: count - 1 },
    ...(seSeeds === undefined ? [] : [{ variance: seSeeds ** 2 / seedFactor, freedom: seedFreedom * seedFactor }]),
  ]);
  if (variance === 0) return Number(difference !== 0);
  const shortfall = studentCritical(confidence, freedom) - Math.abs(difference) / Math.sqrt(variance);
  const tail = studentTwoSided(shortfall, freedom) / 2;
  return shortfall > 0 ? tail : 1 - tail;
}

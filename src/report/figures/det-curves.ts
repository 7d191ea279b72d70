/**
 * @file Detection-error trade-off: P_miss of systems over P_fa, with what other speakers would have given.
 *
 * A curve is read off between its operating points in straight lines, as the EER is, so it passes through the EER.
 * Where a system has several trainings, its curve is the mean of theirs at each P_fa. The band comes from resampling
 * speakers (`scoring/intervals/bootstrap.ts`) and, where there are several, trainings: at each P_fa the percentiles of
 * P_miss. It is drawn to be looked at; the intervals of figures are made with more care
 * (`scoring/intervals/confidence-interval.ts`). In the resamples a curve is known at the thresholds of the places only.
 */
import { bootstrapMeasures } from '../../scoring/intervals/bootstrap.js';
import type { Interval } from '../../scoring/intervals/confidence-interval.js';
import { type DetCurve, detCurve } from '../../scoring/measures/det-curve.js';
import { curveEer } from '../../scoring/measures/eer.js';
import { keyedRandom } from '../../random.js';
import { mean } from '../../statistics.js';
import { probit } from './probit.js';
import { affordableResamples, type ScoredTrials } from './scored-systems.js';

/** Rates at falling thresholds: from nothing accepted to everything. */
interface RateLine {
  readonly falseAlarm: ArrayLike<number>;
  readonly miss: ArrayLike<number>;
}

export interface SystemDet {
  readonly name: string;
  /** EER of each training. */
  readonly eers: readonly number[];
  /** P_miss at each place: mean of the trainings … */
  readonly miss: readonly number[];
  /** … and of each of them. */
  readonly runs: readonly (readonly number[])[];
  /** Of the mean, at each place; absent with too few speakers. */
  readonly band?: readonly Interval[];
}

export interface DetCurves {
  /** P_fa at which the curves are given, rising; every EER is among them. */
  readonly places: readonly number[];
  readonly systems: readonly SystemDet[];
  /** What the bands are made of. */
  readonly resamples: number;
}

const PLACES = 120;

/** The curves of all systems between two false-alarm rates. */
export function detCurves(trials: ScoredTrials, [from, to]: readonly [number, number]): DetCurves {
  const { table, systems } = trials;
  const curves = systems.map(({ runs }) => runs.map((scores) => detCurve(scores, table.labels)));
  const eers = curves.map((own) => own.map((curve) => curveEer(curve).eer));
  const [low, high] = [probit(from), probit(to)];
  const even = Array.from({ length: PLACES }, (_, i) => normalShare(low + ((high - low) * i) / (PLACES - 1), from, to));
  const places = [...new Set([...even, ...eers.flat().filter((eer) => eer > from && eer < to)])].sort((a, b) => a - b);
  const resamples = affordableResamples(trials);
  return {
    places,
    resamples,
    systems: systems.map(({ name, runs }, i) => {
      const missOfRuns = curves[i].map((curve) => missesAt(ratesOf(curve), places));
      return {
        name,
        eers: eers[i],
        runs: missOfRuns,
        miss: meanOf(missOfRuns),
        ...(resamples > 0 && { band: bandOf(runs, curves[i], { trials, places, resamples }) }),
      };
    }),
  };
}

/** The probability below a probit between those of two probabilities, by bisection. */
function normalShare(z: number, from: number, to: number): number {
  let [low, high] = [from, to];
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (probit(middle) < z) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

const ratesOf = ({ targets, nontargets, misses, falseAlarms }: DetCurve): RateLine => ({
  falseAlarm: Float64Array.from(falseAlarms, (count) => count / nontargets),
  miss: Float64Array.from(misses, (count) => count / targets),
});

/** P_miss where a line of operating points first comes to each of some rising P_fa. */
export function missesAt({ falseAlarm, miss }: RateLine, places: readonly number[]): number[] {
  let after = 1;
  return places.map((place) => {
    while (after < falseAlarm.length - 1 && falseAlarm[after] < place) after++;
    const step = falseAlarm[after] - falseAlarm[after - 1];
    const share = step > 0 ? Math.min(1, Math.max(0, (place - falseAlarm[after - 1]) / step)) : 1;
    return miss[after - 1] + share * (miss[after] - miss[after - 1]);
  });
}

const meanOf = (runs: readonly (readonly number[])[]) => runs[0].map((_, i) => mean(runs.map((run) => run[i])));

interface BandInput {
  readonly trials: ScoredTrials;
  readonly places: readonly number[];
  readonly resamples: number;
}

function bandOf(
  runs: readonly Float64Array[],
  curves: readonly DetCurve[],
  { trials: { speakers, seed }, places, resamples }: BandInput,
): Interval[] {
  const resampled = places.map(() => new Float64Array(resamples));
  const drawn = drawRuns(runs.length, resamples, seed);
  runs.forEach((scores, run) => {
    const thresholds = thresholdsAt(curves[run], places);
    const { points } = bootstrapMeasures(speakers, [scores], { resamples, seed, thresholds }).systems[0];
    for (let r = 0; r < resamples; r++) {
      if (drawn[r][run] === 0) continue;
      const line = {
        falseAlarm: [0, ...points.map(({ falseAlarm }) => falseAlarm[r]), 1],
        miss: [1, ...points.map(({ miss }) => miss[r]), 0],
      };
      missesAt(line, places).forEach((miss, i) => (resampled[i][r] += (miss * drawn[r][run]) / runs.length));
    }
  });
  return resampled.map(middleOf);
}

/** How often each training is drawn in each resample: as many as there are, with replacement. */
function drawRuns(runs: number, resamples: number, seed: number): number[][] {
  const random = keyedRandom('det-trainings', seed);
  return Array.from({ length: resamples }, () => {
    const times = new Array<number>(runs).fill(0);
    for (let draw = 0; draw < runs; draw++) times[random.below(runs)]++;
    return times;
  });
}

/** The middle 95 % of some values. */
function middleOf(values: Float64Array): Interval {
  const sorted = values.toSorted();
  const tail = Math.floor(0.025 * sorted.length);
  return [sorted[tail], sorted[sorted.length - 1 - tail]];
}

/** The thresholds at which a curve has about these P_fa, falling, each once. */
function thresholdsAt({ thresholds, falseAlarms, nontargets }: DetCurve, places: readonly number[]): number[] {
  let point = 1;
  const found = places.map((place) => {
    while (point < thresholds.length - 1 && falseAlarms[point] / nontargets < place) point++;
    return thresholds[point];
  });
  return [...new Set(found)];
}

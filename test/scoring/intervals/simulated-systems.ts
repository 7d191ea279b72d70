/**
 * @file Simulated systems whose measures are known, with speakers that are hard or easy.
 *
 * The score of a trial is a sum of effects: of a target trial of speaker i, level + own_i + noise; of a nontarget trial
 * of speakers i ≠ j, −level + alike_i + alike_j + noise; and, for each utterance, an effect of its own on the trials it
 * is in. All are normal, so the scores of a class are, and with their deviations every measure follows from the level.
 * The effects of two systems correlate. A seed moves the level of its run. Scores are scaled so that they nearly are
 * log-likelihood ratios.
 */
import { keyedRandom } from '../../../src/random.js';
import { type MeasureName, measures } from '../../../src/scoring/measures/measure-table.js';
import { softplus } from '../../../src/scoring/measures/cllr.js';
import { bayesThreshold, normalisedCosts } from '../../../src/scoring/measures/detection-cost.js';
import { hullCllr, hullCorners } from '../../../src/scoring/measures/pav.js';
import type { SpeakerPairs } from '../../../src/scoring/scores/speaker-pairs.js';

const SPREAD = { speaker: 0.5, utterance: 0.3, trial: 0.6 };
const CORRELATION = 0.7;

const deviation = (speakers: number) =>
  Math.sqrt(speakers * SPREAD.speaker ** 2 + 2 * SPREAD.utterance ** 2 + SPREAD.trial ** 2);
const TARGET = deviation(1);
const NONTARGET = deviation(2);

/** All pairs of the utterances of some speakers, each with the utterances' numbers. */
export interface SimulatedTrials extends SpeakerPairs {
  readonly utterances: number;
  readonly sides: readonly (readonly [number, number])[];
}

export function simulatedTrials(speakers: number, utterancesEach = 5): SimulatedTrials {
  const utterances = speakers * utterancesEach;
  const sides = Array.from({ length: utterances }, (_, a) => a).flatMap((a) =>
    Array.from({ length: utterances - a - 1 }, (_, i): [number, number] => [a, a + 1 + i]),
  );
  const speakersOf = (side: 0 | 1) => Uint32Array.from(sides, (pair) => Math.floor(pair[side] / utterancesEach));
  return {
    names: Array.from({ length: speakers }, (_, i) => `s${i}`),
    enroll: speakersOf(0),
    test: speakersOf(1),
    utterances,
    sides,
  };
}

/** The level at which the true EER has this value. */
export function levelOfEer(eer: number): number {
  let low = 0;
  let high = 10;
  while (high - low > 1e-12) {
    const level = (low + high) / 2;
    if (normalTail((2 * level) / (TARGET + NONTARGET)) > eer) low = level;
    else high = level;
  }
  return low;
}

/** Systems of the given levels with one run a seed, all on the same speakers and utterances. */
export function simulateRuns(
  { names, enroll, test, utterances, sides }: SimulatedTrials,
  levels: readonly number[],
  { key, seeds = 1, seedSpread = 0 }: { key: number; seeds?: number; seedSpread?: number },
): Float64Array[][] {
  const random = keyedRandom('simulated-systems', key);
  const draws = (count: number, spread: number) => Float64Array.from({ length: count }, () => spread * random.normal());
  /** Effects of one system after the other, which correlate with those of the first. */
  const effects = (count: number, spread: number) => {
    const shared = draws(count, spread);
    return levels.map((_, system) => {
      const own = draws(count, spread);
      const rest = Math.sqrt(1 - CORRELATION ** 2);
      return system === 0 ? shared : shared.map((value, i) => CORRELATION * value + rest * own[i]);
    });
  };
  const own = effects(names.length, SPREAD.speaker);
  const alike = effects(names.length, SPREAD.speaker);
  const effect = effects(utterances, SPREAD.utterance);
  const noise = effects(sides.length, SPREAD.trial);
  return levels.map((mean, system) =>
    Array.from({ length: seeds }, () => {
      const level = mean + seedSpread * random.normal();
      return Float64Array.from(sides, ([a, b], i) => {
        const [first, second] = [enroll[i], test[i]];
        const place =
          first === second ? level + own[system][first] : alike[system][first] + alike[system][second] - level;
        return scaleOf(mean) * (place + effect[system][a] + effect[system][b] + noise[system][i]);
      });
    }),
  );
}

const scaleOf = (level: number) => (2 * level) / ((TARGET ** 2 + NONTARGET ** 2) / 2);

/** The measures of infinitely many speakers and trials; with `seedSpread` their mean over seeds. */
export function trueMeasures(level: number, seedSpread = 0): Record<MeasureName, number> {
  if (seedSpread === 0) return measuresAt(level, scaleOf(level));
  // The mean over a normal level by a sum over a grid of it.
  const steps = Array.from({ length: 41 }, (_, i) => (i - 20) / 5);
  const weights = steps.map((z) => Math.exp((-z * z) / 2));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const figures = steps.map((z) => measuresAt(level + seedSpread * z, scaleOf(level)));
  const names = Object.keys(figures[0]) as MeasureName[];
  return Object.fromEntries(
    names.map((name) => [name, figures.reduce((sum, each, i) => sum + (weights[i] / total) * each[name], 0)]),
  ) as Record<MeasureName, number>;
}

function measuresAt(level: number, scale: number): Record<MeasureName, number> {
  // The operating points of a fine grid of thresholds, from nothing accepted to everything.
  const thresholds = Array.from({ length: 4001 }, (_, i) => 10 - i / 200);
  const misses = Float64Array.from(thresholds, (threshold) => missAt(level, threshold));
  const falseAlarms = Float64Array.from(thresholds, (threshold) => falseAlarmAt(level, threshold));
  const ends = { misses: misses.with(0, 1), falseAlarms: falseAlarms.with(0, 0) };
  ends.misses[misses.length - 1] = 0;
  ends.falseAlarms[misses.length - 1] = 1;
  const corners = new Uint32Array(misses.length);
  const cost = (miss: number, falseAlarm: number, pTarget: number) => {
    const { perMiss, perFalseAlarm } = normalisedCosts({ pTarget });
    return perMiss * miss + perFalseAlarm * falseAlarm;
  };
  const costs = measures.flatMap(({ name, pTarget, needsLlrs }) => {
    if (pTarget === undefined) return [];
    const threshold = bayesThreshold({ pTarget }) / scale;
    const value = needsLlrs
      ? cost(missAt(level, threshold), falseAlarmAt(level, threshold), pTarget)
      : misses.reduce((least, miss, i) => Math.min(least, cost(miss, falseAlarms[i], pTarget)), 1);
    return [[name, value]];
  });
  let cllr = 0;
  for (let z = -9; z < 9; z += 0.005) {
    const density = (0.005 * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
    const llrCost = softplus(-scale * (level + z * TARGET)) + softplus(scale * (z * NONTARGET - level));
    cllr += (density * llrCost) / 2 / Math.LN2;
  }
  return {
    eer: normalTail((2 * level) / (TARGET + NONTARGET)),
    ...(Object.fromEntries(costs) as Record<Exclude<MeasureName, 'eer' | 'cllr' | 'minCllr'>, number>),
    minCllr: hullCllr(ends, corners, hullCorners(ends, misses.length, corners)),
    cllr,
  };
}

const missAt = (level: number, threshold: number) => normalTail((level - threshold) / TARGET);
const falseAlarmAt = (level: number, threshold: number) => normalTail((threshold + level) / NONTARGET);

/** P(Z > z): Simpson's rule on the density, to 12 deviations. */
function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z);
  const steps = 400;
  const width = 12 / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const x = z + i * width;
    sum += (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2) * Math.exp((-x * x) / 2);
  }
  return ((width / 3) * sum) / Math.sqrt(2 * Math.PI);
}

/**
 * @file Confidence intervals of the EER by resampling speakers.
 *
 * Trials are not independent: each speaker is in many of them, and a speaker who is hard to verify is hard in all.
 * Resampling trials therefore gives intervals that are much too narrow. Here each resample draws S speakers with
 * replacement from the S speakers of the trial list, for the enrolment and the test side together. A speaker drawn m
 * times stands for m speakers alike, so a trial of speakers i ≠ j weighs m_i · m_j and a trial within speaker i weighs
 * m_i (copies of one speaker are different people: no trials between them are invented). The EER of the weighted
 * trials is taken as in `metrics.ts`; the interval is that of the percentiles over resamples.
 *
 * Sources: the subsets bootstrap of Bolle, Ratha and Pankanti (Computer Vision and Image Understanding 93, 2004) and,
 * for weights that are products over both sides of a pair, Owen's pigeonhole bootstrap (Annals of Applied Statistics 1,
 * 2007). All systems get the same resamples, so that their differences are paired.
 * Limits: percentile intervals are somewhat narrow with few speakers (with 30 simulated speakers, 95 % intervals held
 * the true EER 91 times in 100); variation between trainings (seeds) is not in them.
 */
import { firstOf } from '../corpus/problem-list.js';
import type { Trial } from '../corpus/trials.js';
import { internal, UserError } from '../errors.js';
import { keyedRandom } from '../random.js';
import { crossing } from './metrics.js';

export interface BootstrapOptions {
  /** Number of resamples. */
  readonly resamples?: number;
  readonly seed?: number;
}

export interface EerBootstrap {
  readonly speakers: number;
  readonly resamples: number;
  readonly seed: number;
  /** For each system, in the order given, the EER of each resample; resample r is the same for all systems. */
  readonly eers: readonly Float64Array[];
}

/** Low and high end. */
export type Interval = readonly [number, number];

/** What the resamples say about two systems; relative differences are fractions of the baseline's EER. */
export interface PairedDifference {
  /** Interval of EER − baseline EER. */
  readonly difference: Interval;
  /** Interval of (EER − baseline EER) / baseline EER; an end is ±∞ where the baseline makes no errors. */
  readonly relative: Interval;
  /** Two-sided: twice the smaller share of resamples in which one system is no better than the other. */
  readonly pValue: number;
}

/**
 * EERs of resamples of the speakers, for one or more systems on the same trials.
 *
 * @param systems for each system one score a trial, in the trials' order.
 * @param speakerOf speaker by utterance id.
 * @throws UserError if a speaker is unknown, a label contradicts the speakers, or there are fewer than 2 speakers.
 */
export function bootstrapEers(
  trials: readonly Trial[],
  systems: readonly ArrayLike<number>[],
  speakerOf: ReadonlyMap<string, string>,
  { resamples = 1000, seed = 0 }: BootstrapOptions = {},
): EerBootstrap {
  const pairs = speakerPairs(trials, speakerOf);
  const { speakers } = pairs;
  const sorted = systems.map((scores) => sortByScore(pairs, scores));
  const eers = systems.map(() => new Float64Array(resamples));
  const random = keyedRandom('speaker-bootstrap', seed);
  const multiplicity = new Float64Array(speakers);
  // A resample without any target or any nontarget trial has no EER and is drawn again. The limit cannot be met by
  // chance: it means that hardly any draw has both, as where two speakers of thousands share the only nontarget trials.
  let drawsLeft = 100 * resamples + 1000;
  for (let r = 0; r < resamples;) {
    if (drawsLeft-- === 0) throw new UserError('the trials are of too few speakers to resample them');
    multiplicity.fill(0);
    for (let draw = 0; draw < speakers; draw++) multiplicity[random.below(speakers)]++;
    const rates = sorted.map((system) => weightedEer(system, multiplicity));
    if (rates.some(Number.isNaN)) continue;
    rates.forEach((eer, system) => (eers[system][r] = eer));
    r++;
  }
  return { speakers, resamples, seed, eers };
}

/** The central interval that holds the given share of the values: nearest ranks, no interpolation. */
export function percentileInterval(values: ArrayLike<number>, confidence = 0.95): Interval {
  if (values.length === 0) throw internal('no values to take percentiles of');
  const sorted = Float64Array.from(values).sort();
  const tail = Math.floor(((1 - confidence) / 2) * values.length);
  return [sorted[tail], sorted[values.length - 1 - tail]];
}

/** Compares a system's resampled EERs with the baseline's, resample by resample. */
export function pairedDifference(eers: Float64Array, baseline: Float64Array, confidence = 0.95): PairedDifference {
  const differences = eers.map((eer, r) => eer - baseline[r]);
  const relative = differences.map((difference, r) => (difference === 0 ? 0 : difference / baseline[r]));
  const noWorse = differences.reduce((count, difference) => count + Number(difference <= 0), 0);
  const noBetter = differences.reduce((count, difference) => count + Number(difference >= 0), 0);
  return {
    difference: percentileInterval(differences, confidence),
    relative: percentileInterval(relative, confidence),
    // One is added to both counts for the observed sample itself: a finite number of resamples never shows p = 0.
    pValue: Math.min(1, (2 * (Math.min(noWorse, noBetter) + 1)) / (eers.length + 1)),
  };
}

/** Trials in order of falling score. */
interface SortedTrials {
  /** Speaker numbers. [trials] */
  readonly enroll: Uint32Array;
  readonly test: Uint32Array;
  /** 1 at the last trial of each group of equal scores. [trials] */
  readonly endsGroup: Uint8Array;
}

/** Puts trials into order once, for any number of weightings. @throws UserError if a score is not finite. */
export function sortByScore({ enroll, test }: SpeakerPairs, scores: ArrayLike<number>): SortedTrials {
  if (scores.length !== enroll.length) throw internal(`${scores.length} scores for ${enroll.length} trials`);
  const values = Float64Array.from(scores);
  if (!values.every(Number.isFinite)) throw new UserError('scores: expected finite numbers only');
  const order = Uint32Array.from(values, (_, t) => t).sort((a, b) => values[b] - values[a]);
  return {
    enroll: order.map((t) => enroll[t]),
    test: order.map((t) => test[t]),
    endsGroup: Uint8Array.from(order, (t, i) => Number(i + 1 === order.length || values[order[i + 1]] !== values[t])),
  };
}

/** EER with each trial weighing the product of its speakers' multiplicities; NaN if a class weighs nothing. */
export function weightedEer({ enroll, test, endsGroup }: SortedTrials, multiplicity: Float64Array): number {
  let targets = 0;
  let nontargets = 0;
  for (let i = 0; i < enroll.length; i++) {
    if (enroll[i] === test[i]) targets += multiplicity[enroll[i]];
    else nontargets += multiplicity[enroll[i]] * multiplicity[test[i]];
  }
  if (targets === 0 || nontargets === 0) return NaN;
  // From the highest score down, until P_fa ≥ P_miss; weights are whole numbers, so sums are exact.
  let missed = targets;
  let accepted = 0;
  let missBefore = 1;
  let faBefore = 0;
  for (let i = 0; i < enroll.length; i++) {
    if (enroll[i] === test[i]) missed -= multiplicity[enroll[i]];
    else accepted += multiplicity[enroll[i]] * multiplicity[test[i]];
    if (!endsGroup[i]) continue;
    const miss = missed / targets;
    const fa = accepted / nontargets;
    if (fa >= miss) return crossing(missBefore, faBefore, miss, fa);
    missBefore = miss;
    faBefore = fa;
  }
  throw internal('P_miss and P_fa do not cross');
}

/** The speakers of each trial, as numbers from 0 to `speakers` - 1. */
export interface SpeakerPairs {
  readonly enroll: Uint32Array;
  readonly test: Uint32Array;
  readonly speakers: number;
}

/** Numbers the speakers of the trials in order of appearance; errors as `bootstrapEers`. */
export function speakerPairs(trials: readonly Trial[], speakerOf: ReadonlyMap<string, string>): SpeakerPairs {
  const numbers = new Map<string, number>();
  const unknown = new Set<string>();
  const numberOf = (id: string) => {
    const speaker = speakerOf.get(id);
    if (speaker === undefined) {
      unknown.add(id);
      return 0;
    }
    if (!numbers.has(speaker)) numbers.set(speaker, numbers.size);
    return numbers.get(speaker)!;
  };
  const enroll = Uint32Array.from(trials, (trial) => numberOf(trial.enroll));
  const test = Uint32Array.from(trials, (trial) => numberOf(trial.test));
  if (unknown.size > 0) {
    throw new UserError(`${unknown.size} ids in the trials have no speaker in the manifest: ${firstOf([...unknown])}`);
  }
  const contradicted = trials.filter(({ target }, t) => target !== (enroll[t] === test[t]));
  if (contradicted.length > 0) {
    const shown = firstOf(contradicted.map((trial) => `${trial.enroll} ${trial.test}`));
    throw new UserError(`${contradicted.length} trial labels contradict the manifest's speakers: ${shown}`);
  }
  if (numbers.size < 2) throw new UserError(`resampling speakers needs at least 2 of them, got ${numbers.size}`);
  return { enroll, test, speakers: numbers.size };
}

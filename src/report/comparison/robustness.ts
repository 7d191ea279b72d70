/**
 * @file How systems bear worse conditions (utterances cut short, noise), as figures: what `compare.json` holds of it.
 *
 * All systems are tested on the same trials with the same cuts and the same noise, so differences are paired: under
 * each condition figures, intervals and p-values come from speakers and seeds as those of the comparison itself
 * (`scoring/intervals/paired-difference.ts`). The first condition is the speech as it is.
 */
import { compareRuns } from '../../scoring/intervals/paired-difference.js';
import type { Interval, MeasuredDifference } from '../../scoring/intervals/confidence-interval.js';
import { evaluateLabelled } from '../../scoring/measures/evaluation.js';
import type { SpeakerPairs } from '../../scoring/scores/speaker-pairs.js';
import { mean } from '../../statistics.js';
import { relativeChange } from './relative-change.js';

/** What is tested under. */
export interface ConditionFacts {
  /** `full`, `1 s`, `20 dB` */
  readonly name: string;
  readonly kind: 'full' | 'duration' | 'snr';
  /** Seconds or dB; absent for `full`. */
  readonly value?: number;
  /** How many of the utterances were no longer than the cut, and stayed whole. */
  readonly whole?: number;
}

export interface RobustnessFacts {
  /** What is cut and gets noise. */
  readonly sides: 'test' | 'both';
  /** How many utterances these are. */
  readonly utterances: number;
  /** `white noise`, `40 recordings (3.3 min)` */
  readonly noise?: string;
}

export interface RobustnessInput extends RobustnessFacts {
  /** Of each run of each system one score a trial, in the trials' order. */
  readonly conditions: readonly (ConditionFacts & {
    readonly systems: readonly { readonly name: string; readonly runs: readonly ArrayLike<number>[] }[];
  })[];
}

/** Means over the runs of a system, under one condition. */
export interface ConditionSystem {
  readonly name: string;
  readonly eer: number;
  readonly eerInterval?: Interval;
  /** At p = 0.01. */
  readonly minDcf: number;
  /** Of each run. */
  readonly runs: readonly { readonly eer: number; readonly minDcf: number }[];
  /** EER against the baseline's, as a fraction of it; absent for the baseline. ±∞ (in JSON: null) where that is 0. */
  readonly relativeEer?: number;
  /** The same with interval and p-value, where speakers are known. */
  readonly difference?: MeasuredDifference;
}

export interface TestedUnder extends ConditionFacts {
  readonly systems: readonly ConditionSystem[];
}

export interface Robustness extends RobustnessFacts {
  readonly conditions: readonly TestedUnder[];
}

export interface MeasureRobustnessOptions {
  /** 1 for target trials. */
  readonly labels: Uint8Array;
  /** Absent where there are no intervals. */
  readonly speakers?: SpeakerPairs;
  /** Differences are left out where it is not among the systems. */
  readonly baseline: string;
  readonly seed?: number;
  readonly confidence?: number;
}

/** @throws UserError if a score is not finite */
export function measureRobustness(
  { conditions, ...facts }: RobustnessInput,
  { labels, speakers, baseline, ...resampling }: MeasureRobustnessOptions,
): Robustness {
  return {
    ...facts,
    conditions: conditions.map(({ systems: given, ...condition }): TestedUnder => {
      const measured =
        speakers &&
        compareRuns({
          ...resampling,
          speakers,
          systems: given,
          measures: ['eer'],
          ...(given.some(({ name }) => name === baseline) && { baseline }),
        });
      const systems = given.map(({ name, runs }, i): ConditionSystem => {
        const evaluated = runs.map((scores) => {
          const { eer, minDcf } = evaluateLabelled(scores, labels, { where: `${name}, ${condition.name}` });
          return { eer, minDcf };
        });
        const eerInterval = measured?.systems[i].figures.eer?.interval;
        return {
          name,
          eer: mean(evaluated.map(({ eer }) => eer)),
          ...(eerInterval && { eerInterval }),
          minDcf: mean(evaluated.map(({ minDcf }) => minDcf)),
          runs: evaluated,
        };
      });
      const base = systems.find(({ name }) => name === baseline);
      return {
        ...condition,
        systems: systems.map((system) => {
          const difference = measured?.differences[system.name]?.eer;
          if (!base || system === base) return system;
          return { ...system, relativeEer: relativeChange(system.eer, base.eer), ...(difference && { difference }) };
        }),
      };
    }),
  };
}

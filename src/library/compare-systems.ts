/** @file Systems compared by their scores of the same trials, for programs: what `acanet compare` reports. */
import { UserError } from '../errors.js';
import { compareSystems as compare } from '../report/comparison/comparison.js';
import { checked } from './measures.js';
import { tableOfTrials } from '../scoring/scores/trial-table.js';
import { speakerPairs } from '../scoring/scores/speaker-pairs.js';

export interface ComparedTrial {
  /** Ids of the two sides. */
  readonly enroll: string;
  readonly test: string;
  /** The same speaker in both. */
  readonly target: boolean;
}

export interface ScoredSystem {
  readonly name: string;
  /** [trials], in the order of the trials; higher means the same speaker. */
  readonly scores: ArrayLike<number>;
}

export interface CompareSystemsOptions {
  readonly trials: readonly ComparedTrial[];
  readonly systems: readonly ScoredSystem[];
  /** Name of the system that the others are held against. */
  readonly baseline: string;
  /** Speaker by id. Without them there are no intervals: trials of one speaker depend on each other. */
  readonly speakers?: Readonly<Record<string, string>>;
  /** Of the bootstrap over speakers; default 1000. */
  readonly resamples?: number;
  /** Of the resamples; default 0. Equal seeds give equal intervals. */
  readonly seed?: number;
}

export interface SystemResult {
  readonly name: string;
  /** Fractions. */
  readonly eer: number;
  readonly eerInterval?: readonly [low: number, high: number];
  /** At a target prior of 0.01. */
  readonly minDcf: number;
}

export interface SystemDifference {
  /** The system that is held against the baseline. */
  readonly name: string;
  /** EER less that of the baseline, a fraction, with its 95 % interval. Absent without speakers. */
  readonly eerDifference?: number;
  readonly interval?: readonly [low: number, high: number];
  /** Two-sided, that both EERs are equal. */
  readonly pValue?: number;
  readonly outcome: 'better' | 'worse' | 'cannot tell';
  /** `a is worse than b here: EER 4.98 % against 2.71 % (p = 0.048)` */
  readonly headline: string;
}

export interface SystemComparison {
  readonly baseline: string;
  readonly trials: number;
  readonly targets: number;
  /** In the order given. */
  readonly systems: readonly SystemResult[];
  /** One for every system but the baseline. */
  readonly differences: readonly SystemDifference[];
  /** Why there are no intervals, where there are none. */
  readonly noIntervals?: string;
}

/**
 * Compares systems, with confidence intervals of a bootstrap that resamples speakers, paired over the systems.
 * @throws UserError if the baseline is not among the systems, a name repeats, the number of scores differs from that of
 *   trials, a score is no number, trials are all of one kind, or a trial's label contradicts its speakers
 */
export function compareSystems({
  trials,
  systems,
  baseline,
  speakers,
  resamples,
  seed,
}: CompareSystemsOptions): SystemComparison {
  const other = trials.findIndex(({ target }) => typeof target !== 'boolean');
  if (other >= 0) {
    throw new UserError(
      `trials: expected true or false as the target of trial ${other + 1} of ${trials.length}, got ${String(trials[other].target)}`,
    );
  }
  const table = tableOfTrials(trials);
  if (resamples !== undefined && !(Number.isInteger(resamples) && resamples > 0)) {
    throw new UserError(`resamples: expected a whole number from 1, got ${resamples}`);
  }
  const known = speakers && speakerPairs(table, new Map(Object.entries(speakers)));
  const compared = compare({
    systems: systems.map(({ name, scores }) => ({
      name,
      runs: [{ name, scores: checked(scores, table.labels, name)[0] }],
    })),
    baseline,
    labels: table.labels,
    speakers: known ?? { unknown: 'which speaker said what was not given' },
    ...(resamples !== undefined && { resamples }),
    ...(seed !== undefined && { seed }),
  });
  return {
    baseline,
    trials: compared.trials,
    targets: compared.targets,
    systems: compared.systems.map(({ name, eer, minDcf, eerInterval }) => ({
      ...{ name, eer, minDcf },
      ...(eerInterval && { eerInterval: pairOf(eerInterval) }),
    })),
    differences: compared.verdicts.map(({ system, outcome, headline }) => {
      const found = compared.differences[system]?.eer;
      return {
        ...{ name: system, outcome, headline },
        ...(found && { eerDifference: found.difference, interval: pairOf(found.interval), pValue: found.pValue }),
      };
    }),
    ...(compared.noIntervals !== undefined && { noIntervals: compared.noIntervals }),
  };
}

const pairOf = ([low, high]: readonly [number, number]) => [low, high] as const;

/**
 * @file What the report takes from a comparison: the only file of it that knows how `compare.json` is laid out.
 */
import type { Interval, MeasuredDifference } from '../../scoring/intervals/confidence-interval.js';
import { type MeasureName, measures } from '../../scoring/measures/measure-table.js';
import { standardDeviation } from '../../statistics.js';
import type { Comparison } from './comparison.js';
import { comparisonDetails } from './comparison-details.js';
import type { Robustness } from './robustness.js';
import type { TrainedOn } from './system-facts.js';
import { trainingSeconds } from './training-cost.js';

/** A figure with what is known of its certainty. */
export interface MeasuredValue {
  readonly value: number;
  readonly interval?: Interval;
  /** Standard deviation between the trainings, where there are several. */
  readonly spread?: number;
}

export interface ComparedSystem {
  readonly name: string;
  /** Architecture; absent where only scores are known. */
  readonly model?: string;
  readonly isBaseline: boolean;
  readonly runs: number;
  readonly parameters?: number;
  readonly macs?: number;
  readonly bytes?: number;
  /** Seconds of computing for a second of speech. */
  readonly realTimeFactor?: number;
  /** Bytes. */
  readonly peakMemory?: number;
  /** Of a training, where one ran alone and in one go. */
  readonly trainingSeconds?: number;
  readonly trainedOn?: TrainedOn;
  readonly measures: Readonly<Partial<Record<MeasureName, MeasuredValue>>>;
  /** Relative to the baseline's EER, as fractions; absent for the baseline itself. */
  readonly change?: {
    readonly eer: number;
    readonly difference?: Pick<MeasuredDifference, 'difference' | 'interval' | 'relativeInterval'>;
    readonly pValue?: number;
  };
}

export interface VerdictWords {
  readonly headline: string;
  /** Sentences that explain it, and say how far it reaches. */
  readonly sentences: readonly string[];
  /** What becomes of a claim. */
  readonly claim?: string;
}

export interface Compared {
  readonly systems: readonly ComparedSystem[];
  readonly baseline: string;
  /** What may be said of each system against the baseline. */
  readonly verdicts: readonly VerdictWords[];
  readonly trials: number;
  readonly macsDuration: number;
  /** Sentences: how the figures came about. */
  readonly details: readonly string[];
  readonly notes: readonly string[];
  readonly partial?: string;
  /** The same trials under worse conditions, where they were tested. */
  readonly robustness?: Robustness;
}

export function comparedOf(comparison: Comparison): Compared {
  const { systems, relative, differences, baseline, verdicts, trials } = comparison;
  return {
    baseline,
    verdicts: verdicts.map(({ headline, sentence, limits, claim }) => ({
      headline: `${headline}.`,
      sentences: [sentence, ...limits],
      claim: claim?.sentence,
    })),
    trials,
    macsDuration: comparison.macsDuration,
    details: comparisonDetails(comparison),
    notes: comparison.notes,
    partial: comparison.partial,
    robustness: comparison.robustness,
    systems: systems.map((system) => {
      const { name, figures, runs, extraction } = system;
      const change = name === baseline ? undefined : relative[name];
      const measured = measures.flatMap(({ name }): [MeasureName, MeasuredValue][] => {
        const value = system[name];
        const interval = figures?.[name]?.interval;
        const spread = standardDeviation(runs.flatMap((run) => run[name] ?? []));
        return value === undefined ? [] : [[name, { value, interval, spread }]];
      });
      return {
        name,
        model: system.model,
        isBaseline: name === baseline,
        runs: runs.length,
        parameters: system.parameters,
        macs: system.macs,
        bytes: system.bytes,
        realTimeFactor: system.realTimeFactor,
        peakMemory: extraction?.lengths[0]?.peakBytes,
        trainingSeconds: trainingSeconds(system),
        trainedOn: system.trainedOn,
        measures: Object.fromEntries(measured),
        ...(change?.eer !== undefined && {
          change: { eer: change.eer, difference: differences[name]?.eer, pValue: change.eerPValue },
        }),
      };
    }),
  };
}

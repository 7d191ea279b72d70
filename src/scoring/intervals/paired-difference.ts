/**
 * @file Systems on the same trials, each with one or more trainings that differ in their seed: what they measure, how
 * they differ from a baseline, and how sure both are.
 *
 * A system's figure is the mean over its seeds. Speakers are resampled for all trainings of all systems together
 * (`bootstrap.ts`), so that differences are paired; how figures and seeds become intervals is in
 * `confidence-interval.ts`. With one seed a system, intervals are of the speakers alone: they say what other speakers
 * would give these very trainings, not what another training would.
 */
import { internal } from '../../errors.js';
import { mean } from '../../statistics.js';
import { type BootstrapOptions, bootstrapMeasures, type ResampledMeasures } from './bootstrap.js';
import {
  type Estimate,
  measuredDifference,
  type MeasuredDifference,
  measuredFigure,
  type MeasuredFigure,
} from './confidence-interval.js';
import { measureNamed, type MeasureName, measuresOf } from '../measures/measure-table.js';
import type { SpeakerPairs } from '../scores/speaker-pairs.js';

export interface SystemRuns {
  readonly name: string;
  /** For each seed one score a trial, in the trials' order. */
  readonly runs: readonly ArrayLike<number>[];
}

export interface CompareRunsInput extends Pick<BootstrapOptions, 'onProgress'> {
  readonly speakers: SpeakerPairs;
  readonly systems: readonly SystemRuns[];
  /** Name of one of the systems. Without it there are no differences. */
  readonly baseline?: string;
  /** Default: all of any scores; with `calibrated` also those of log-likelihood ratios. */
  readonly measures?: readonly MeasureName[];
  /** The scores are natural log-likelihood ratios. */
  readonly calibrated?: boolean;
  /** For measures that are minima over thresholds; default 1000. */
  readonly resamples?: number;
  readonly seed?: number;
  /** Default 0.95. */
  readonly confidence?: number;
}

export type MeasuredFigures = Readonly<Partial<Record<MeasureName, MeasuredFigure>>>;
export type MeasuredDifferences = Readonly<Partial<Record<MeasureName, MeasuredDifference>>>;

export interface RunsComparison {
  readonly confidence: number;
  readonly bootstrap: { readonly unit: 'speaker'; speakers: number; groups: number; resamples: number; seed: number };
  /** In the order given. */
  readonly systems: readonly { readonly name: string; readonly seeds: number; readonly figures: MeasuredFigures }[];
  /** By name, for every system but the baseline. */
  readonly differences: Readonly<Record<string, MeasuredDifferences>>;
}

/** @throws UserError if a score is not finite or a class has no trials */
export function compareRuns({
  speakers,
  systems,
  baseline,
  calibrated = false,
  measures = measuresOf({ calibrated }).map(({ name }) => name),
  resamples = 1000,
  seed = 0,
  confidence = 0.95,
  onProgress,
}: CompareRunsInput): RunsComparison {
  const base = systems.findIndex(({ name }) => name === baseline);
  if (baseline !== undefined && base < 0) throw internal(`no system is named ${baseline}`);
  // The others have intervals without them.
  const drawn = measures.some((measure) => measureNamed(measure).bounds.minimum) ? resamples : 0;
  const {
    systems: runs,
    groups,
    strata,
  } = bootstrapMeasures(
    speakers,
    systems.flatMap(({ runs }) => runs),
    { resamples: drawn, seed, measures, onProgress },
  );
  let taken = 0;
  const estimates = systems.map(({ runs: { length } }) => estimatesOf(runs.slice(taken, (taken += length)), strata));
  const byMeasure = <Result>(resultOf: (measure: MeasureName) => Result) =>
    Object.fromEntries(measures.map((measure) => [measure, resultOf(measure)])) as Record<MeasureName, Result>;
  const count = speakers.names.length;
  const optionsOf = (measure: MeasureName) => ({ confidence, speakers: count, ...measureNamed(measure).bounds });
  const figuresOf = (system: number) =>
    byMeasure((measure) => measuredFigure(estimates[system](measure), optionsOf(measure)));
  const differencesOf = (system: number) =>
    byMeasure((measure) =>
      measuredDifference(estimates[system](measure), estimates[base](measure), optionsOf(measure)),
    );
  const compared = systems.map(({ name }, i) => ({ name, i })).filter(({ i }) => base >= 0 && i !== base);
  return {
    confidence,
    bootstrap: { unit: 'speaker', speakers: count, groups, resamples: drawn, seed },
    systems: systems.map(({ name, runs: { length } }, i) => ({ name, seeds: length, figures: figuresOf(i) })),
    differences: Object.fromEntries(compared.map(({ name, i }) => [name, differencesOf(i)])),
  };
}

/** The figures of a system: means over its runs, also in each resample. */
function estimatesOf(
  runs: readonly ResampledMeasures[],
  strata: readonly number[],
): (measure: MeasureName) => Estimate {
  const meanColumn = (columns: readonly Float64Array[]) =>
    columns[0].map((_, i) => mean(columns.map((column) => column[i])));
  return (measure) => {
    const seedValues = runs.map(({ observed }) => observed.measures[measure]!);
    return {
      value: mean(seedValues),
      seedValues,
      resampled: meanColumn(runs.map(({ measures }) => measures[measure]!)),
      without: meanColumn(runs.map(({ without }) => without.measures[measure]!)),
      strata,
    };
  };
}

/**
 * @file The measures of trials that count more or less than once (`weighted-trials.ts`), for thousands of weightings.
 */
import type { SpeakerPairs } from '../scores/speaker-pairs.js';
import { measureNamed, type MeasureName, measuresOf } from './measure-table.js';
import { sortTrials, type WeightedPoint } from './weighted-trials.js';

export interface WeightedMeasures {
  measures: Partial<Record<MeasureName, number>>;
  /** One for each of the fixed thresholds. */
  points: WeightedPoint[];
}

export interface WeightedMeasuresOptions {
  /** The scores are natural log-likelihood ratios. */
  readonly calibrated?: boolean;
  /** Default: all that the scores can have. */
  readonly measures?: readonly MeasureName[];
  /** Fixed thresholds whose errors are wanted. */
  readonly thresholds?: readonly number[];
}

/**
 * Prepares trials for weighting.
 * @returns the measures for a multiplicity of each speaker, or undefined where a class weighs nothing
 * @throws UserError if a score is not finite or a class has no trials
 */
export function weightedMeasures(
  pairs: SpeakerPairs,
  scores: ArrayLike<number>,
  { calibrated = false, measures, thresholds = [] }: WeightedMeasuresOptions = {},
): (multiplicity: Float64Array) => WeightedMeasures | undefined {
  const trials = sortTrials(pairs, scores);
  const wanted = (measures?.map(measureNamed) ?? measuresOf({ calibrated })).map(
    (measure) => [measure.name, measure.weigh(trials)] as const,
  );
  const fixed = thresholds.map((threshold) => trials.errorsAt(threshold));
  return (multiplicity) => {
    const weighting = trials.weigh(multiplicity);
    if (!weighting) return undefined;
    const measured: WeightedMeasures['measures'] = {};
    for (const [name, measure] of wanted) measured[name] = measure(weighting);
    return { measures: measured, points: fixed.map((errors) => errors(weighting)) };
  };
}

/**
 * @file The measures of trials that count more or less than once (`weighted-trials.ts`), for thousands of weightings.
 */
import { mean } from '../../statistics.js';
import { pairsOfFold, type SpeakerPairs } from '../scores/speaker-pairs.js';
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

/** The measures for a multiplicity of each speaker, or undefined where a class weighs nothing. */
type MeasureWeighted = (multiplicity: Float64Array) => WeightedMeasures | undefined;

/**
 * Prepares trials for weighting; measures of several folds are means over them.
 * @throws UserError if a score is not finite or a class has no trials
 */
export function weightedMeasures(
  pairs: SpeakerPairs,
  scores: ArrayLike<number>,
  options: WeightedMeasuresOptions = {},
): MeasureWeighted {
  if (!pairs.folds) return measuresOfOne(pairs, scores, options);
  const folds = pairs.folds.map((fold) => {
    const own = Float64Array.from(
      { length: fold.trials.to - fold.trials.from },
      (_, i) => scores[fold.trials.from + i],
    );
    return { ...fold.speakers, measure: measuresOfOne(pairsOfFold(pairs, fold), own, options) };
  });
  return (multiplicity) => {
    const measured = folds.flatMap(({ from, to, measure }) => measure(multiplicity.subarray(from, to)) ?? []);
    return measured.length === folds.length ? meanMeasures(measured) : undefined;
  };
}

function meanMeasures(folds: readonly WeightedMeasures[]): WeightedMeasures {
  const [{ measures, points }] = folds;
  const names = Object.keys(measures) as MeasureName[];
  const meanOf = (key: keyof WeightedPoint, i: number) => mean(folds.map(({ points }) => points[i][key]));
  return {
    measures: Object.fromEntries(names.map((name) => [name, mean(folds.map(({ measures }) => measures[name]!))])),
    points: points.map((_, i) => ({
      miss: meanOf('miss', i),
      falseAlarm: meanOf('falseAlarm', i),
      precision: meanOf('precision', i),
    })),
  };
}

function measuresOfOne(
  pairs: SpeakerPairs,
  scores: ArrayLike<number>,
  { calibrated = false, measures, thresholds = [] }: WeightedMeasuresOptions,
): MeasureWeighted {
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

/**
 * @file What systems measure: each training by itself, means over trainings, and intervals and differences where
 * speakers are known.
 */
import { UserError } from '../../errors.js';
import { compareRuns, type CompareRunsInput } from '../../scoring/intervals/paired-difference.js';
import { evaluateLabelled, type Evaluation } from '../../scoring/measures/evaluation.js';
import { type MeasureName, measures } from '../../scoring/measures/measure-table.js';
import { type FoldRange, type SpeakerPairs, whyNoIntervals } from '../../scoring/scores/speaker-pairs.js';
import { mean } from '../../statistics.js';
import type { RunInput, SystemInput } from './system-facts.js';

/** The speakers of the trials; without them there are no intervals, for the reason given. */
export type KnownSpeakers = SpeakerPairs | { readonly unknown: string };

/** Means over the runs of a system; those of log-likelihood ratios only where all of its runs are calibrated. */
export type MeanFigures = Pick<Evaluation, MeasureName>;

interface MeasureOptions
  extends Record<'resamples' | 'seed' | 'confidence', number>, Pick<CompareRunsInput, 'onProgress'> {
  baseline: string;
}

/** Intervals and differences, or why there are none. */
export function measureWherePossible(
  systems: readonly SystemInput[],
  speakers: KnownSpeakers,
  options: MeasureOptions,
): { measured?: ReturnType<typeof measure>; noIntervals?: string } {
  if ('unknown' in speakers) return { noIntervals: speakers.unknown };
  const noIntervals = whyNoIntervals(speakers);
  if (noIntervals !== undefined) return { noIntervals };
  try {
    return { measured: measure(systems, { ...options, speakers }) };
  } catch (error) {
    // The scores have been evaluated, so it is the trials that cannot be resampled.
    if (error instanceof UserError) return { noIntervals: error.message };
    throw error;
  }
}

/** Intervals and differences of all measures; those of calibrated scores for systems that have them in all runs. */
function measure(
  systems: readonly SystemInput[],
  { baseline, ...options }: MeasureOptions & { speakers: SpeakerPairs },
) {
  const calibrated = systems.filter(({ runs }) => runs.every(({ llrs }) => llrs));
  const llrsOf = ({ name, runs }: SystemInput) => ({ name, runs: runs.map(({ llrs }) => llrs!) });
  if (calibrated.length === systems.length) {
    // Both orders are the same, so these say what the scores would.
    const { systems: all, ...rest } = compareRuns({
      ...options,
      baseline,
      systems: systems.map(llrsOf),
      calibrated: true,
    });
    return { ...rest, figures: all.map(({ figures }) => figures) };
  }
  const { systems: all, ...rest } = compareRuns({
    ...options,
    baseline,
    systems: systems.map(({ name, runs }) => ({ name, runs: runs.map(({ scores }) => scores) })),
  });
  if (calibrated.length === 0) return { ...rest, figures: all.map(({ figures }) => figures) };
  const more = compareRuns({
    ...options,
    ...(calibrated.some(({ name }) => name === baseline) && { baseline }),
    systems: calibrated.map(llrsOf),
    calibrated: true,
    measures: ofRatios().map(({ name }) => name),
  });
  return {
    ...rest,
    figures: all.map(({ name, figures }) => ({
      ...figures,
      ...more.systems.find((system) => system.name === name)?.figures,
    })),
    differences: Object.fromEntries(
      Object.entries(rest.differences).map(([name, own]) => [name, { ...own, ...more.differences[name] }]),
    ),
  };
}

/** The measures of one training in each fold. @throws UserError as `evaluateRun` */
export function evaluateFolds(run: RunInput, labels: Uint8Array, folds: readonly FoldRange[]) {
  return folds.map(({ name, trials: { from, to } }) => {
    const own = (values: ArrayLike<number>) => Float64Array.from({ length: to - from }, (_, i) => values[from + i]);
    const part = { ...run, name: `${run.name}, ${name}`, scores: own(run.scores) };
    return evaluateRun({ ...part, ...(run.llrs && { llrs: own(run.llrs) }) }, labels.subarray(from, to));
  });
}

/** Means over the folds. */
export const meanFolds = (folds: readonly RunFigures[]): RunFigures => ({
  ...meanFigures(folds),
  threshold: mean(folds.map(({ threshold }) => threshold)),
});

/** The measures of one training. @throws UserError if a score is not finite, or the ratios are not of these scores */
export function evaluateRun({ name, scores, llrs }: RunInput, labels: Uint8Array): RunFigures {
  const { trials: _, targets: __, nontargets: ___, ...figures } = evaluateLabelled(scores, labels, { where: name });
  if (!llrs) return figures;
  const calibrated = evaluateLabelled(llrs, labels, { calibrated: true, where: name });
  // Intervals are of the ratios, so they must be of these scores. Roundings may join two of them.
  if (Math.abs(calibrated.eer - figures.eer) > 1e-4) {
    throw new UserError(
      `${name}: the log-likelihood ratios are not of these scores: they have an EER of ${calibrated.eer}, the scores one of ${figures.eer}\n  calibrate again`,
    );
  }
  return { ...figures, ...Object.fromEntries(ofRatios().map(({ name }) => [name, calibrated[name]])) };
}

/** The measures of one training, and the score at which its EER is reached. */
export type RunFigures = Omit<Evaluation, 'trials' | 'targets' | 'nontargets' | 'partial'>;

const ofRatios = () => measures.filter(({ needsLlrs }) => needsLlrs);

/** Of the measures that all of the runs have. */
export function meanFigures(runs: readonly Partial<Record<MeasureName, number>>[]): MeanFigures {
  const known = measures.filter(({ name }) => runs.every((run) => run[name] !== undefined));
  const means = known.map(({ name }) => [name, mean(runs.map((run) => run[name]!))]);
  return Object.fromEntries(means) as MeanFigures;
}

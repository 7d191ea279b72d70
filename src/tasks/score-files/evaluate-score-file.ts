/**
 * @file The figures of a score file whose labels are in it or in a trial list: measures with intervals, operating
 * points, other toolkits' definitions, slices, the worst trials.
 */
import { existsSync } from 'node:fs';
import { enrolmentPathOf } from '../../corpus/trials/enrolment.js';
import { UserError } from '../../errors.js';
import {
  fewErrors,
  type MeasureIntervals,
  type NamedOperatingPoint,
  type ScoreReport,
  type SliceFigures,
  type WorstTrial,
} from '../../report/score-report.js';
import { bootstrapMeasures, type BootstrapOptions, type SpeakerBootstrap } from '../../scoring/intervals/bootstrap.js';
import {
  type Estimate,
  type FigureOptions,
  type Interval,
  measuredFigure,
} from '../../scoring/intervals/confidence-interval.js';
import { aboveChance } from '../../scoring/measures/above-chance.js';
import { detCurve } from '../../scoring/measures/det-curve.js';
import { evaluateLabelled } from '../../scoring/measures/evaluation.js';
import { type MeasureName, measureNamed, measuresOf } from '../../scoring/measures/measure-table.js';
import { type Decision, decide } from '../../scoring/measures/decision-threshold.js';
import type { DetectionCostOptions } from '../../scoring/measures/detection-cost.js';
import { curvePoint } from '../../scoring/measures/operating-point.js';
import { joinScores, readScores } from '../../scoring/scores/scores-file.js';
import { readLabels } from '../../corpus/manifest/labels.js';
import { type Slice, type SliceKind, sliceTrials, type TrialSide, worstTrials } from '../../scoring/scores/slices.js';
import { type SpeakerPairs, speakerPairs, whyNoIntervals } from '../../scoring/scores/speaker-pairs.js';
import { type DefinitionName, figuresByDefinition } from '../../scoring/measures/toolkit-definitions.js';
import {
  createNumbering,
  readTrialTable,
  refuseContradictions,
  type TrialTable,
} from '../../scoring/scores/trial-table.js';
import { sidesFromManifest, speakersFromFile } from './trial-sides.js';

/** Trials with their scores, in the order of the list that has the labels. */
export interface LabelledScores extends TrialTable {
  readonly scores: Float64Array;
}

/**
 * Reads scores and says which are of targets.
 * @param list a trial list; may be absent where every line of the score file has its label
 * @param enrollMap enrolment ids are models of this map; the default for a list: where a map lies beside it
 */
export function readLabelledScores(path: string, list?: string, enrollMap?: string): LabelledScores {
  const table = readScores(path);
  if (list !== undefined) {
    const trials = readTrialTable(list, { models: enrollMap !== undefined || existsSync(enrolmentPathOf(list)) });
    return { ...trials, scores: joinScores(table, trials, path) };
  }
  const { labels } = table;
  if (!labels) {
    throw new UserError(
      `${path}: the scores have no labels, so it is not known which pairs are targets\n` +
        '  name the trial list with --trials FILE, or add target|nontarget as a fourth field',
    );
  }
  const labelled = { ...table, labels };
  refuseContradictions(labelled, { where: path, models: enrollMap !== undefined });
  return labelled;
}

/**
 * The threshold for given costs: on calibrated scores by theory, on others by their labels.
 * @throws UserError if there are neither labels nor calibrated scores
 */
export function decideOnScoreFile(
  path: string,
  { trials, calibrated = false, ...costs }: { trials?: string; calibrated?: boolean } & Required<DetectionCostOptions>,
): Decision {
  if (calibrated && trials === undefined) {
    const { scores, labels } = readScores(path);
    return decide(scores, labels, { ...costs, calibrated, where: path });
  }
  const { scores, labels } = readLabelledScores(path, trials);
  return decide(scores, labels, { ...costs, calibrated, where: path });
}

export interface ScoreReportOptions extends Pick<BootstrapOptions, 'onProgress'> {
  /** A trial list; may be absent where every line of the score file has its label. */
  trials?: string;
  /** The scores are natural log-likelihood ratios. */
  calibrated?: boolean;
  /** Knows speakers, genders, durations, sessions and audio files of the trials. */
  manifest?: string;
  /** `utterance speaker` lines, for intervals where there is no manifest. */
  speakers?: string;
  enrollMap?: string;
  /** Resamples of the speakers; 0: no intervals. */
  resamples?: number;
  seed?: number;
  /** Definitions of EER and minDCF to show. */
  definitions?: readonly DefinitionName[];
  slices?: readonly SliceKind[];
  /** A table of labels of speakers or utterances, to slice by. */
  labels?: string;
  /** How many trials of each kind to show that went worst. */
  worst?: number;
  /** Further thresholds whose errors are wanted. */
  thresholds?: readonly number[];
}

/**
 * Everything that `acanet metrics` says of a score file. @throws UserError for scores, trials or options that do not
 * fit
 */
export function reportOnScoreFile(
  path: string,
  {
    trials,
    calibrated = false,
    manifest,
    speakers,
    enrollMap,
    resamples = 1000,
    seed = 0,
    definitions,
    slices = [],
    labels: labelTable,
    worst,
    thresholds = [],
    onProgress,
  }: ScoreReportOptions = {},
): ScoreReport {
  if (manifest !== undefined && speakers !== undefined) {
    throw new UserError('--manifest and --speakers both say who speaks: name one of them');
  }
  const table = readLabelledScores(path, trials, enrollMap);
  const { scores, labels, ids } = table;
  const source = { trials, enrollMap, ...(labelTable !== undefined && { labels: readLabels(labelTable) }) };
  const sides = manifest !== undefined ? sidesFromManifest(manifest, table, source) : undefined;
  if (slices.length > 0 && !sides) throw new UserError('slices need to know the utterances: name --manifest FILE');
  const speakerOf = sides
    ? new Map(ids.map((id, number) => [id, sides[number].speaker]))
    : speakers !== undefined
      ? speakersFromFile(speakers, table, { trials, enrollMap })
      : undefined;
  const evaluation = evaluateLabelled(scores, labels, { calibrated, where: path });
  const points = operatingPoints(table, { calibrated, thresholds, where: path });
  const pairs = speakerOf && speakerPairs(table, speakerOf);
  const tooFew = pairs && whyNoIntervals(pairs);
  const bootstrap =
    pairs && tooFew === undefined && resamples > 0
      ? bootstrapMeasures(pairs, [scores], {
          resamples,
          seed,
          calibrated,
          thresholds: points.map(({ threshold }) => threshold),
          onProgress,
        })
      : undefined;
  const warnings = [
    ...aboveChance(path, evaluation.eer),
    ...(bootstrap ? fewErrors({ ...evaluation, operatingPoints: points }) : []),
  ];
  const noIntervals = resamples === 0 ? 'no resamples were asked for' : (tooFew ?? UNKNOWN_SPEAKERS);
  return {
    ...evaluation,
    ...(bootstrap
      ? {
          intervals: intervalsOf(bootstrap),
          bootstrap: { unit: 'speaker', speakers: bootstrap.speakers, groups: bootstrap.groups, resamples, seed },
        }
      : { noIntervals }),
    operatingPoints: points.map((point, i) => ({
      ...point,
      ...(bootstrap && { intervals: pointIntervals(bootstrap, i) }),
    })),
    ...(definitions && { definitions: figuresByDefinition(scores, labels, definitions, path) }),
    ...(sides &&
      slices.length > 0 && {
        slices: slices.flatMap((by) => {
          const figures = sliceTrials(table, by, sides).map((slice) =>
            figuresOfSlice(slice, table, {
              threshold: evaluation.threshold,
              calibrated,
              // A speaker's trials all share that speaker: there is nothing to resample.
              ...(bootstrap && by !== 'speaker' && { pairs, resamples, seed }),
            }),
          );
          return by === 'speaker' ? worstFirst(figures) : figures;
        }),
      }),
    ...(worst !== undefined && { worst: listWorst(table, worst, sides) }),
    ...(warnings.length > 0 && { warnings }),
  };
}

const UNKNOWN_SPEAKERS =
  'which speaker said what is not known, and trials that share speakers are not independent; name --manifest FILE or --speakers FILE';

function operatingPoints(
  { scores, labels }: LabelledScores,
  { calibrated, thresholds, where }: { calibrated: boolean; thresholds: readonly number[]; where: string },
): NamedOperatingPoint[] {
  const curve = detCurve(scores, labels, where);
  const places: [string, number][] = [
    ...measuresOf({ calibrated }).flatMap(({ title, threshold }): [string, number][] =>
      threshold ? [[title, threshold(curve)]] : [],
    ),
    ...thresholds.map((threshold): [string, number] => ['given', threshold]),
  ];
  return places.map(([at, threshold]) => ({ at, ...curvePoint(curve, threshold) }));
}

function intervalsOf({ speakers, systems: [{ observed, measures, without }] }: SpeakerBootstrap): MeasureIntervals {
  const entries = inIntervalOrder(Object.keys(measures) as MeasureName[]).map((name) => {
    const estimate = single(observed.measures[name]!, measures[name]!, without.measures[name]!);
    return [name, measuredFigure(estimate, { speakers, ...measureNamed(name).bounds }).interval];
  });
  return Object.fromEntries(entries) as MeasureIntervals;
}

/** NOTE: in JSON the intervals of any scores' measures have always begun with those that are of no single prior. */
function inIntervalOrder(names: readonly MeasureName[]): MeasureName[] {
  const groupOf = (name: MeasureName) => {
    const { needsLlrs, pTarget } = measureNamed(name);
    return needsLlrs ? 2 : pTarget === undefined ? 0 : 1;
  };
  return names.toSorted((a, b) => groupOf(a) - groupOf(b));
}

function pointIntervals({ speakers, systems: [{ observed, points, without }] }: SpeakerBootstrap, point: number) {
  const share = { greatest: 1, rate: true, speakers };
  const estimate = (rate: 'miss' | 'falseAlarm' | 'precision') =>
    single(observed.points[point][rate], points[point][rate], without.points[point][rate]);
  const precision = estimate('precision');
  // Where some resample accepts nothing, its precision is not defined, and the interval neither.
  const defined = ![...precision.resampled, ...precision.without].some(Number.isNaN);
  return {
    miss: measuredFigure(estimate('miss'), share).interval,
    falseAlarm: measuredFigure(estimate('falseAlarm'), share).interval,
    ...(defined && { precision: shareInterval(precision, share) }),
  };
}

const single = (value: number, resampled: Float64Array, without: Float64Array): Estimate => ({
  value,
  seedValues: [value],
  resampled,
  without,
});

/** Intervals are made for small shares; a great one's is that of what is missing from 1. */
function shareInterval(share: Estimate, options: FigureOptions): Interval {
  if (share.value <= 0.5) return measuredFigure(share, options).interval;
  const rest = (value: number) => 1 - value;
  const missing = single(rest(share.value), share.resampled.map(rest), share.without.map(rest));
  const [low, high] = measuredFigure(missing, options).interval;
  return [rest(high), rest(low)];
}

function figuresOfSlice(
  { by, name, trials }: Slice,
  table: LabelledScores,
  {
    threshold,
    calibrated,
    pairs,
    resamples,
    seed,
  }: { threshold: number; calibrated: boolean; pairs?: SpeakerPairs; resamples?: number; seed?: number },
): SliceFigures {
  const scores = Float64Array.from(trials, (trial) => table.scores[trial]);
  const labels = Uint8Array.from(trials, (trial) => table.labels[trial]);
  const targets = labels.reduce((sum, label) => sum + label, 0);
  const nontargets = labels.length - targets;
  let misses = 0;
  let falseAlarms = 0;
  scores.forEach((score, i) => {
    if (labels[i] === 1 && score < threshold) misses++;
    if (labels[i] === 0 && score >= threshold) falseAlarms++;
  });
  const figures = { by, name, trials: trials.length, targets, nontargets };
  const errors = { miss: misses / targets, falseAlarm: falseAlarms / nontargets };
  if (targets === 0 || nontargets === 0) return { ...figures, ...errors };
  const evaluation = evaluateLabelled(scores, labels, { calibrated });
  const measures = Object.fromEntries(measuresOf({ calibrated }).map(({ name }) => [name, evaluation[name]!]));
  const speakers = pairs && pairsOfSlice(pairs, trials);
  const own = speakers && whyNoIntervals(speakers) === undefined ? speakers : undefined;
  return {
    ...figures,
    measures,
    ...(own && {
      intervals: intervalsOf(bootstrapMeasures(own, [scores], { resamples, seed, calibrated })),
    }),
    ...errors,
  };
}

/** The speakers of some of the trials, numbered anew, as only they are resampled. */
function pairsOfSlice({ names, enroll, test }: SpeakerPairs, trials: Uint32Array): SpeakerPairs {
  const numbering = createNumbering();
  const renumber = (of: Uint32Array) => trials.map((trial) => numbering.numberOf(names[of[trial]]));
  const own = { enroll: renumber(enroll), test: renumber(test) };
  return { names: numbering.ids, ...own };
}

/** By P_miss + P_fa; a kind of error that cannot happen counts as none. */
function worstFirst(figures: readonly SliceFigures[]): SliceFigures[] {
  const errors = ({ miss, falseAlarm }: SliceFigures) => (miss || 0) + (falseAlarm || 0);
  return figures.toSorted((a, b) => errors(b) - errors(a));
}

function listWorst(table: LabelledScores, count: number, sides?: readonly TrialSide[]): WorstTrial[] {
  const { targets, nontargets } = worstTrials(table.scores, table.labels, count);
  const pathsOf = (number: number) => sides?.[number].paths;
  return [...targets, ...nontargets].map((trial) => {
    const [enroll, test] = [table.enroll[trial], table.test[trial]];
    return {
      target: table.labels[trial] === 1,
      score: table.scores[trial],
      enroll: table.ids[enroll],
      test: table.ids[test],
      ...(sides && { enrollPaths: pathsOf(enroll), testPaths: pathsOf(test) }),
    };
  });
}

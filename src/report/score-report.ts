/**
 * @file What is said about scored trials: measures with intervals, operating points, definitions, slices, worst trials.
 */
import { FEW_ERRORS } from './comparison/comparison-notes.js';
import type { Interval } from '../scoring/intervals/confidence-interval.js';
import { describeScores, type Evaluation } from '../scoring/measures/evaluation.js';
import { formatFigure } from '../scoring/measures/measure.js';
import { type MeasureName, measures } from '../scoring/measures/measure-table.js';
import type { OperatingPoint } from '../scoring/measures/operating-point.js';
import type { SliceKind } from '../scoring/scores/slices.js';
import { type DefinedFigures, definitionNotes } from '../scoring/measures/toolkit-definitions.js';
import { formatPercent, formatRate } from './text/number-format.js';
import { formatMeasure } from './text/interval-format.js';
import { type Column, formatTable } from './text/table.js';

export type MeasureIntervals = Partial<Record<MeasureName, Interval>>;

/** An operating point with what it is: `EER`, `minDCF(0.01)`, `given`. */
export interface NamedOperatingPoint extends OperatingPoint {
  readonly at: string;
  readonly intervals?: { miss: Interval; falseAlarm: Interval; precision?: Interval };
}

/** Figures of a part of the trials; without rates where it has trials of one kind only. */
export interface SliceFigures {
  readonly by: SliceKind;
  readonly name: string;
  readonly trials: number;
  readonly targets: number;
  readonly nontargets: number;
  readonly measures?: Partial<Record<MeasureName, number>>;
  readonly intervals?: MeasureIntervals;
  /** Errors at the score where all trials together have their EER; NaN where there are no trials to err in. */
  readonly miss: number;
  readonly falseAlarm: number;
}

export interface WorstTrial {
  readonly target: boolean;
  readonly score: number;
  readonly enroll: string;
  readonly test: string;
  /** Audio files, where a manifest knows them. */
  readonly enrollPaths?: readonly string[];
  readonly testPaths?: readonly string[];
}

export interface ScoreReport extends Evaluation {
  /** 95 %; absent with a reason. */
  readonly intervals?: MeasureIntervals;
  readonly noIntervals?: string;
  readonly bootstrap?: { readonly unit: 'speaker'; speakers: number; groups: number; resamples: number; seed: number };
  readonly operatingPoints: readonly NamedOperatingPoint[];
  readonly definitions?: readonly DefinedFigures[];
  readonly slices?: readonly SliceFigures[];
  readonly worst?: readonly WorstTrial[];
  /** What makes the figures doubtful, a sentence each. */
  readonly warnings?: readonly string[];
}

/** The report as tables for a terminal. `speakers` is how many of the worst speakers are shown. */
export function formatScoreReport(report: ScoreReport, { speakers = 10 } = {}): string {
  const { bootstrap, noIntervals, definitions, slices = [], worst } = report;
  const bySpeaker = slices.filter(({ by }) => by === 'speaker');
  const others = slices.filter(({ by }) => by !== 'speaker');
  return [
    `${describeScores(report)}\n`,
    measureTable(report),
    bootstrap
      ? `Intervals: what other speakers would give, by leaving out ${describeGroups(bootstrap)} in turn and by ${bootstrap.resamples} resamples (seed ${bootstrap.seed}).\n`
      : `No intervals: ${noIntervals}.\n`,
    pointTable(report.operatingPoints),
    ...(definitions ? [definitionTable(definitions)] : []),
    ...(others.length > 0 ? [sliceTable(others, 'slice')] : []),
    ...(bySpeaker.length > 0
      ? [
          sliceTable(bySpeaker.slice(0, speakers), 'speaker') +
            `The ${Math.min(speakers, bySpeaker.length)} worst of ${bySpeaker.length} speakers, by P_miss + P_fa at the threshold of the EER of all.\n`,
        ]
      : []),
    ...(worst ? [worstTable(worst)] : []),
  ].join('\n');
}

const describeGroups = ({ speakers, groups }: NonNullable<ScoreReport['bootstrap']>) =>
  speakers === groups ? `each of the ${speakers}` : `each of ${groups} random groups of the ${speakers}`;

/** Names the measures whose intervals rest on few errors: they know nothing of the errors that did not come up. */
export function fewErrors({
  operatingPoints,
  targets,
  nontargets,
  eer,
}: Pick<ScoreReport, 'operatingPoints' | 'targets' | 'nontargets' | 'eer'>): string[] {
  const few = operatingPoints.flatMap(({ at, ...point }) => {
    if (at === 'given') return [];
    // The EER lies between two points where scores are equal.
    const { miss, falseAlarm } = at === 'EER' ? { miss: eer, falseAlarm: eer } : point;
    const [misses, falseAlarms] = [Math.round(miss * targets), Math.round(falseAlarm * nontargets)];
    return Math.min(misses, falseAlarms) < FEW_ERRORS
      ? [`${at} (misses: ${misses}, false alarms: ${falseAlarms})`]
      : [];
  });
  return few.length > 0 ? [`intervals are likely too narrow where few errors decide: ${few.join(', ')}`] : [];
}

const formatInterval = (format: (value: number) => string, interval?: Interval) =>
  interval ? `${format(interval[0])} to ${format(interval[1])}` : '-';

function measureTable(report: ScoreReport): string {
  const rows = measures.flatMap((measure) => {
    const value = report[measure.name];
    if (value === undefined) return [];
    const format = (number: number) => formatFigure(measure, number);
    return [[measure.title, format(value), formatInterval(format, report.intervals?.[measure.name])]];
  });
  return formatTable([{ title: 'measure' }, { title: 'value', align: 'right' }, { title: '95 % interval' }], rows);
}

const formatScore = (score: number) => (Number.isFinite(score) ? score.toFixed(4) : 'above all');

function pointTable(points: readonly NamedOperatingPoint[]): string {
  const withIntervals = points.some(({ intervals }) => intervals);
  return formatTable(
    [
      { title: 'accept from' },
      { title: 'threshold', align: 'right' },
      { title: 'P_miss', align: 'right' },
      { title: 'P_fa', align: 'right' },
      { title: 'recall', align: 'right' },
      { title: 'precision', align: 'right' },
      ...(withIntervals ? [{ title: '95 % interval of precision' }] : []),
    ],
    points.map(({ at, threshold, miss, falseAlarm, recall, precision, intervals }) => [
      at,
      formatScore(threshold),
      ...[miss, falseAlarm, recall, precision].map(formatRate),
      ...(withIntervals ? [formatInterval(formatRate, intervals?.precision)] : []),
    ]),
  );
}

function definitionTable(definitions: readonly DefinedFigures[]): string {
  return formatTable(
    [
      { title: 'definition' },
      { title: 'EER', align: 'right' },
      { title: 'minDCF(0.01)', align: 'right' },
      { title: 'minDCF(0.05)', align: 'right' },
      { title: 'minDCF(0.001)', align: 'right' },
      { title: 'what is different' },
    ],
    definitions.map(({ definition, eer, minDcf, minDcf005, minDcf0001 }) => [
      definition,
      eer === null ? 'fails' : formatPercent(eer, 3),
      ...[minDcf, minDcf005, minDcf0001].map((cost) => cost.toFixed(definition === 'speechbrain' ? 6 : 4)),
      definitionNotes[definition],
    ]),
  );
}

function sliceTable(slices: readonly SliceFigures[], title: string): string {
  const withIntervals = slices.some(({ intervals }) => intervals);
  const right = (title: string): Column => ({ title, align: 'right' });
  const shown = measures.filter((measure) => measure.shown.includes('slices'));
  return formatTable(
    [
      { title },
      ...['targets', 'nontargets'].map(right),
      ...shown.flatMap((measure): Column[] => [
        right(measure.title),
        ...(withIntervals && measure.name === 'eer' ? [{ title: '95 % interval' }] : []),
      ]),
      ...['P_miss', 'P_fa'].map(right),
    ],
    slices.map(({ by, name, targets, nontargets, measures: figures, intervals, miss, falseAlarm }) => [
      by === 'speaker' ? name : `${by}: ${name}`,
      String(targets),
      String(nontargets),
      ...shown.flatMap((measure) => [
        formatMeasure(measure, figures?.[measure.name]),
        ...(withIntervals && measure.name === 'eer' ? [formatInterval(formatPercent, intervals?.eer)] : []),
      ]),
      formatRate(miss),
      formatRate(falseAlarm),
    ]),
  );
}

function worstTable(worst: readonly WorstTrial[]): string {
  return formatTable(
    [{ title: 'worst' }, { title: 'score', align: 'right' }, { title: 'enrolled' }, { title: 'test' }],
    worst.map(({ target, score, enroll, test, enrollPaths = [enroll], testPaths = [test] }) => [
      target ? 'target' : 'nontarget',
      score.toFixed(4),
      enrollPaths.join(' '),
      testPaths.join(' '),
    ]),
  );
}

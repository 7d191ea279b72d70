/**
 * @file The tables of what systems measure: first a small one with what matters most, then all figures.
 *
 * All figures of few systems stand beside each other, each but the baseline's followed by its change relative to the
 * baseline; where that gets wider than a terminal (on a page: of more than three systems), each system has one row.
 * Rates are in percent. A change relative to an error-free baseline is given in points, or as a plain difference.
 */
import { eer } from '../../scoring/measures/eer.js';
import type { Measure } from '../../scoring/measures/measure.js';
import { type MeasureName, measures } from '../../scoring/measures/measure-table.js';
import type { ComparedSystem, Comparison } from './comparison.js';
import { formatConfidence } from './comparison-details.js';
import {
  formatChangeInterval,
  formatDifference,
  formatMeasure,
  formatMeasureInterval,
} from '../text/interval-format.js';
import { formatBytes, formatCount, formatDuration, formatRelative } from '../text/number-format.js';
import { relativeChange } from './relative-change.js';
import { type Column, formatTable, type TableOptions, tableWidth, WIDEST } from '../text/table.js';
import { trainingBytes, trainingSeconds } from './training-cost.js';
import { formatBareP } from './verdict-words.js';

/** One line of the table; `change` is left out where a relative figure says nothing. */
interface TableRow {
  readonly title: string;
  readonly value: (system: ComparedSystem) => string;
  readonly change?: (system: ComparedSystem) => string;
}

/** Systems that a page can show beside each other. */
const MOST_BESIDE = 3;

/** All figures. */
export function furtherTable(comparison: Comparison, style: TableOptions['style']): string {
  const beside = besideEachOther(comparison, style);
  const fits = style === 'markdown' ? comparison.systems.length <= MOST_BESIDE : tableWidth(beside) <= WIDEST;
  return fits ? beside : belowEachOther(comparison, style);
}

function besideEachOther(comparison: Comparison, style: TableOptions['style']): string {
  const { systems, baseline } = comparison;
  const columns: Column[] = [
    { title: '' },
    ...systems.flatMap(({ name }): Column[] =>
      name === baseline
        ? [{ title: `${name} (baseline)`, align: 'right' }]
        : [
            { title: name, align: 'right' },
            { title: 'change', align: 'right' },
          ],
    ),
  ];
  const rows = tableRows(comparison).map(({ title, value, change }) => [
    title,
    ...systems.flatMap((system) =>
      system.name === baseline ? [value(system)] : [value(system), change?.(system) ?? ''],
    ),
  ]);
  return formatTable(columns, rows, { style });
}

/** What matters most of each system, on one row. */
export function mainTable(comparison: Comparison, style: TableOptions['style']): string {
  const { systems, baseline, verdicts } = comparison;
  const { value, interval, pValue } = measureRows(comparison, eer);
  const isBaseline = ({ name }: ComparedSystem) => name === baseline;
  const unlessBaseline = (cell: TableRow['change']) => (system: ComparedSystem) =>
    isBaseline(system) ? '' : (cell?.(system) ?? '');
  const outcomeOf = (system: ComparedSystem) =>
    isBaseline(system) ? 'baseline' : (verdicts.find((verdict) => verdict.system === system.name)?.outcome ?? '');
  return tableOf(systems, style, [
    { title: 'system', cell: ({ name }) => name },
    systems.some(({ runs }) => runs.length > 1) && right('seeds', ({ runs }) => String(runs.length)),
    systems.some(({ parameters }) => parameters !== undefined) &&
      right('parameters', ({ parameters }) => orDash(parameters, formatCount)),
    right(eer.title, value.value),
    interval && right(interval.title.trim(), interval.value),
    systems.length > 1 && right('change', unlessBaseline(value.change)),
    pValue && right('p', unlessBaseline(pValue.change)),
    systems.length > 1 && { title: 'result', cell: outcomeOf },
  ]);
}

type SystemColumn = Column & { readonly cell: (system: ComparedSystem) => string };

const right = (title: string, cell: SystemColumn['cell']): SystemColumn => ({ title, align: 'right', cell });

/** One row a system. */
function tableOf(
  systems: readonly ComparedSystem[],
  style: TableOptions['style'],
  all: readonly (SystemColumn | false | undefined)[],
): string {
  const columns = all.filter((column) => column !== false && column !== undefined);
  const rows = systems.map((system) => columns.map(({ cell }) => cell(system)));
  return formatTable(columns, rows, { style });
}

/** What the main table leaves out. */
function belowEachOther(comparison: Comparison, style: TableOptions['style']): string {
  const { systems, macsDuration } = comparison;
  const { interval } = measureRows(comparison, eer);
  return tableOf(systems, style, [
    { title: 'system', cell: ({ name }) => name },
    systems.some(({ macs }) => macs !== undefined) &&
      right(`MACs (${macsDuration} s)`, ({ macs }) => orDash(macs, formatCount)),
    systems.some(({ realTimeFactor }) => realTimeFactor !== undefined) &&
      right('RTF', ({ realTimeFactor }) => orDash(realTimeFactor, formatFactor)),
    timed(systems) && right('training', (system) => orDash(trainingSeconds(system), formatDuration)),
    interval && right(`change: ${interval.title.trim()}`, (system) => interval.change?.(system) ?? ''),
    ...knownOf(systems, measures)
      .filter(({ shown }) => shown.includes('many systems'))
      .map((measure) => right(measure.title, (system) => formatMeasure(measure, system[measure.name]))),
  ]);
}

function tableRows(comparison: Comparison): TableRow[] {
  const { systems, relative, macsDuration } = comparison;
  const some = (key: keyof ComparedSystem) => systems.some((system) => system[key] !== undefined);
  const text = (title: string, key: 'model' | 'positional' | 'backend'): TableRow => ({
    title,
    value: (system) => system[key] ?? '-',
  });
  const size = (title: string, key: 'parameters' | 'macs' | 'bytes', format = formatCount): TableRow => ({
    title,
    value: (system) => orDash(system[key], format),
    change: ({ name }) => orDash(relative[name][key], formatRelative),
  });
  const peak = (system: ComparedSystem) => system.extraction?.lengths[0]?.peakBytes;
  const base = systems.find(({ name }) => name === comparison.baseline)!;
  const against = (value: number | undefined, reference: number | undefined) =>
    value === undefined || !reference ? '' : formatRelative(value / reference - 1);
  const rows: (TableRow | false | undefined)[] = [
    some('model') && text('model', 'model'),
    some('positional') && text('positional encoding', 'positional'),
    some('backend') && text('back-end', 'backend'),
    some('parameters') && size('parameters', 'parameters'),
    some('macs') && size(`MACs (${macsDuration} s)`, 'macs'),
    some('bytes') && size('size', 'bytes', formatBytes),
    ...knownOf(systems, inRowOrder())
      .filter(({ shown }) => shown.includes('comparison'))
      .flatMap((measure): TableRow[] => {
        const { value, ...tests } = measureRows(comparison, measure);
        return [value, ...(measure.shown.includes('tested') ? Object.values(tests) : [])];
      }),
    some('realTimeFactor') && {
      title: `real-time factor (${macsDuration} s)`,
      value: ({ realTimeFactor }) => orDash(realTimeFactor, formatFactor),
      change: ({ realTimeFactor }) => against(realTimeFactor, base.realTimeFactor),
    },
    systems.some(peak) && {
      title: `memory to embed (${macsDuration} s)`,
      value: (system) => orDash(peak(system), formatBytes),
      change: (system) => against(peak(system), peak(base)),
    },
    timed(systems) && {
      title: 'training time (a seed)',
      value: (system) => orDash(trainingSeconds(system), formatDuration),
      change: (system) => against(trainingSeconds(system), trainingSeconds(base)),
    },
    systems.some(trainingBytes) && {
      title: 'memory to train',
      value: (system) => orDash(trainingBytes(system), formatBytes),
      change: (system) => against(trainingBytes(system), trainingBytes(base)),
    },
  ];
  return rows.filter((row) => row !== false && row !== undefined);
}

const knownOf = (systems: readonly ComparedSystem[], all: readonly Measure<MeasureName>[]) =>
  all.filter(({ name }) => systems.some((system) => system[name] !== undefined));

/** Of any scores, then of log-likelihood ratios: there Cllr, which is of all priors, before costs at one. */
function inRowOrder(): readonly Measure<MeasureName>[] {
  const groupOf = ({ needsLlrs, pTarget }: Measure) => (needsLlrs ? (pTarget === undefined ? 1 : 2) : 0);
  return measures.toSorted((a, b) => groupOf(a) - groupOf(b));
}

/** One time by itself says nothing beside systems that it cannot be compared with. */
const timed = (systems: readonly ComparedSystem[]): boolean =>
  systems.length === 1 ? systems.some(trainingSeconds) : systems.filter(trainingSeconds).length > 1;

interface MeasureRows {
  readonly value: TableRow;
  readonly interval?: TableRow;
  readonly pValue?: TableRow;
}

/** A measure with its change, and where speakers are known both intervals and the p-value. */
function measureRows(
  { differences, systems, baseline, confidence }: Comparison,
  measure: Measure<MeasureName>,
): MeasureRows {
  const { name, title, longTitle = title } = measure;
  const base = systems.find((system) => system.name === baseline)!;
  const differenceOf = (system: ComparedSystem) => differences[system.name]?.[name];
  const figureOf = (system: ComparedSystem) => system.figures?.[name];
  const value: TableRow = {
    title: longTitle,
    value: (system) => formatMeasure(measure, system[name]),
    change: (system) => {
      const [own, reference] = [system[name], base[name]];
      if (own === undefined || reference === undefined) return '';
      const change = relativeChange(own, reference);
      return Number.isFinite(change) ? formatRelative(change) : formatDifference(measure, own - reference);
    },
  };
  if (!systems.some(figureOf)) return { value };
  return {
    value,
    interval: {
      title: `  ${formatConfidence(confidence)} interval`,
      value: (system) => formatMeasureInterval(measure, figureOf(system)?.interval),
      change: (system) => formatChangeInterval(measure, differenceOf(system)),
    },
    ...(systems.some(differenceOf) && {
      pValue: { title: '  p-value', value: () => '', change: (system) => formatBareP(differenceOf(system)) },
    }),
  };
}

const orDash = (value: number | undefined, format: (value: number) => string) =>
  value === undefined ? '-' : format(value);

const formatFactor = (factor: number) => (factor < 0.1 ? String(Number(factor.toPrecision(2))) : factor.toFixed(2));

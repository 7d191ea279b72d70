/**
 * @file A comparison as text: tables for the terminal or for Markdown, its conditions, verdicts and notes.
 *
 * Few systems stand beside each other, each but the baseline followed by its change relative to the baseline; where that
 * gets wider than a terminal (on a page: of more than three systems), each system has one row. Rates are in percent. A change
 * relative to an error-free baseline is given in points, or as a plain difference.
 */
import { eer } from '../../scoring/measures/eer.js';
import type { Measure } from '../../scoring/measures/measure.js';
import { type MeasureName, measures } from '../../scoring/measures/measure-table.js';
import type { ComparedSystem, Comparison } from './comparison.js';
import {
  formatChangeInterval,
  formatDifference,
  formatMeasure,
  formatMeasureInterval,
} from '../text/interval-format.js';
import { formatBytes, formatCount, formatDuration, formatRelative } from '../text/number-format.js';
import { relativeChange } from './relative-change.js';
import { robustnessConditions, robustnessTable } from './robustness-table.js';
import { seedTable } from './seed-table.js';
import { type Column, formatTable, type TableOptions, tableWidth, WIDEST } from '../text/table.js';
import { trainingBytes, trainingSeconds } from './training-cost.js';
import { formatBareP } from './verdict.js';

/** One line of the table; `change` is left out where a relative figure says nothing. */
interface TableRow {
  readonly title: string;
  readonly value: (system: ComparedSystem) => string;
  readonly change?: (system: ComparedSystem) => string;
}

/** The tables that `acanet compare` prints, followed by their conditions and a sentence for each system. */
export function formatComparison(comparison: Comparison, { style = 'plain' }: TableOptions = {}): string {
  const markdown = style === 'markdown';
  const { partial, verdicts, notes, robustness } = comparison;
  const mark = partial === undefined ? [] : [`${markdown ? `**${partial}**` : `! ${partial}`}\n`];
  const lines = [
    conditions(comparison),
    ...costConditions(comparison),
    ...verdicts.map(({ sentence }) => sentence),
    ...(robustness
      ? [
          robustnessConditions(
            robustness,
            comparison.systems.map(({ name }) => name),
          ),
        ]
      : []),
    ...notes,
  ];
  return [
    ...mark,
    systemTable(comparison, style),
    ...(comparison.systems.some(({ runs }) => runs.length > 1) ? [seedTable(comparison, style)] : []),
    ...(robustness ? [robustnessTable(robustness, comparison, { style })] : []),
    lines.map((line) => `${markdown ? '- ' : ''}${line}\n`).join(''),
  ].join('\n');
}

/** Systems that a page can show beside each other. */
const MOST_BESIDE = 3;

function systemTable(comparison: Comparison, style: TableOptions['style']): string {
  const beside = besideEachOther(comparison);
  const fits =
    style === 'markdown'
      ? comparison.systems.length <= MOST_BESIDE
      : tableWidth(formatTable(beside.columns, beside.rows)) <= WIDEST;
  const { columns, rows } = fits ? beside : belowEachOther(comparison);
  return formatTable(columns, rows, { style });
}

interface TableContent {
  readonly columns: Column[];
  readonly rows: string[][];
}

function besideEachOther(comparison: Comparison): TableContent {
  const { systems, baseline } = comparison;
  const columns: Column[] = [
    { title: '' },
    ...systems.flatMap(({ name }): Column[] =>
      name === baseline
        ? [{ title: `${name} (baseline)`, align: 'right' }]
        : [
            { title: name, align: 'right' },
            { title: 'vs baseline', align: 'right' },
          ],
    ),
  ];
  const rows = tableRows(comparison).map(({ title, value, change }) => [
    title,
    ...systems.flatMap((system) =>
      system.name === baseline ? [value(system)] : [value(system), change?.(system) ?? ''],
    ),
  ]);
  return { columns, rows };
}

/** What matters most of each system, on one row. */
function belowEachOther(comparison: Comparison): TableContent {
  const { systems, baseline, macsDuration } = comparison;
  const ofEer = measureRows(comparison, eer);
  const isBaseline = ({ name }: ComparedSystem) => name === baseline;
  const all: (false | (Column & { cell: (system: ComparedSystem) => string }))[] = [
    { title: 'system', cell: (system) => `${system.name}${isBaseline(system) ? ' (baseline)' : ''}` },
    systems.some(({ runs }) => runs.length > 1) && {
      title: 'seeds',
      align: 'right',
      cell: ({ runs }) => String(runs.length),
    },
    systems.some(({ parameters }) => parameters !== undefined) && {
      title: 'params',
      align: 'right',
      cell: ({ parameters }) => orDash(parameters, formatCount),
    },
    systems.some(({ macs }) => macs !== undefined) && {
      title: `MACs (${macsDuration} s)`,
      align: 'right',
      cell: ({ macs }) => orDash(macs, formatCount),
    },
    systems.some(({ realTimeFactor }) => realTimeFactor !== undefined) && {
      title: 'RTF',
      align: 'right',
      cell: ({ realTimeFactor }) => orDash(realTimeFactor, formatFactor),
    },
    timed(systems) && {
      title: 'training',
      align: 'right',
      cell: (system) => orDash(trainingSeconds(system), formatDuration),
    },
    { title: eer.title, align: 'right', cell: ofEer.value.value },
    ...(ofEer.interval
      ? [{ title: formatConfidence(comparison.confidence), align: 'right' as const, cell: ofEer.interval.value }]
      : []),
    {
      title: 'change',
      align: 'right',
      cell: (system) => (isBaseline(system) ? '' : (ofEer.value.change?.(system) ?? '')),
    },
    ofEer.pValue !== undefined && {
      title: 'p',
      align: 'right',
      cell: (system) => (isBaseline(system) ? '' : (ofEer.pValue?.change?.(system) ?? '').replace(/^= /, '')),
    },
    ...knownOf(systems, measures)
      .filter(({ shown }) => shown.includes('many systems'))
      .map((measure) => ({
        title: measure.title,
        align: 'right' as const,
        cell: (system: ComparedSystem) => formatMeasure(measure, system[measure.name]),
      })),
  ];
  const columns = all.filter((column) => column !== false);
  return { columns, rows: systems.map((system) => columns.map(({ cell }) => cell(system))) };
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

function conditions(comparison: Comparison): string {
  const { trials, targets, nontargets } = comparison;
  return `${trials} trials (${targets} target, ${nontargets} nontarget); ${describeIntervals(comparison)}`;
}

/** What intervals are made of, or why there are none. */
export function describeIntervals({ bootstrap, noIntervals, systems, confidence }: Comparison): string {
  if (!bootstrap) return `no intervals: ${noIntervals}`;
  const seeded = systems.some(({ runs }) => runs.length > 1);
  return `${formatConfidence(confidence)} intervals from ${describeSpeakers(bootstrap)}${seeded ? ', and from the seeds' : ''}`;
}

function describeSpeakers({ speakers, groups, resamples, seed }: NonNullable<Comparison['bootstrap']>): string {
  const left = groups === speakers ? `the ${speakers} speakers` : `${groups} random groups of the ${speakers} speakers`;
  return `leaving out each of ${left} in turn and ${resamples} resamples of them (seed ${seed})`;
}

/** What was measured, and on what; systems measured elsewhere are named. */
function costConditions({ systems, macsDuration }: Comparison): string[] {
  const places = new Map<string, string[]>();
  for (const { name, extraction } of systems) {
    if (!extraction) continue;
    const { engine, threads, machine } = extraction;
    const place = `${engine}, ${threads} thread${threads === 1 ? '' : 's'} (${machine})`;
    places.set(place, [...(places.get(place) ?? []), name]);
  }
  if (places.size === 0) return [];
  const list = Array.from(places, ([place, names]) => (places.size === 1 ? place : `${names.join(', ')} ${place}`));
  return [
    `real-time factor: seconds in the network for a second of speech, of ${macsDuration} s at a time; memory: of the whole process; ${list.join('; ')}`,
  ];
}

const formatConfidence = (confidence: number) => `${Number((100 * confidence).toPrecision(4))} %`;

const orDash = (value: number | undefined, format: (value: number) => string) =>
  value === undefined ? '-' : format(value);

const formatFactor = (factor: number) => (factor < 0.1 ? String(Number(factor.toPrecision(2))) : factor.toFixed(2));

/**
 * @file An ablation as its readers get it: one table for the terminal or for Markdown, `ablation.json` and
 * `ablation.csv`.
 *
 * Tables print rates in percent; the files hold fractions.
 */
import { join } from 'node:path';
import type { Interval } from '../../scoring/intervals/confidence-interval.js';
import { writeFileAtomic, writeJsonAtomic } from '../../storage/atomic-write.js';
import { standardDeviation } from '../../statistics.js';
import type { Ablation, AblationFigures, AblationRow } from './ablation.js';
import { formatCount, formatPercent, formatRelative } from '../text/number-format.js';
import { type Column, formatTable, type TableOptions } from '../text/table.js';
import { formatPValue } from './verdict-words.js';
import { toCsv } from '../../storage/csv.js';

const OUTPUTS = ['ablation.json', 'ablation.csv', 'ablation.txt', 'ablation.md'];

/** Writes `ablation.json`, `.csv`, `.txt` and `.md` into a folder; returns their names. */
export function writeAblation(dir: string, ablation: Ablation): string[] {
  const [json, csv, text, markdown] = OUTPUTS.map((file) => join(dir, file));
  writeJsonAtomic(json, ablation);
  writeFileAtomic(csv, ablationCsv(ablation));
  writeFileAtomic(text, formatAblation(ablation));
  writeFileAtomic(markdown, formatAblation(ablation, { style: 'markdown' }));
  return OUTPUTS;
}

/** The table, and the conditions under which it was made. */
export function formatAblation(ablation: Ablation, { style = 'plain' }: TableOptions = {}): string {
  const markdown = style === 'markdown';
  const { partial, test, confidence } = ablation;
  const percent = Number((100 * confidence).toPrecision(4));
  const right = (title: string): Column => ({ title, align: 'right' });
  const seeds = Math.max(...rowsOf(ablation).map(({ development }) => development.runs.length));
  const columns: Column[] = [
    { title: 'axis' },
    { title: 'value' },
    right('parameters'),
    right('development EER'),
    ...(seeds > 1 ? [right('± seeds')] : []),
    right(`${percent} % interval`),
    right('change'),
    right(`${percent} % interval`),
    right('p'),
    ...(test ? [right('test EER'), right('change')] : []),
  ];
  const rows = ablation.axes.flatMap(({ name, rows: axisRows }) =>
    axisRows.map((row, i) => [
      i === 0 ? name : '',
      `${row.label}${describeMarks(row)}`,
      formatCount(row.parameters),
      formatPercent(row.development.eer),
      ...(seeds > 1 ? [formatSpread(row.development.runs)] : []),
      formatInterval(row.development.interval, (end) => (100 * end).toFixed(2)),
      ...formatChange(row),
      ...(row.test ? [formatPercent(row.test.eer), row.base ? '' : formatRelative(row.test.change!)] : []),
    ]),
  );
  const mark = partial === undefined ? '' : `${markdown ? `**${partial}**` : `! ${partial}`}\n\n`;
  const lines = [...conditions(ablation, seeds), ...ablation.notes];
  const bullet = markdown ? '- ' : '';
  return `${mark}${formatTable(columns, rows, { style })}\n${lines.map((line) => `${bullet}${line}\n`).join('')}`;
}

/** One row for each value of each axis, with a header; empty cells where a figure does not apply. */
export function ablationCsv({ axes, partial }: Ablation): string {
  const rows = axes.flatMap(({ name: axis, rows: axisRows }) =>
    axisRows.map(({ label, system, base, best, parameters, macs, development, test }) => ({
      axis,
      value: label,
      system,
      base: base ? 'yes' : 'no',
      lowestDevelopmentEer: best ? 'yes' : 'no',
      parameters,
      macs,
      runs: development.runs.length,
      ...figureCells('development', development),
      ...(test && figureCells('test', test)),
      ...(partial !== undefined && { partial }),
    })),
  );
  return toCsv(rows, { header: true });
}

function figureCells(set: string, { eer, runs, interval, change, changeInterval, pValue }: AblationFigures) {
  return Object.fromEntries(
    Object.entries({
      Eer: eer,
      EerOfRuns: runs.join(' '),
      EerLow: interval?.[0],
      EerHigh: interval?.[1],
      Change: change,
      ChangeLow: changeInterval?.[0],
      ChangeHigh: changeInterval?.[1],
      PValue: pValue,
    }).map(([name, value]) => [`${set}${name}`, value]),
  );
}

/** ` (base, best)` */
function describeMarks({ base, best }: AblationRow): string {
  const marks = [...(base ? ['base'] : []), ...(best ? ['best'] : [])];
  return marks.length > 0 ? ` (${marks.join(', ')})` : '';
}

const rowsOf = ({ axes }: Ablation): AblationRow[] => axes.flatMap(({ rows }) => rows);

/** The base has no change, only a place that others are compared with. */
function formatChange({ base, development: { change, changeInterval, pValue } }: AblationRow): string[] {
  if (base || change === undefined) return ['', '', ''];
  return [
    formatRelative(change),
    formatInterval(changeInterval, (end) => formatRelative(end).replace(/ %$/, '')),
    pValue === undefined ? '-' : formatPValue(pValue).replace(/^p (= )?/, ''),
  ];
}

/** Standard deviation over the seeds. */
function formatSpread(runs: readonly number[]): string {
  const spread = standardDeviation(runs);
  return spread === undefined ? '-' : (100 * spread).toFixed(2);
}

const formatInterval = (interval: Interval | undefined, format: (end: number) => string) =>
  interval ? `${format(interval[0])} to ${format(interval[1])} %` : '-';

function conditions({ base, development, test, axes }: Ablation, seeds: number): string[] {
  const { trials, targets, nontargets, speakers, noIntervals } = development;
  const others = new Set(axes.flatMap(({ rows }) => rows.map(({ system }) => system))).size - 1;
  const trained = seeds > 1 ? `, each the mean over up to ${seeds} seeds (±: their standard deviation)` : '';
  return [
    `best: the lowest development EER of its axis. Changes are relative to ${base}, the base.`,
    `Development EER: of ${trials} trials (${targets} target, ${nontargets} nontarget) of ${speakers} speakers${trained}.`,
    ...(noIntervals === undefined ? [] : [`There are no intervals: ${noIntervals}.`]),
    ...(others > 5
      ? [`${others} variants are compared with the base. By chance alone, about one in twenty has p < 0.05.`]
      : []),
    test
      ? 'Test EER: only to be looked at. Of a variant that was chosen by it, it is too low.'
      : 'The test trials are kept back (evaluate: development).',
  ];
}

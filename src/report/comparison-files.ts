/**
 * @file A comparison as its readers get it: a table for the terminal or for Markdown, `compare.json` and `compare.csv`.
 *
 * Tables print rates in percent; the files hold fractions. In the table each system but the baseline is followed by
 * its change relative to the baseline.
 */
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import type { Interval } from '../scoring/confidence-interval.js';
import { writeFileAtomic, writeJsonAtomic } from '../storage/atomic-write.js';
import type { Comparison, RelativeFigures } from './comparison.js';
import { formatBytes, formatCount, formatPercent, formatRelative } from './number-format.js';
import { type Column, formatTable, type TableOptions } from './table.js';

type System = Comparison['systems'][number];

/** One line of the table; `change` is left out where a relative figure says nothing. */
interface TableRow {
  readonly title: string;
  readonly value: (system: System) => string;
  readonly change?: (relative: RelativeFigures) => string;
}

/** The table that `acanet compare` prints, followed by its conditions and a sentence for each system. */
export function formatComparison(comparison: Comparison, { style = 'plain' }: TableOptions = {}): string {
  const { systems, relative } = comparison;
  const columns: Column[] = [
    { title: '' },
    ...systems.flatMap(({ name }): Column[] =>
      name === comparison.baseline
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
      system.name === comparison.baseline
        ? [value(system)]
        : [value(system), change ? change(relative[system.name]) : ''],
    ),
  ]);
  const markdown = style === 'markdown';
  const bullet = markdown ? '- ' : '';
  const { partial } = comparison;
  const mark = partial === undefined ? '' : `${markdown ? `**${partial}**` : `! ${partial}`}\n\n`;
  const lines = [...conditions(comparison), ...verdicts(comparison), ...comparison.notes];
  return `${mark}${formatTable(columns, rows, { style })}\n${lines.map((line) => `${bullet}${line}\n`).join('')}`;
}

/** Writes `compare.json`, `compare.csv`, `compare.txt` and `compare.md` into a folder; returns their paths. */
export function writeComparison(dir: string, comparison: Comparison): string[] {
  const [json, csv, text, markdown] = ['json', 'csv', 'txt', 'md'].map((type) => join(dir, `compare.${type}`));
  writeJsonAtomic(json, comparison);
  writeFileAtomic(csv, comparisonCsv(comparison));
  writeFileAtomic(text, formatComparison(comparison));
  writeFileAtomic(markdown, formatComparison(comparison, { style: 'markdown' }));
  return [json, csv, text, markdown];
}

/** One row a system, with a header; empty cells where a figure does not apply. */
export function comparisonCsv({ systems, relative, baseline, partial }: Comparison): string {
  const rows = systems.map((system) => {
    const change: Partial<RelativeFigures> = relative[system.name] ?? {};
    return {
      name: system.name,
      model: system.model,
      baseline: system.name === baseline ? 'yes' : 'no',
      positional: system.positional,
      parameters: system.parameters,
      macs: system.macs,
      bytes: system.bytes,
      eer: system.eer,
      eerLow: system.eerInterval?.[0],
      eerHigh: system.eerInterval?.[1],
      minDcf: system.minDcf,
      minDcf005: system.minDcf005,
      minDcf0001: system.minDcf0001,
      extractionRate: system.extractionRate,
      relativeParameters: change.parameters,
      relativeMacs: change.macs,
      relativeEer: change.eer,
      relativeEerLow: change.eerInterval?.[0],
      relativeEerHigh: change.eerInterval?.[1],
      relativeEerPValue: change.eerPValue,
      relativeMinDcf: change.minDcf,
      ...(partial !== undefined && { partial }),
    };
  });
  return stringify(rows, { header: true });
}

function tableRows({ systems, macsDuration, confidence }: Comparison): TableRow[] {
  const figure = (title: string, key: 'minDcf' | 'minDcf005' | 'minDcf0001'): TableRow => ({
    title,
    value: (system) => system[key].toFixed(3),
    change: (relative) => formatRelative(relative[key]),
  });
  const rows: (TableRow | false)[] = [
    { title: 'model', value: ({ model }) => model },
    systems.some(({ positional }) => positional) && {
      title: 'positional encoding',
      value: ({ positional }) => positional ?? '-',
    },
    {
      title: 'parameters',
      value: ({ parameters }) => formatCount(parameters),
      change: ({ parameters }) => formatRelative(parameters),
    },
    {
      title: `MACs (${macsDuration} s)`,
      value: ({ macs }) => formatCount(macs),
      change: ({ macs }) => formatRelative(macs),
    },
    { title: 'size', value: ({ bytes }) => formatBytes(bytes), change: ({ bytes }) => formatRelative(bytes) },
    { title: 'EER', value: ({ eer }) => formatPercent(eer), change: ({ eer }) => formatRelative(eer) },
    systems.some(({ eerInterval }) => eerInterval) && {
      title: `  ${formatConfidence(confidence)} interval`,
      value: ({ eerInterval }) => formatInterval(eerInterval, (end) => (100 * end).toFixed(2)),
      change: ({ eerInterval }) => formatInterval(eerInterval, (end) => formatRelative(end).replace(/ %$/, '')),
    },
    figure('minDCF (p = 0.01)', 'minDcf'),
    figure('minDCF (p = 0.05)', 'minDcf005'),
    figure('minDCF (p = 0.001)', 'minDcf0001'),
    {
      title: 'extraction (s of speech / s)',
      value: ({ extractionRate }) => formatCount(extractionRate),
      change: ({ extractionRate }) => formatRelative(extractionRate),
    },
  ];
  return rows.filter((row) => row !== false);
}

const formatConfidence = (confidence: number) => `${Number((100 * confidence).toPrecision(4))} %`;

const formatInterval = (interval: Interval | undefined, format: (end: number) => string) =>
  interval ? `${format(interval[0])} to ${format(interval[1])} %` : '-';

function conditions({ trials, targets, nontargets, bootstrap }: Comparison): string[] {
  const resampled = bootstrap
    ? `; intervals from ${bootstrap.resamples} resamples of the ${bootstrap.speakers} speakers (seed ${bootstrap.seed})`
    : '';
  return [`${trials} trials (${targets} target, ${nontargets} nontarget)${resampled}`];
}

/** What may be said of each system's EER: only a difference with p below 1 - confidence counts as one. */
function verdicts({ relative, baseline, confidence }: Comparison): string[] {
  return Object.entries(relative).flatMap(([name, { eer, eerPValue }]) => {
    if (eerPValue === undefined) return [];
    const verdict = eerPValue >= 1 - confidence ? 'no difference shown' : eer < 0 ? 'fewer errors' : 'more errors';
    const p = eerPValue < 0.001 ? 'p < 0.001' : `p = ${eerPValue.toFixed(3)}`;
    const change = `EER ${formatRelative(eer)} relative to ${baseline}`;
    return [`${name}: ${change}, ${p}: ${verdict} at the ${formatConfidence(confidence)} level`];
  });
}

/** @file The head of the report: the verdict, what was compared with what, and the main table. */
import type { Measure } from '../../scoring/measures/measure.js';
import { type MeasureName, measureNamed, measures } from '../../scoring/measures/measure-table.js';
import { forPage } from '../figures/chart.js';
import type { SystemStyle, SystemStyles } from '../figures/palette.js';
import { formatChangeInterval, formatDifference, formatInterval, formatMeasure } from '../text/interval-format.js';
import { formatBytes, formatCount, formatDuration, formatRate, formatRelative } from '../text/number-format.js';
import type { Compared, ComparedSystem, VerdictWords } from '../comparison/report-view.js';
import { escapeMarkup } from '../text/escape.js';
import { notesMarkup, pageSection, type PageSection, partialMarkup } from './markup.js';

export function summarySection(compared: Compared, styles: SystemStyles): PageSection {
  const { partial, notes, verdicts, baseline, details } = compared;
  const said =
    verdicts.length > 0
      ? verdicts.map(verdictMarkup)
      : [`<p>Only ${escapeMarkup(baseline)} was evaluated: there is nothing to compare it with.</p>`];
  return pageSection(
    'summary',
    'Summary',
    [
      ...(partial === undefined ? [] : [partialMarkup(partial)]),
      `<div class="verdict">${said.join('')}</div>`,
      systemTable(compared, { styles, caption: 'Errors of the systems', all: errorColumns() }),
      systemTable(compared, { styles, caption: 'Cost of the systems', all: costColumns(compared.macsDuration) }),
      ...(notes.length > 0 ? [notesMarkup(notes)] : []),
      `<details><summary>Details</summary>\n${notesMarkup(details)}</details>`,
    ].join('\n'),
  );
}

function verdictMarkup({ headline, sentences, claim }: VerdictWords): string {
  const text = `<p><strong>${escapeMarkup(headline)}</strong> ${escapeMarkup(sentences.join(' '))}</p>`;
  return claim === undefined ? text : `${text}<p>${escapeMarkup(claim)}</p>`;
}

interface Column {
  readonly title: string;
  readonly value: (system: ComparedSystem) => string | undefined;
  /** In small print below. */
  readonly under?: (system: ComparedSystem) => string | undefined;
}

/** How well the systems do. */
const errorColumns = (): readonly Column[] =>
  measures
    .filter(({ shown }) => shown.includes('page'))
    .flatMap((measure) => [measureColumn(measure), ...(measure.name === 'eer' ? [changeColumn] : [])]);

const changeColumn: Column = {
  title: 'change of the EER',
  value: ({ change }) =>
    change &&
    // Where the baseline makes no errors, in points.
    (change.difference && !Number.isFinite(change.eer)
      ? formatDifference(measureNamed('eer'), change.difference.difference)
      : formatRelative(change.eer)),
  under: ({ change }) => change?.difference && formatChangeInterval(measureNamed('eer'), change.difference),
};

/** What they take for it. */
const costColumns = (macsDuration: number): readonly Column[] => [
  numberColumn('parameters', ({ parameters }) => parameters, formatCount),
  numberColumn(`MACs (${macsDuration} s)`, ({ macs }) => macs, formatCount),
  numberColumn('size', ({ bytes }) => bytes, formatBytes),
  numberColumn(
    'time for a second of speech',
    ({ realTimeFactor }) => realTimeFactor,
    (factor) => `${(1000 * factor).toPrecision(3)} ms`,
  ),
  numberColumn('peak memory', ({ peakMemory }) => peakMemory, formatBytes),
  numberColumn('training', ({ trainingSeconds }) => trainingSeconds, formatDuration),
];

/** One row a system; columns that no system has a value for are left out. */
function systemTable(
  { systems }: Compared,
  { styles, caption, all }: { styles: SystemStyles; caption: string; all: readonly Column[] },
): string {
  const columns = all.filter(({ value }) => systems.some(value));
  if (columns.length === 0) return '';
  const rows = systems.map((system) => {
    const { name, model, isBaseline, runs } = system;
    const kind = [model, isBaseline ? 'baseline' : '', runs > 1 ? `${runs} trainings` : ''].filter(Boolean).join(', ');
    const cells = columns.map(({ value, under }) => cell(value(system) ?? '', under?.(system)));
    return (
      `<tr${isBaseline ? ' class="marked"' : ''}><th scope="row">${lineKey(styles.get(name)!)}${escapeMarkup(name)}` +
      `<small>${escapeMarkup(kind)}</small></th>${cells.join('')}</tr>`
    );
  });
  const head = columns.map(({ title }) => `<th scope="col" class="figures">${escapeMarkup(title)}</th>`).join('');
  return (
    `<div class="scroll" role="group" aria-label="${caption}"><table><caption class="heard">${caption}</caption>` +
    `<thead><tr><th scope="col">system</th>${head}</tr></thead>\n<tbody>${rows.join('\n')}</tbody></table></div>`
  );
}

const cell = (value: string, under?: string) =>
  `<td class="figures">${escapeMarkup(value)}${under ? `<small>${escapeMarkup(under)}</small>` : ''}</td>`;

function measureColumn(measure: Measure<MeasureName>): Column {
  const { name, title } = measure;
  const format = (value: number) => (measure.format === 'percent' ? formatRate(value) : formatMeasure(measure, value));
  return {
    title,
    value: ({ measures }) => measures[name] && format(measures[name].value),
    under: ({ measures }) => {
      const interval = measures[name]?.interval;
      return interval && formatInterval(interval, format);
    },
  };
}

function numberColumn(
  title: string,
  of: (system: ComparedSystem) => number | undefined,
  format: (value: number) => string,
): Column {
  return {
    title,
    value: (system) => {
      const value = of(system);
      return value === undefined ? undefined : format(value);
    },
  };
}

/** A bit of the system's line, as in the figures. */
function lineKey({ color, dash }: SystemStyle): string {
  const dashes = dash === 'solid' ? '' : ` stroke-dasharray="${dash.join(' ')}"`;
  return forPage(
    `<svg class="key" viewBox="0 0 28 10"><line x1="1" y1="5" x2="27" y2="5" stroke="${color}" stroke-width="3"${dashes}/></svg>`,
  );
}

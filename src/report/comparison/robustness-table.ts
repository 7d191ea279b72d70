/**
 * @file Robustness as text: a table with a row a condition, sentences on how it was tested, and CSV.
 *
 * Each system but the baseline is followed by its change relative to the baseline, with interval and p-value. Where
 * that gets wider than a terminal, each system is a row with its changes below, and intervals are left to the files.
 */
import { eer as measuredEer } from '../../scoring/measures/eer.js';
import { formatChangeInterval, formatDifference } from '../text/interval-format.js';
import { formatPercent, formatRelative } from '../text/number-format.js';
import type { ConditionSystem, Robustness, TestedUnder } from './robustness.js';
import { type Column, formatTable, type TableOptions, tableWidth, WIDEST } from '../text/table.js';
import { formatBareP } from './verdict-words.js';
import { toCsv } from '../../storage/csv.js';

interface Compared {
  readonly baseline: string;
  readonly confidence: number;
}

/** EERs under each condition. */
export const robustnessTable = (robustness: Robustness, compared: Compared, options: TableOptions = {}): string =>
  conditionsTable('robustness: EER', robustness.conditions, compared, options);

/** Systems that were tested on the same trials. */
interface TestedTogether {
  readonly name: string;
  readonly systems: readonly TestedSystem[];
}
type TestedSystem = Pick<ConditionSystem, 'name' | 'eer' | 'relativeEer' | 'difference'>;

/** EERs of systems on several sets of trials, with changes where they fit in a terminal. */
export function conditionsTable(
  title: string,
  conditions: readonly TestedTogether[],
  compared: Compared,
  { style = 'plain' }: TableOptions = {},
): string {
  const beside = besideEachOther(title, conditions, compared);
  const fits = tableWidth(formatTable(beside.columns, beside.rows)) <= WIDEST;
  const { columns, rows } = fits ? beside : belowEachOther(title, conditions, compared);
  return formatTable(columns, rows, { style });
}

interface TableContent {
  readonly columns: Column[];
  readonly rows: string[][];
}

function besideEachOther(
  title: string,
  conditions: readonly TestedTogether[],
  { baseline, confidence }: Compared,
): TableContent {
  const [{ systems }] = conditions;
  const measured = conditions.some((condition) => condition.systems.some(({ difference }) => difference));
  const compares = systems.some(({ name }) => name === baseline);
  const columns = systems.flatMap(({ name }): Column[] => [
    { title: name === baseline ? `${name} (baseline)` : name, align: 'right' },
    ...(name === baseline || !compares ? [] : [{ title: 'change', align: 'right' as const }]),
    ...(name === baseline || !measured
      ? []
      : [
          { title: `${Number((100 * confidence).toPrecision(4))} % interval`, align: 'right' as const },
          { title: 'p', align: 'right' as const },
        ]),
  ]);
  const rows = conditions.map(({ name: condition, systems }) => [
    condition,
    ...systems.flatMap((system) => [
      formatPercent(system.eer),
      ...(system.name === baseline || !compares ? [] : [formatChange(system, systems, baseline)]),
      ...(system.name === baseline || !measured
        ? []
        : [formatChangeInterval(measuredEer, system.difference), formatP(system)]),
    ]),
  ]);
  return { columns: [{ title }, ...columns], rows };
}

function belowEachOther(title: string, conditions: readonly TestedTogether[], { baseline }: Compared): TableContent {
  const [{ systems }] = conditions;
  const columns: Column[] = [{ title }, ...conditions.map(({ name }): Column => ({ title: name, align: 'right' }))];
  const rows = systems.flatMap(({ name }, i) => {
    const row = (name: string, cell: (system: TestedSystem, all: readonly TestedSystem[]) => string) => [
      name,
      ...conditions.map((condition) => cell(condition.systems[i], condition.systems)),
    ];
    if (name === baseline) return [row(`${name} (baseline)`, ({ eer }) => formatPercent(eer))];
    return [
      row(name, ({ eer }) => formatPercent(eer)),
      row('  change', (system, all) => formatChange(system, all, baseline)),
      row('  p', formatP),
    ].filter((cells, line) => line === 0 || cells.slice(1).some((cell) => cell !== ''));
  });
  return { columns, rows };
}

/** In points where the baseline makes no errors. */
function formatChange({ eer, relativeEer }: TestedSystem, all: readonly TestedSystem[], baseline: string): string {
  const base = all.find(({ name }) => name === baseline);
  if (!base || relativeEer === undefined) return '';
  return Number.isFinite(relativeEer) ? formatRelative(relativeEer) : formatDifference(measuredEer, eer - base.eer);
}

const formatP = ({ difference }: TestedSystem) => formatBareP(difference);

/** What was done to what, in sentences. @param names all systems that are compared */
export function robustnessConditions(
  { sides, utterances, noise, conditions }: Robustness,
  names: readonly string[],
): string[] {
  const untested = names.filter((name) => !conditions[0].systems.some((system) => system.name === name));
  const whole = conditions.flatMap(({ name, whole = 0 }) => (whole > 0 ? [`${whole} at ${name}`] : []));
  const some = (kind: TestedUnder['kind']) => conditions.some((condition) => condition.kind === kind);
  const where =
    sides === 'test' ? 'the test side of the trials only; enrolment stays as it is' : 'both sides of the trials';
  return [
    [
      `Robustness: the conditions change ${utterances} utterances, on ${where}.`,
      ...(some('duration') ? ['Cuts are at random places.'] : []),
      ...(whole.length > 0 ? [`Utterances no longer than the cut are left whole: ${whole.join(', ')}.`] : []),
      ...(some('snr') ? [`The noise is ${noise}, at signal-to-noise ratios over whole utterances.`] : []),
      ...(untested.length > 0 ? [`Not tested: ${untested.join(', ')}.`] : []),
      'All systems and trainings hear the same cuts and noise. Each p is of one condition by itself.',
    ].join(' '),
  ];
}

/** One row a condition and system, with a header; rates are fractions. */
export function robustnessCsv({ sides, utterances, conditions }: Robustness): string {
  const rows = conditions.flatMap(({ name: condition, kind, value, whole, systems }) =>
    systems.map(({ name, eer, eerInterval, minDcf, runs, relativeEer, difference }) => ({
      condition,
      kind,
      value,
      sides,
      utterances,
      whole,
      system: name,
      seeds: runs.length,
      eer,
      eerLow: eerInterval?.[0],
      eerHigh: eerInterval?.[1],
      minDcf,
      relativeEer: finite(relativeEer),
      relativeEerLow: finite(difference?.relativeInterval[0]),
      relativeEerHigh: finite(difference?.relativeInterval[1]),
      pValue: difference?.pValue,
      eerBySeed: runs.map((run) => run.eer).join(' '),
    })),
  );
  return toCsv(rows, { header: true });
}

/** A change from 0 has no size. */
const finite = (value: number | undefined | null) => (Number.isFinite(value) ? value : undefined);

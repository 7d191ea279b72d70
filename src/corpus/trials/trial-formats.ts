/**
 * @file The forms in which trial lists are found, told apart by themselves, and written.
 *
 *     kaldi      enroll test target|nontarget       Kaldi, WeSpeaker, SpeechBrain
 *     voxceleb   1|0 enroll test                    VoxCeleb's veri_test.txt
 *     binary     enroll test 1|0                    CN-Celeb's trials.lst, 3D-Speaker
 *     table      columns named by a first line, in any order, `Enrollment Test Key` (WSJ0-1talker) or `enroll,test,label`;
 *                separated by white space, commas or semicolons; labels in words or digits; other columns are ignored
 *
 * A list has one form throughout. A line such as `1 b 0` fits two: other lines decide; where none does, the list is
 * refused, as a guess would score the wrong pairs. Lists without a first line may be separated by commas too.
 */
import { UserError } from '../../errors.js';
import type { TextLine } from '../../storage/text-lines.js';
import type { Trial } from './trial.js';
import { toCsv, withoutApostrophe } from '../../storage/csv.js';

/** The forms that lists are written in. */
export const trialFormats = ['kaldi', 'voxceleb', 'csv'] as const;
export type TrialFormat = (typeof trialFormats)[number];

export const labelOf = (target: boolean) => (target ? 'target' : 'nontarget');

/** Lines of text for trials, in their order. */
export function formatTrials(format: TrialFormat, trials: readonly Trial[]): string {
  switch (format) {
    case 'kaldi':
      return trials.map(({ enroll, test, target }) => `${enroll} ${test} ${labelOf(target)}\n`).join('');
    case 'voxceleb':
      return trials.map(({ enroll, test, target }) => `${target ? 1 : 0} ${enroll} ${test}\n`).join('');
    case 'csv':
      return toCsv(trials.map(({ enroll, test, target }) => [enroll, test, labelOf(target)]));
  }
}

/** The first line that a format begins with, or nothing. */
export const headerOf = (format: TrialFormat): string => (format === 'csv' ? 'enroll,test,label\n' : '');

/** Which field is which. */
interface Layout {
  name: string;
  columns: number;
  enroll: number;
  test: number;
  label: number;
  labels: ReadonlyMap<string, boolean>;
}

const words = new Map([
  ['target', true],
  ['nontarget', false],
]);
const digits = new Map([
  ['1', true],
  ['0', false],
]);

const kaldi: Layout = { name: 'enroll test target|nontarget', columns: 3, enroll: 0, test: 1, label: 2, labels: words };
const voxceleb: Layout = { name: '1|0 enroll test', columns: 3, enroll: 1, test: 2, label: 0, labels: digits };
const binary: Layout = { name: 'enroll test 1|0', columns: 3, enroll: 0, test: 1, label: 2, labels: digits };
const layouts = [kaldi, voxceleb, binary];

/** What a column's name may be, folded to lower case letters and digits (`foldName`). */
export const columnNames = {
  enroll: /^(enroll?|enroll?ment|model|(enroll?|enroll?ment|model)(id|utt|utterance|file|path)|(utt|file|wav|path)1)$/,
  test: /^(test|segment|(test|segment)(id|utt|utterance|file|path)|(utt|file|wav|path)2)$/,
  label: /^(labels?|key|keys|target|trial|trialtype|targettype)$/,
};

/** A trial and where it stands. */
export interface ParsedTrial extends Trial {
  /** From 1. */
  line: number;
}

export interface ParseReport {
  /** The form that was found: `enroll test target|nontarget`, or the names of a table's columns. */
  form: string;
  /** Columns of a table that say nothing about the trial. */
  ignored: string[];
}

/**
 * The trials of a list's lines. Empty lines are passed over.
 * @param where names the list in messages
 * @returns how the list was understood, once all trials are taken
 * @throws UserError with file:line for a malformed line, a second form, or a list that fits several
 */
export function* parseTrials(lines: Iterable<TextLine>, where: string): Generator<ParsedTrial, ParseReport> {
  let split: ((text: string) => string[]) | undefined;
  let table: Layout | undefined;
  let ignored: string[] = [];
  let candidates: readonly Layout[] = layouts;
  let decidedOn = 0;
  /** Lines that came before the form was known. */
  let waiting: { fields: string[]; line: number }[] = [];

  for (const { text, number: line } of lines) {
    const trimmed = text.trim();
    if (trimmed === '') continue;
    if (!split) {
      split = splitterFor(trimmed);
      const names = split(trimmed);
      table = tableLayout(names, where, line);
      if (table) {
        const { enroll, test, label } = table;
        ignored = names.filter((_, column) => ![enroll, test, label].includes(column));
        continue;
      }
    }
    const fields = split(trimmed);
    const columns = table?.columns ?? 3;
    if (fields.length !== columns || fields.includes('')) {
      const expected = table ? `${columns} fields (${table.name})` : '3 fields (enroll test label)';
      const got = fields.length === columns ? 'an empty one' : fields.length;
      throw new UserError(`${where}:${line}: expected ${expected}, got ${got}: ${shorten(trimmed)}`);
    }
    if (table) {
      yield trialOf(table, fields, line, where);
      continue;
    }
    const fitting = candidates.length === 1 && fits(candidates[0], fields) ? candidates : narrow(candidates, fields);
    if (fitting.length === 0) throw new UserError(mixed(`${where}:${line}`, candidates, decidedOn, fields));
    if (fitting.length < candidates.length) decidedOn = line;
    candidates = fitting;
    if (candidates.length > 1) {
      waiting.push({ fields, line });
      continue;
    }
    for (const earlier of waiting) yield trialOf(candidates[0], earlier.fields, earlier.line, where);
    waiting = [];
    yield trialOf(candidates[0], fields, line, where);
  }

  if (waiting.length > 0) {
    // A word in the place of every label is one: nobody calls all test utterances "target" and "nontarget".
    const decided = candidates.includes(kaldi) ? kaldi : undefined;
    if (!decided) throw new UserError(ambiguous(where, candidates, waiting[0]));
    for (const { fields, line } of waiting) yield trialOf(decided, fields, line, where);
    candidates = [decided];
  }
  return { form: (table ?? candidates[0]).name, ignored };
}

/** The line, or its beginning. */
const shorten = (text: string) => JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);

const fits = ({ label, labels }: Layout, fields: readonly string[]) => labels.has(fields[label]);
const narrow = (candidates: readonly Layout[], fields: readonly string[]) =>
  candidates.filter((layout) => fits(layout, fields));

function trialOf(layout: Layout, fields: readonly string[], line: number, where: string): ParsedTrial {
  const label = fields[layout.label];
  const target = layout.labels.get(label);
  if (target === undefined) {
    throw new UserError(
      `${where}:${line}: expected target, nontarget, 1 or 0 as the label, got ${JSON.stringify(label)}`,
    );
  }
  const [enroll, test] = [fields[layout.enroll], fields[layout.test]];
  const spaced = [enroll, test].find((id) => /\s/.test(id));
  if (spaced !== undefined) {
    throw new UserError(`${where}:${line}: expected ids without white space, got ${JSON.stringify(spaced)}`);
  }
  return { enroll, test, target, line };
}

function mixed(at: string, candidates: readonly Layout[], decidedOn: number, fields: readonly string[]): string {
  const expected = candidates.map(({ name }) => `"${name}"`);
  const list = expected.length === 1 ? expected[0] : `${expected.slice(0, -1).join(', ')} or ${expected.at(-1)}`;
  const got = JSON.stringify(fields.join(' '));
  if (candidates.length === layouts.length) return `${at}: expected ${list}, got ${got}`;
  return (
    `${at}: expected ${list} as on line ${decidedOn}, got ${got}\n` +
    (narrow(layouts, fields).length > 0 ? 'A trial list has one format; convert one half.' : 'Mend or remove the line.')
  );
}

function ambiguous(where: string, candidates: readonly Layout[], { fields, line }: { fields: string[]; line: number }) {
  const names = candidates.map(({ name }) => `"${name}"`).join(' and ');
  return (
    `${where}:${line}: ambiguous: ${JSON.stringify(fields.join(' '))} and every other line fit ${names}\n` +
    'Say which by a first line that names the columns, such as: enroll test label'
  );
}

export const foldName = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** The layout that a first line of column names gives, if it is one. */
function tableLayout(names: readonly string[], where: string, line: number): Layout | undefined {
  const folded = names.map(foldName);
  const at = (kind: keyof typeof columnNames) =>
    folded.flatMap((name, column) => (columnNames[kind].test(name) ? [column] : []));
  const columns = { enroll: at('enroll'), test: at('test'), label: at('label') };
  if (Object.values(columns).some((found) => found.length === 0)) return undefined;
  const repeated = Object.entries(columns).find(([, found]) => found.length > 1);
  if (repeated) {
    const both = repeated[1].map((column) => `"${names[column]}"`).join(' and ');
    throw new UserError(`${where}:${line}: expected one column for ${repeated[0]}, got ${both}`);
  }
  // `enroll test target` names columns, but could be a trial of the utterances "enroll" and "test": nobody has those.
  const [enroll, test, label] = [columns.enroll[0], columns.test[0], columns.label[0]];
  const labels = new Map([...words, ...digits]);
  return { name: names.join(' '), columns: names.length, enroll, test, label, labels };
}

/** How the fields of a list are told apart, by its first line. */
function splitterFor(first: string): (text: string) => string[] {
  const bySpace = (text: string) => text.split(/\s+/);
  if (bySpace(first).length >= 3 && !/[,;]\s/.test(first)) return bySpace;
  for (const separator of [',', ';', '\t']) {
    if (splitQuoted(first, separator).length >= 3) return (text) => splitQuoted(text, separator).map(withoutApostrophe);
  }
  return bySpace;
}

/** The fields of a line of CSV (RFC 4180, without line ends in fields), without white space around them. */
export function splitQuoted(text: string, separator: string): string[] {
  if (!text.includes('"')) return text.split(separator).map((field) => field.trim());
  const fields: string[] = [];
  for (let at = 0; at <= text.length;) {
    const quoted = /^\s*"((?:[^"]|"")*)"\s*/.exec(text.slice(at));
    const end = quoted ? at + quoted[0].length : text.indexOf(separator, at);
    const stop = end < 0 ? text.length : end;
    if (quoted && stop < text.length && text[stop] !== separator) return []; // more after a closing quote: malformed
    fields.push(quoted ? quoted[1].replaceAll('""', '"') : text.slice(at, stop).trim());
    at = stop + 1;
  }
  return fields;
}

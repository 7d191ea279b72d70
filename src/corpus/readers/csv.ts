/**
 * @file Corpus `csv`: a table with one utterance a line and a header, as spreadsheets, SpeechBrain and Common Voice
 * write.
 *
 * Description and licence: those of the corpus that the table describes. Columns: speaker and path, and perhaps id
 * (else the path without its extension), offset with end or duration (a piece of the file), channel, gender, session,
 * split; `csv-columns.ts` has their usual names, `columns` gives others. Commas, semicolons and tabs are told apart.
 * Fields may be quoted, and a quote within a field is text. In a table with tabs every quote is text, as Common Voice
 * writes, unless the header is quoted. A quoted field that goes over whole rows is refused: they would be lost.
 * Relative paths start at `root`, else at the table's folder; `$data_root` in a path stands for `root`. Split: tables
 * for each split (`train`, `test`, `dev`), or the column split, or test speakers are chosen (test-split.ts). Trials:
 * `trials: FILE`, or `trials.txt` beside the table, or made.
 */
import { dirname, join, resolve } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { readTextLines } from '../../storage/text-lines.js';
import type { CorpusReader } from './corpus-reader.js';
import { columnsOption, findColumns, type ColumnNames, type ColumnRole, type Columns } from './csv-columns.js';
import { parseGender } from '../manifest/gender.js';
import { toUtterances, type ListedUtterance } from './listed-utterance.js';
import { splits, type Split } from '../manifest/manifest.js';
import { firstOf, throwProblems } from '../../problem-list.js';
import { stem } from './recording-files.js';
import { listsBeside, splitSourceOptions, splitSources } from './split-sources.js';
import { splitOffTest, testSplitOptions, withoutSpaces } from './test-split.js';
import { withoutApostrophe } from '../../storage/csv.js';

const csvOptions = z.strictObject({
  type: z.literal('csv'),
  ...splitSourceOptions,
  /** Where relative paths start, and what `$data_root` stands for; default: the table's folder. */
  root: z.string().optional(),
  columns: columnsOption,
  ...testSplitOptions,
});

export const csvReader: CorpusReader<typeof csvOptions> = {
  type: 'csv',
  options: csvOptions,
  async prepare(options, context) {
    const tables = splitSources(options, 'a table of utterances (.csv, .tsv)');
    const listed: ListedUtterance[] = [];
    const notes: string[] = [];
    for (const { path, split } of tables) {
      const table = readTable(path, options);
      for (const item of table.listed) listed.push(split ? { ...item, split } : item);
      notes.push(...table.notes);
    }
    const where = tables.map(({ path }) => path).join(', ');
    const lists = listsBeside(tables);
    const split = await splitOffTest(listed, options, { ...context, where, lists });
    const { utterances, notes: audioNotes } = await toUtterances(split.listed, { corpus: 'csv', where, context });
    const { notes: trialNotes, ...tests } = split.trialsOf(utterances);
    return {
      utterances,
      ...tests,
      notes: [...notes, ...split.notes, ...trialNotes, ...audioNotes],
    };
  },
};

const LINES_AT_ONCE = 4096;

interface Row {
  fields: string[];
  line: number;
  /** Set where the row cannot be taken. */
  problem?: string;
}

/** The utterances of one table. Throws UserError with file:line, listing the first ten rows that are none. */
function readTable(
  path: string,
  { columns: names, root }: { columns: ColumnNames; root?: string | undefined },
): { listed: ListedUtterance[]; notes: string[] } {
  const rows = readRows(path);
  const { value: header } = rows.next();
  if (!header) throw new UserError(`${path}: expected a header and utterances, got an empty file`);
  const columns = findColumns(header.fields, names, `${path}:${header.line}`);
  const start = root === undefined ? dirname(path) : resolve(root);
  const listed: ListedUtterance[] = [];
  const problems: string[] = [];
  for (const row of rows) {
    const item = row.problem ?? tryUtterance(row, columns, { table: path, start, root });
    if (typeof item === 'string') problems.push(item);
    else listed.push(item);
  }
  if (problems.length === 1) throw new UserError(problems[0]);
  throwProblems(problems, {
    where: path,
    what: `of ${problems.length + listed.length} rows are no utterances`,
    remedy: 'Mend the table; nothing was read.',
  });
  if (listed.length === 0) throw new UserError(`${path}: expected a header and utterances, got a header only`);
  const ignored = columns.ignored.length > 0 ? [`${path}: columns not used: ${firstOf(columns.ignored)}`] : [];
  const unit = columns.timesInSamples ? [`${path}: a table of SpeechBrain's: start and stop are samples`] : [];
  return { listed, notes: [...unit, ...ignored] };
}

/** How a table is written. */
interface Dialect {
  delimiter: string;
  /** Whether quotes enclose fields. */
  quoted: boolean;
}

/**
 * The header and the rows, each with as many fields or a problem. Parsed some thousand lines at a time: a table may be
 * long.
 */
function* readRows(path: string): Generator<Row, undefined> {
  let columns: number | undefined;
  for (const { text, before, dialect } of blocksOf(path)) {
    for (const { record, raw, info } of parseBlock(path, text, dialect, before)) {
      const line = before + info.lines;
      columns ??= record.length;
      const problem = problemOf({ record, raw, line, path, columns }, dialect);
      yield { fields: record.map(withoutApostrophe), line, ...(problem !== undefined && { problem }) };
    }
  }
}

interface ParsedRow {
  record: string[];
  /** The text of the record, and perhaps empty lines before it. */
  raw: string;
  line: number;
  path: string;
  columns: number;
}

function problemOf({ record, raw, line, path, columns }: ParsedRow, { delimiter }: Dialect): string | undefined {
  if (record.length !== columns) {
    const shown = JSON.stringify(record.join(delimiter).slice(0, 80));
    return `${path}:${line}: expected ${columns} fields, as the header has, got ${record.length}: ${shown}`;
  }
  const lines = raw.trim().split('\n');
  if (columns === 1 || lines.length === 1 || !lines.some((each) => each.split(delimiter).length === columns)) return;
  return (
    `${path}:${line}: a quoted field goes over ${lines.length} lines, which look like rows of their own: ` +
    `${JSON.stringify(lines[0].slice(0, 80))}\nWrite a quote that is text as "" within a quoted field.`
  );
}

/** Whole records, and how many lines come before them: a quoted field may hold line ends, so quotes have to be even. */
function* blocksOf(path: string): Generator<{ text: string; before: number; dialect: Dialect }> {
  let dialect: Dialect | undefined;
  let lines: string[] = [];
  let quotes = 0;
  let before = 0;
  for (const { text, number } of readTextLines(path, { what: 'the table' })) {
    if (text.trim() !== '') dialect ??= dialectOf(text);
    lines.push(text);
    if (dialect?.quoted && text.includes('"')) quotes += text.split('"').length - 1;
    if (!dialect || lines.length < LINES_AT_ONCE || quotes % 2 !== 0) continue;
    yield { text: lines.join('\n'), before, dialect };
    [lines, before] = [[], number];
  }
  if (dialect && lines.length > 0) yield { text: lines.join('\n'), before, dialect };
}

function parseBlock(
  path: string,
  text: string,
  { delimiter, quoted }: Dialect,
  before: number,
): { record: string[]; raw: string; info: { lines: number } }[] {
  try {
    const options = {
      ...{ delimiter, info: true, raw: true, relax_column_count: true, skip_empty_lines: true, trim: true },
      ...(quoted ? { relax_quotes: true } : { quote: false }),
    };
    return parse(text, options) as unknown as ReturnType<typeof parseBlock>;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const from = before > 0 ? ` (lines counted from line ${before})` : '';
    throw new UserError(`${path}: not a table that can be read: ${error.message}${from}`, { cause: error });
  }
}

function dialectOf(header: string): Dialect {
  const delimiter = delimiterOf(header);
  return { delimiter, quoted: delimiter !== '\t' || header.trimStart().startsWith('"') };
}

/** The candidate that the header has most of, outside of quotes. */
function delimiterOf(header: string): string {
  const plain = header.replace(/"[^"]*"/g, '');
  const count = (character: string) => plain.split(character).length;
  return [',', ';', '\t'].reduce((best, candidate) => (count(candidate) > count(best) ? candidate : best));
}

interface Reading {
  table: string;
  start: string;
  root: string | undefined;
}

/** The utterance of a row, or what is wrong with it. */
function tryUtterance(row: Row, columns: Columns, reading: Reading): ListedUtterance | string {
  try {
    return utteranceOf(row, columns, reading);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

function utteranceOf(
  { fields, line }: Row,
  { at, timesInSamples }: Columns,
  { table, start, root }: Reading,
): ListedUtterance {
  const where = `${table}:${line}`;
  const text = (role: ColumnRole) => {
    const index = at[role];
    return index === undefined || fields[index] === '' ? undefined : fields[index];
  };
  const number = (role: ColumnRole) => {
    const field = text(role);
    if (field === undefined) return undefined;
    const value = Number(field);
    if (Number.isFinite(value)) return value;
    throw new UserError(`${where}: expected a number in the column of ${role}, got ${JSON.stringify(field)}`);
  };
  const speaker = text('speaker');
  const file = text('path');
  if (speaker === undefined || file === undefined) {
    throw new UserError(`${where}: expected a speaker and a path, got ${JSON.stringify(fields.join(','))}`);
  }
  const path = resolve(start, fillRoot(file, root, where));
  const offset = number('offset');
  const end = number('end');
  const length = number('duration');
  // Without a start the duration column only repeats what the file says.
  const duration = end !== undefined ? end - (offset ?? 0) : offset === undefined ? undefined : length;
  const channel = number('channel');
  const gender = parseGender(text('gender'), where);
  const session = text('session');
  const split = splitOf(text('split'), where);
  return {
    id: withoutSpaces(text('id') ?? stem(file).replace(/^(\.{1,2}\/)+/, '')),
    speaker: withoutSpaces(speaker),
    path,
    ...(offset === undefined && duration === undefined ? {} : { offset: offset ?? 0 }),
    ...(duration === undefined ? {} : { duration }),
    ...(timesInSamples && end !== undefined ? { inSamples: true } : {}),
    ...(channel === undefined ? {} : { channel }),
    ...(gender ? { gender } : {}),
    ...(session === undefined ? {} : { session }),
    ...(split ? { split } : {}),
    where,
  };
}

/** SpeechBrain's tables are written to be moved: their paths begin with `$data_root` or `{data_root}`. */
function fillRoot(file: string, root: string | undefined, where: string): string {
  const variable = /^(\$\{?[A-Za-z_]+\}?|\{[A-Za-z_]+\})(?=\/|$)/.exec(file)?.[0];
  if (variable === undefined) return file;
  if (root === undefined) {
    throw new UserError(`${where}: the path begins with ${variable}; say what it stands for: --set corpus.root=DIR`);
  }
  return join(resolve(root), file.slice(variable.length));
}

const splitNames: Record<string, Split> = {
  valid: 'dev',
  validation: 'dev',
  development: 'dev',
  training: 'train',
  eval: 'test',
};

function splitOf(field: string | undefined, where: string): Split | undefined {
  if (field === undefined) return undefined;
  const name = field.toLowerCase();
  const split = splits.find((candidate) => candidate === name) ?? splitNames[name];
  if (split) return split;
  throw new UserError(`${where}: expected train, dev or test in the column of split, got ${JSON.stringify(field)}`);
}

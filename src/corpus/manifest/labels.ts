/**
 * @file Labels of speakers or utterances from a table: what a corpus says of them beside gender and session, such as an
 * age group, an accent or the sentence that is read.
 *
 * A CSV file with a header: a column `speaker`, or a column `id` (or `utterance`), and any others. Each other column is
 * a label; an empty field is none.
 */
import { readFileSync } from 'node:fs';
import { CsvError, type Options, parse } from 'csv-parse/sync';
import { messageOf, UserError } from '../../errors.js';
import { withoutApostrophe } from '../../storage/csv.js';
import type { Utterance } from './manifest.js';

/** What a table says. */
export interface Labels {
  readonly path: string;
  /** Names of the labels. */
  readonly names: readonly string[];
  /** The labels of an utterance; none where the table has no row for it. */
  of(utterance: Pick<Utterance, 'id' | 'speaker'>): Readonly<Record<string, string>>;
}

const KEYS = { id: 'id', utterance: 'id', speaker: 'speaker' } as const;

/** @throws UserError with file:line for a table that is none, or that says two things of one key */
export function readLabels(path: string): Labels {
  const [header, ...rows] = readTable(path);
  if (!header) throw new UserError(`${path}: expected a header and rows, got an empty file`);
  const column = header.fields.findIndex((name) => name in KEYS);
  if (column < 0) {
    throw new UserError(
      `${path}:${header.line}: expected a column "speaker" or "id" that says whose labels these are, got ${header.fields.join(', ')}`,
    );
  }
  const key = KEYS[header.fields[column] as keyof typeof KEYS];
  const names = header.fields.filter((_, i) => i !== column);
  if (names.length === 0)
    throw new UserError(`${path}:${header.line}: expected a column beside ${header.fields[column]}`);
  const labelsOf = new Map<string, Record<string, string>>();
  for (const { fields, line } of rows) {
    if (fields.length !== header.fields.length) {
      throw new UserError(`${path}:${line}: expected ${header.fields.length} fields, got ${fields.length}`);
    }
    if (labelsOf.has(fields[column]))
      throw new UserError(`${path}:${line}: ${fields[column]} is on an earlier line too`);
    const labels = fields.flatMap((value, i) => (i === column || value === '' ? [] : [[header.fields[i], value]]));
    labelsOf.set(fields[column], Object.fromEntries(labels) as Record<string, string>);
  }
  return { path, names, of: (utterance) => labelsOf.get(utterance[key]) ?? {} };
}

function readTable(path: string): { fields: string[]; line: number }[] {
  try {
    const options: Options = {
      record_delimiter: ['\r\n', '\n'],
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    } as const;
    const rows = parse(readFileSync(path, 'utf8'), options) as unknown as {
      record: string[];
      info: { lines: number };
    }[];
    return rows.map(({ record, info: { lines } }) => ({ fields: record.map(withoutApostrophe), line: lines }));
  } catch (error) {
    if (error instanceof CsvError)
      throw new UserError(`${path}:${Number(error.lines)}: ${error.message}`, { cause: error });
    throw new UserError(`${path}: cannot be read as a table of labels: ${messageOf(error)}`, { cause: error });
  }
}

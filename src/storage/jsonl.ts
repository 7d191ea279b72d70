/**
 * @file JSON lines: one JSON value a line, UTF-8, gzip'd or not. Empty lines are skipped; every error names file and
 * line.
 */
import { UserError } from '../errors.js';
import { openPendingFile } from './atomic-write.js';
import { readTextLines } from './text-lines.js';

/** Text is handed to the file in pieces of about this many characters. */
const BLOCK = 1 << 20;

/**
 * Reads a JSON-lines file, one row at a time: a file of any length needs the memory of a line.
 * @param check turns the parsed value of one line into a row, or throws; `where` is `file:line`
 * @param what names the file's role in messages
 * @throws UserError naming file:line if the file is missing or a line is not JSON
 */
export function* streamJsonl<T>(
  path: string,
  check: (value: unknown, where: string, line: number) => T,
  { what = 'the lines of JSON' } = {},
): Generator<T, void> {
  for (const { text, number } of readTextLines(path, { what })) {
    if (text.trim() === '') continue;
    const where = `${path}:${number}`;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
      throw new UserError(`${where}: expected one JSON value on the line, got: ${shown.trim()}`, { cause: error });
    }
    yield check(value, where, number);
  }
}

/** All rows of a JSON-lines file. Throws as `streamJsonl` does. */
export function readJsonl<T>(path: string, check: (value: unknown, where: string) => T): T[] {
  return [...streamJsonl(path, check)];
}

/** Writes one line of JSON for each row, whole or not at all; rows may come from a generator. */
export function writeJsonl(path: string, rows: Iterable<unknown>): void {
  const file = openPendingFile(path);
  try {
    let block = '';
    for (const row of rows) {
      block += `${JSON.stringify(row)}\n`;
      if (block.length < BLOCK) continue;
      file.write(Buffer.from(block, 'utf8'));
      block = '';
    }
    file.write(Buffer.from(block, 'utf8'));
  } catch (error) {
    file.abort();
    throw error;
  }
  file.commit();
}

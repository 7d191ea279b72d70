/** @file JSON lines: one JSON value a line, UTF-8. Empty lines are skipped; every error names file and line. */
import { readFileSync } from 'node:fs';
import { UserError, messageOf } from '../errors.js';
import { openPendingFile } from './atomic-write.js';

/** Text is handed to the file in pieces of about this many characters. */
const BLOCK = 1 << 20;

/**
 * Reads a JSON-lines file.
 * @param check turns the parsed value of one line into a row, or throws; `where` is `file:line`
 * @throws UserError naming file:line if the file is missing or a line is not JSON
 */
export function readJsonl<T>(path: string, check: (value: unknown, where: string) => T): T[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`${path}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const rows: T[] = [];
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const where = `${path}:${index + 1}`;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      const shown = line.length > 60 ? `${line.slice(0, 60)}…` : line;
      throw new UserError(`${where}: expected one JSON value on the line, got: ${shown.trim()}`, { cause: error });
    }
    rows.push(check(value, where));
  }
  return rows;
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

/**
 * @file Kaldi's tables of archive records (`.scp`).
 *
 * A line is `key path:offset`, the offset being that of the record's `\0B`; without one, the record is the whole file.
 * `[first:last]` after it picks rows of a matrix and `[first:last,first:last]` rows and columns, all inclusive, where
 * `:` means all; as in Kaldi. Limits: no command pipes.
 */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { writeFileAtomic } from './atomic-write.js';
import { readTextLines } from './text-lines.js';

/** Indices from 0, both inclusive. */
export interface IndexRange {
  first: number;
  last: number;
}

/** Where one record lies. `rows` and `columns`, if given, restrict a matrix to these. */
export interface ArchiveEntry {
  key: string;
  path: string;
  offset: number;
  rows?: IndexRange;
  columns?: IndexRange;
}

/**
 * Reads an scp file, gzip'd or not. A relative path is looked for from the working directory first, then from the scp's
 * own folder.
 * @throws UserError naming file:line
 */
export function readScp(path: string): ArchiveEntry[] {
  const resolved = new Map<string, string>();
  const entries: ArchiveEntry[] = [];
  const lines = new Map<string, number>();
  for (const { text, number } of readTextLines(path, { what: 'the scp file' })) {
    if (text.trim() === '') continue;
    const where = `${path}:${number}`;
    const entry = parseScpLine(text, where);
    const earlier = lines.get(entry.key);
    if (earlier !== undefined) throw new UserError(`${where}: the key "${entry.key}" is already on line ${earlier}`);
    lines.set(entry.key, number);
    let target = resolved.get(entry.path);
    if (target === undefined) resolved.set(entry.path, (target = resolveBeside(entry.path, path)));
    entries.push({ ...entry, path: target });
  }
  return entries;
}

function parseScpLine(line: string, where: string): ArchiveEntry {
  const match = /^\s*(\S+)\s+(.*\S)\s*$/.exec(line);
  if (!match) throw new UserError(`${where}: expected \`key path:offset\`, got "${line.trim()}"`);
  const [, key, rest] = match;
  if (rest.startsWith('|') || rest.endsWith('|')) {
    throw new UserError(`${where}: commands are not run; write the archive out first (copy-feats), got "${rest}"`);
  }
  const range = /\s*\[([^\]]*)\]$/.exec(rest);
  const location = range ? rest.slice(0, range.index) : rest;
  const offset = /^(.+):(\d+)$/.exec(location);
  return {
    key,
    path: offset ? offset[1] : location,
    offset: offset ? Number(offset[2]) : 0,
    ...(range && parseRanges(range[1], where)),
  };
}

/** `rows` or `rows,columns`, each `first:last` or `:`. Blanks are passed over. */
function parseRanges(text: string, where: string): Pick<ArchiveEntry, 'rows' | 'columns'> {
  const parts = text.replace(/\s+/g, '').split(',');
  const ranges = parts.map((part) => {
    const match = /^(\d+):(\d+)$/.exec(part);
    return match ? { first: Number(match[1]), last: Number(match[2]) } : undefined;
  });
  const bad = parts.some((part, i) => part !== ':' && !(ranges[i] && ranges[i].first <= ranges[i].last));
  if (bad || parts.length > 2) {
    throw new UserError(`${where}: expected a range of rows [first:last], or [rows,columns], got "[${text}]"`);
  }
  const [rows, columns] = ranges;
  return { ...(rows && { rows }), ...(columns && { columns }) };
}

function resolveBeside(path: string, scp: string): string {
  if (isAbsolute(path) || existsSync(path)) return resolve(path);
  const beside = resolve(dirname(scp), path);
  return existsSync(beside) ? beside : resolve(path);
}

/** The inside of the brackets. */
export function shownRanges({ rows, columns }: Pick<ArchiveEntry, 'rows' | 'columns'>): string {
  const shown = (range: IndexRange | undefined) => (range ? `${range.first}:${range.last}` : ':');
  return columns ? `${shown(rows)},${shown(columns)}` : shown(rows);
}

/** Writes an scp file. Paths are written as they are in the entries. */
export function writeScp(path: string, entries: Iterable<ArchiveEntry>): void {
  let text = '';
  for (const { key, path: archive, offset, rows, columns } of entries) {
    text += `${key} ${archive}:${offset}${rows || columns ? `[${shownRanges({ rows, columns })}]` : ''}\n`;
  }
  writeFileAtomic(path, text);
}

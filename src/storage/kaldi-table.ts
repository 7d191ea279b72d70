/**
 * @file Kaldi's tables of archive records (`.scp`).
 *
 * A line is `key path:offset`, the offset being that of the record's `\0B`; without one, the record is the whole file.
 * `[first:last]` after it picks rows of a matrix, both inclusive, as in Kaldi. Limits: no command pipes, no column ranges.
 */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { writeFileAtomic } from './atomic-write.js';
import { readTextLines } from './text-lines.js';

/** Where one record lies. `rows`, if given, restricts a matrix to these rows, both inclusive. */
export interface ArchiveEntry {
  key: string;
  path: string;
  offset: number;
  rows?: { first: number; last: number };
}

/**
 * Reads an scp file, gzip'd or not. A relative path is looked for from the working directory first, then from the scp's own folder.
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
  const range = /\[([^\]]*)\]$/.exec(rest);
  const rows = range ? /^(\d+):(\d+)$/.exec(range[1].trim()) : undefined;
  if (range && (!rows || Number(rows[1]) > Number(rows[2]))) {
    throw new UserError(`${where}: expected a range of rows [first:last], got "${range[0]}"`);
  }
  const location = range ? rest.slice(0, range.index) : rest;
  const offset = /^(.+):(\d+)$/.exec(location);
  return {
    key,
    path: offset ? offset[1] : location,
    offset: offset ? Number(offset[2]) : 0,
    ...(rows && { rows: { first: Number(rows[1]), last: Number(rows[2]) } }),
  };
}

function resolveBeside(path: string, scp: string): string {
  if (isAbsolute(path) || existsSync(path)) return resolve(path);
  const beside = resolve(dirname(scp), path);
  return existsSync(beside) ? beside : resolve(path);
}

/** Writes an scp file. Paths are written as they are in the entries. */
export function writeScp(path: string, entries: Iterable<ArchiveEntry>): void {
  let text = '';
  for (const { key, path: archive, offset, rows } of entries) {
    text += `${key} ${archive}:${offset}${rows ? `[${rows.first}:${rows.last}]` : ''}\n`;
  }
  writeFileAtomic(path, text);
}

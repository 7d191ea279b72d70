/**
 * @file Files as they were written: size and SHA-256 of what a folder holds, and whether they still are that.
 *
 * A finished stage's record of its files stands in its `.done.json`, under `files`. The readers of this folder
 * (`text-lines.ts`, `archive-files.ts`, `safetensors.ts`) and those of JSON ask here before they read, so a recorded
 * file is checked whoever reads it. A file that no record names is not: it is the user's own, or of an earlier version.
 * What was found sound is not read again while it is the same file by device, number, size and time of change.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { UserError } from '../errors.js';
import { unsealed } from './sealed-json.js';

export interface WrittenFile {
  bytes: number;
  sha256: string;
}

/** By path relative to the folder, with `/`. */
export type WrittenFiles = Readonly<Record<string, WrittenFile>>;

/** Name of the record of a finished stage. */
export const RECORD = '.done.json';

/** What a damaged file's name gets where it is kept to be looked at. */
export const SET_ASIDE = '.damaged';

/** Folders above a file in which its record may be: checkpoints and figures lie in folders of their stage's. */
const LEVELS = 2;

/** A file that is not the one that was written. */
export class DamagedFile extends UserError {
  constructor(
    message: string,
    readonly path: string,
  ) {
    super(message);
  }
}

/** Digits of a hash that a message shows. */
const SHOWN = 12;

/** Files of a folder; default: everything in it but hidden files, and those that were set aside. */
export function recordFiles(folder: string, files: readonly string[] = filesIn(folder)): WrittenFiles {
  return Object.fromEntries(files.map((file) => [file, written(join(folder, file))]));
}

/** Names relative to the folder, sorted, without hidden files and those that were set aside. */
export function filesIn(folder: string, within = ''): string[] {
  return readdirSync(join(folder, within), { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.') && !name.includes(SET_ASIDE))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const file = within === '' ? entry.name : `${within}/${entry.name}`;
      return entry.isDirectory() ? filesIn(folder, file) : [file];
    });
}

/** What a recorded file has become; undefined where it is as it was written. */
export function damageOf(path: string, expected: WrittenFile): 'is gone' | string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) return 'is gone';
  const identity = [stat.dev, stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs, expected.sha256].join(':');
  if (sound.get(path) === identity) return undefined;
  const got = sha256Of(path);
  if (got === expected.sha256) {
    sound.set(path, identity);
    return undefined;
  }
  const sizes = stat.size === expected.bytes ? '' : ` and ${expected.bytes} bytes`;
  const gotSize = sizes === '' ? '' : ` and ${stat.size} bytes`;
  return `is not as it was written: expected SHA-256 ${expected.sha256.slice(0, SHOWN)}${sizes}, got ${got.slice(0, SHOWN)}${gotSize}`;
}

/** Of this process. */
const sound = new Map<string, string>();

/** @throws DamagedFile where a record names the file, and it is another one now */
export function checkAsWritten(path: string): void {
  const found = recordOf(path);
  if (!found) return;
  const problem = damageOf(path, found.expected);
  if (problem === undefined || problem === 'is gone') return; // the reader has words of its own for what is not there
  throw new DamagedFile(
    `${path}: ${problem}\n  make it again with \`acanet run\`; to use a file that you have changed, give it another place`,
    path,
  );
}

function recordOf(path: string): { expected: WrittenFile } | undefined {
  let folder = dirname(resolve(path));
  for (let level = 0; level < LEVELS; level++, folder = dirname(folder)) {
    const record = join(folder, RECORD);
    if (!existsSync(record)) continue;
    const expected = readRecord(record)?.[relative(folder, resolve(path)).split(sep).join('/')];
    return expected && { expected };
  }
  return undefined;
}

/** The files that a record names; undefined where it is of an earlier version, or of something else. */
function readRecord(path: string): WrittenFiles | undefined {
  const known = records.get(path);
  const { mtimeMs, size, ino } = statSync(path);
  const identity = `${ino}:${size}:${mtimeMs}`;
  if (known?.identity === identity) return known.files;
  let files: WrittenFiles | undefined;
  try {
    const { value, sealed } = unsealed(JSON.parse(readFileSync(path, 'utf8')));
    if (sealed === 'broken') throw new Error('its checksum does not fit');
    files = (value as { files?: WrittenFiles } | null)?.files;
  } catch {
    throw new DamagedFile(
      `${path}: damaged\n  remove the file: the next \`acanet run\` then brings the stage up to date`,
      path,
    );
  }
  records.set(path, { identity, files });
  return files;
}

const records = new Map<string, { identity: string; files: WrittenFiles | undefined }>();

function written(path: string): WrittenFile {
  return { bytes: statSync(path).size, sha256: sha256Of(path) };
}

const block = Buffer.allocUnsafe(1 << 20);

/** SHA-256, in hex, of a file's content; at once, as readers cannot wait. */
function sha256Of(path: string): string {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    for (let count = readSync(file, block); count > 0; count = readSync(file, block))
      hash.update(block.subarray(0, count));
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}

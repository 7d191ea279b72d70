/**
 * @file Files that are either whole or absent.
 *
 * Every output is written under another name in the same folder, flushed to the disk (fsync) and renamed into place, so
 * that a reader never meets half a file, whatever kills the writer. On failure the partial file is removed. A symbolic
 * link stays one: what it leads to is replaced. Pipes and devices (`/dev/stdout`, `/dev/null`, a FIFO) cannot be
 * replaced without breaking them for their readers, so they are written to as the data comes. Limits: one file at a
 * time is atomic; `replaceDirectory` has a moment, between two renames, without the folder.
 */
import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { inWords, messageOf, UserError } from '../errors.js';
import { checkWritable, makeFolder } from './make-folder.js';
import { asideName } from './unfinished-files.js';

/** A file being written aside; `commit` puts it in its place, `abort` removes it. Each may be called once. */
export interface PendingFile {
  /** Descriptor, open for writing. */
  readonly fd: number;
  /** Appends all of `data`, however many writes that takes. */
  write(data: Uint8Array): void;
  commit(): void;
  abort(): void;
}

/**
 * Opens a file that will become `path` when it is committed. Creates the folder.
 * A pipe or device is opened itself, and an abort cannot take back what was written to it.
 */
export function openPendingFile(path: string): PendingFile {
  if (guardWriting(path, () => isPipeOrDevice(path))) return openInPlace(path);
  const target = behindLinks(path);
  const asidePath = asideName(target);
  const fd = guardWriting(path, () => {
    makeFolder(dirname(target));
    return openSync(asidePath, 'wx');
  });
  let open = true;
  const abort = () => {
    if (open) closeSync(fd);
    open = false;
    rmSync(asidePath, { force: true });
  };
  const guarded = (action: () => void) => {
    try {
      guardWriting(path, action);
    } catch (error) {
      abort();
      throw error;
    }
  };
  return {
    fd,
    write: (data) => guarded(() => writeFully(fd, data)),
    commit: () =>
      guarded(() => {
        fsyncSync(fd);
        open = false;
        closeSync(fd);
        renameSync(asidePath, target);
        syncDirectory(dirname(target));
      }),
    abort,
  };
}

function openInPlace(path: string): PendingFile {
  const fd = guardWriting(path, () => openSync(path, 'w'));
  const close = () => closeSync(fd);
  return { fd, write: (data) => guardWriting(path, () => writeFully(fd, data)), commit: close, abort: close };
}

/** Nothing is put in its place or beside it. */
export function isPipeOrDevice(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

/** That a file, or files in a folder that is there, can be written; makes nothing. @throws UserError */
export function checkOutput(path: string): void {
  if (isPipeOrDevice(path)) return;
  const target = behindLinks(path);
  const isFolder = statSync(target, { throwIfNoEntry: false })?.isDirectory() ?? false;
  guardWriting(path, () => checkWritable(isFolder ? target : dirname(target)));
}

/** The file that a link leads to; the path itself where it is no link, or one to nowhere. */
function behindLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/**
 * Writes `data` to `path`, whole or not at all.
 * @throws UserError naming the file if it cannot be written (no space, no permission, …)
 */
export function writeFileAtomic(path: string, data: string | Uint8Array): void {
  const file = openPendingFile(path);
  file.write(typeof data === 'string' ? Buffer.from(data, 'utf8') : data);
  file.commit();
}

/** Writes `value` as indented JSON with a trailing newline. */
export function writeJsonAtomic(path: string, value: unknown): void {
  writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Replaces the folder `dir`, or the one that it leads to as a symbolic link, by what `fill` puts into a new folder
 * beside it. If `fill` fails, `dir` stays as it was.
 * @returns what `fill` returned
 */
export async function replaceDirectory<T>(dir: string, fill: (aside: string) => T | Promise<T>): Promise<T> {
  const target = behindLinks(dir);
  const aside = asideName(target);
  guardWriting(dir, () => makeFolder(aside));
  try {
    const result = await fill(aside);
    guardWriting(dir, () => {
      syncTree(aside);
      // A folder cannot be renamed over one with files in it: move the old one away first.
      const old = asideName(target);
      const replaces = lstatSync(target, { throwIfNoEntry: false }) !== undefined;
      if (replaces) renameSync(target, old);
      renameSync(aside, target);
      syncDirectory(dirname(target));
      if (replaces) rmSync(old, { recursive: true });
    });
    return result;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** Writes all of `data` at the descriptor's position; a single write may take less than it was given. */
function writeFully(fd: number, data: Uint8Array): void {
  for (let done = 0; done < data.length;) done += writeSync(fd, data, done, data.length - done);
}

function syncTree(dir: string): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else if (entry.isFile()) syncPath(path, 'r+');
  }
  syncDirectory(dir);
}

function syncPath(path: string, flags: string): void {
  const fd = openSync(path, flags);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes a rename durable. Not every file system lets a folder be opened or flushed; the rename itself stands. */
function syncDirectory(dir: string): void {
  try {
    syncPath(dir, 'r');
  } catch {
    return;
  }
}

/** Runs `action`, which writes, turning the file system's refusals into errors that name `path`. */
export function guardWriting<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (inWords(error) === error) throw error;
    throw new UserError(`${path}: cannot be written: ${messageOf(error)}`, { cause: error });
  }
}

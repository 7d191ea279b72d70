/**
 * @file Random access to archives, which stay open between reads: a training run reads crops from the same few files
 * over and over. A file that was replaced under its name is noticed and opened afresh.
 */
import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { UserError, messageOf } from '../errors.js';
import { readAt } from './read-at.js';
import { checkAsWritten } from './written-files.js';

export interface OpenFile {
  fd: number;
  size: number;
  /** Identity of the file that is open; another one may have taken its name since. */
  identity: string;
}

/** Archives stay open between reads, the most recently used last. Bounded, as a process may have 1024 files open. */
const openFiles = new Map<string, OpenFile>();
const MAX_OPEN = 64;

/** The open file of that name, and its size. Throws UserError naming it. */
export function openArchive(path: string): OpenFile {
  const unreadable = (error: unknown) =>
    new UserError(`${path}: cannot be read: ${messageOf(error)}`, { cause: error });
  let identity = '';
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat) identity = `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeMs}`;
  } catch (error) {
    throw unreadable(error);
  }
  const known = openFiles.get(path);
  if (known) {
    openFiles.delete(path);
    if (known.identity === identity) {
      openFiles.set(path, known);
      return known;
    }
    closeSync(known.fd);
  }
  checkAsWritten(path);
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw unreadable(error);
  }
  const file = { fd, size: fstatSync(fd).size, identity };
  openFiles.set(path, file);
  if (openFiles.size > MAX_OPEN) {
    const [oldest, { fd: oldFd }] = openFiles.entries().next().value!;
    openFiles.delete(oldest);
    closeSync(oldFd);
  }
  return file;
}

/** Closes the archives that reading keeps open. */
export function closeArchives(): void {
  for (const { fd } of openFiles.values()) closeSync(fd);
  openFiles.clear();
}

/** Up to `length` bytes, in a buffer of their own (so that typed arrays over it are aligned). */
export function readUpTo(path: string, position: number, length: number): Buffer<ArrayBuffer> {
  const { fd } = openArchive(path);
  try {
    return readAt(fd, position, length);
  } catch (error) {
    throw damaged(path, position, `cannot be read: ${messageOf(error)}`);
  }
}

/** Exactly `length` bytes, or a UserError that says how many there are. */
export function readExactly(path: string, position: number, length: number): Buffer<ArrayBuffer> {
  const bytes = readUpTo(path, position, length);
  if (bytes.length === length) return bytes;
  throw damaged(path, position, `the archive is truncated: expected ${length} bytes, got ${bytes.length}`);
}

/** An error about the record or byte at `offset` of an archive. */
export function damaged(path: string, offset: number, message: string): UserError {
  return new UserError(`${path}:${offset}: ${message}`);
}

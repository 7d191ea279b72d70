/**
 * @file Reading a file, changing it and writing it again, where only one of several processes may do so at a time; and
 * taking away a lock whose holder is dead.
 */
import { rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.js';
import { guardWriting } from './atomic-write.js';
import { createOnce } from './create-once.js';
import { makeFolder } from './make-folder.js';
import { readIfThere } from './read-if-there.js';
import { isRunning } from './unfinished-files.js';

const POLL_MS = 20;
/** A lock is created and filled at once. */
const EMPTY_MS = 5000;
/** What is done under such a lock takes seconds at the most. */
const LONGEST_MS = 60_000;

/**
 * Does what reads and then writes `path`, once no other process does so.
 * @throws UserError where another has held it for a minute
 */
export function whileHolding<T>(path: string, action: () => T): T {
  const lock = join(dirname(path), `.${basename(path)}.lock`);
  const until = performance.now() + LONGEST_MS;
  guardWriting(path, () => {
    makeFolder(dirname(path));
    while (!createOnce(lock, mine())) {
      const found = readIfThere(lock);
      if (found === undefined) continue;
      if (isDead(found) || isLeftEmpty(lock, found)) removeStale(lock, found);
      else if (performance.now() > until) throw heldBy(path, lock, found);
      else pause();
    }
  });
  try {
    return action();
  } finally {
    rmSync(lock, { force: true });
  }
}

/**
 * Takes away a lock if it still says what was found in it. Of several processes that find a dead holder's, one takes it
 * away, and none takes away what another has put in its place meanwhile.
 */
export function removeStale(path: string, found: string): void {
  const guard = `${path}.taking`;
  if (createOnce(guard, mine())) {
    try {
      if (readIfThere(path) === found) rmSync(path, { force: true });
    } finally {
      rmSync(guard, { force: true });
    }
    return;
  }
  const holder = readIfThere(guard);
  if (holder === undefined) return;
  if (isDead(holder)) rmSync(guard, { force: true });
  else if (Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > LONGEST_MS)
    throw heldBy(path, guard, holder);
  else pause();
}

const mine = () => `${JSON.stringify({ host: hostname(), pid: process.pid })}\n`;

const heldBy = (path: string, lock: string, holder: string) =>
  new UserError(`${path}: another process is about to write it: ${holder.trim()}\n  if it is gone, remove ${lock}`);

/** A crash of the machine may leave a lock without what was written into it. */
function isLeftEmpty(lock: string, found: string): boolean {
  if (found.trim() !== '') return false;
  return Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > EMPTY_MS;
}

/** Of another machine it is not known. */
function isDead(holder: string): boolean {
  try {
    const { host, pid } = JSON.parse(holder) as { host?: unknown; pid?: unknown };
    return host === hostname() && typeof pid === 'number' && !isRunning(pid);
  } catch {
    return false;
  }
}

const pause = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);

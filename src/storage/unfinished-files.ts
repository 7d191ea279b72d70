/**
 * @file The names under which outputs are written aside (`.scores.txt.<host>.<pid>.<random>.part`), and the removal of
 * those that a killed process has left.
 *
 * A name tells its writer's machine and process, so that what another process is writing right now is left alone.
 * Limits: what was written on another machine stays, as does what was left by a process whose id is in use again.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type Dirent, readdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

const thisHost = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
/** Characters: of at most four bytes each, they leave room in a name's 255 bytes for what is added to them. */
const LONGEST_SHOWN = 50;
const ASIDE = /^\..*\.([0-9a-f]{8})\.(\d+)\.[0-9a-f]{8}\.part$/s;

/** A name beside `path` that no other process uses. Hidden, so that globs of outputs miss it. */
export function asideName(path: string): string {
  const shown = basename(path).slice(0, LONGEST_SHOWN);
  return join(dirname(path), `.${shown}.${thisHost}.${process.pid}.${randomBytes(4).toString('hex')}.part`);
}

/** Removes the files and folders below `folder` that dead processes of this machine were writing. */
export function clearUnfinished(folder: string): void {
  for (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name);
    const [, host, pid] = ASIDE.exec(entry.name) ?? [];
    if (host === thisHost && !isRunning(Number(pid))) rmSync(path, { recursive: true, force: true });
    else if (entry.isDirectory()) clearUnfinished(path);
  }
}

/** None of a folder that another process has renamed or removed meanwhile. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Removes what this process was writing into the folder itself for these files, and writes no more. */
export function clearOwnUnfinished(folder: string, files: readonly string[]): void {
  for (const name of readdirSync(folder)) {
    const [, host, pid] = ASIDE.exec(name) ?? [];
    const own = host === thisHost && Number(pid) === process.pid;
    if (own && files.some((file) => name.startsWith(`.${file}.`))) rmSync(join(folder, name), { force: true });
  }
}

/** Whether there is a process of that id on this machine. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

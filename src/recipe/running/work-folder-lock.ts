/**
 * @file One run at a time in a work folder: `.lock` names the process that works in it.
 *
 * A lock whose process is dead (killed, machine rebooted) is taken over. Processes are told apart by host, id and,
 * on Linux, start time, because ids are used again. A lock of another host cannot be judged from here. Whoever gets the
 * lock clears what killed processes have left half-written in the folder.
 */
import { readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { messageOf, UserError } from '../../errors.js';
import { createOnce } from '../../storage/create-once.js';
import { removeStale } from '../../storage/file-lock.js';
import { makeFolder } from '../../storage/make-folder.js';
import { readIfThere } from '../../storage/read-if-there.js';
import { clearUnfinished, isRunning } from '../../storage/unfinished-files.js';
import { LOCK, readLockHolder, type LockHolder } from '../artifacts/control-files.js';

/**
 * Locks `folder` and returns the function that unlocks it.
 * @param option by which the user names the folder
 * @throws UserError naming the process that holds it.
 */
export function lockWorkFolder(folder: string, option = '--work'): () => void {
  const path = join(folder, LOCK);
  const mine: LockHolder = {
    pid: process.pid,
    host: hostname(),
    startTicks: startTicksOf(process.pid),
    since: new Date().toISOString(),
    command: process.argv.slice(2).join(' '),
  };
  const text = `${JSON.stringify(mine)}\n`;
  try {
    makeFolder(folder);
    while (!createOnce(path, text)) takeOver(path, mine, option);
    clearUnfinished(folder);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `${folder}: cannot be written to: ${messageOf(error)}\n  mend that, or name another folder with ${option}`,
      { cause: error },
    );
  }
  return () => {
    if (readIfThere(path) === text) rmSync(path, { force: true });
  };
}

/** Takes away a dead process's lock away; throws where the holder lives. */
function takeOver(path: string, mine: LockHolder, option: string): void {
  const found = readIfThere(path);
  if (found === undefined) return;
  const holder = readLockHolder(found, path);
  if (isAlive(holder, mine)) {
    const where = holder.host === mine.host ? '' : ` on ${holder.host}`;
    const advice =
      holder.host === mine.host
        ? `wait for it, stop it, or use another folder with ${option}`
        : `if that process is gone, remove ${path}`;
    throw new UserError(
      `${path}: process ${holder.pid}${where} works in this folder since ${holder.since} (acanet ${holder.command})\n  ${advice}`,
    );
  }
  removeStale(path, found);
}

function isAlive(holder: LockHolder, mine: LockHolder): boolean {
  if (holder.host !== mine.host) return true;
  if (holder.pid === mine.pid) return holder.startTicks === mine.startTicks && mine.startTicks !== undefined;
  if (!isRunning(holder.pid)) return false;
  const ticks = startTicksOf(holder.pid);
  return holder.startTicks === undefined || ticks === undefined || holder.startTicks === ticks;
}

/** Field 22 of /proc/PID/stat; undefined where there is no such file, or where the process ends meanwhile. */
function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

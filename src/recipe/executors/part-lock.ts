/**
 * @file One process at a time works on a part of a submission, on whatever machine: a scheduler that has lost a node
 * begins its parts elsewhere, while the node may still compute.
 *
 * Whoever works on a part counts up a file of its own every few seconds (it beats). Who waits watches that file and
 * takes the part over when the count has stood still for long enough by the clock of the one who waits: no two clocks
 * are compared. Whoever finds that its part was taken over stops at once.
 *
 * Relied on, also over NFS: `link` and `rename` happen once or not at all, and a file that is opened anew shows what
 * was in it when it was last closed.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { writeFileAtomic } from '../../storage/atomic-write.js';
import { createOnce } from '../../storage/create-once.js';
import { removeStale } from '../../storage/file-lock.js';
import { makeFolder } from '../../storage/make-folder.js';
import { readIfThere } from '../../storage/read-if-there.js';
import { isRunning } from '../../storage/unfinished-files.js';
import { checked } from '../artifacts/json-artifact.js';

const holderSchema = z.object({ token: z.string(), host: z.string(), pid: z.number(), job: z.string().optional() });
type Holder = z.infer<typeof holderSchema>;

export interface PartLockOptions {
  /** Milliseconds between two beats. */
  beatMs?: number;
  /** How many beats may be missed before a part is taken over. */
  missed?: number;
  /** As the scheduler calls the one who works. */
  job?: string;
  /** Told once, of whom is waited for. */
  onWait?: (holder: string) => void;
  /** Called when the part was taken over by another: nothing may be written any more. */
  onLost: () => void;
  signal?: AbortSignal;
}

/** Waits for the part, then holds it. @returns the function that gives it back */
export async function lockPart(path: string, options: PartLockOptions): Promise<() => void> {
  const { beatMs = 5000, missed = 12, job, onWait, onLost, signal } = options;
  const token = randomBytes(8).toString('hex');
  const mine: Holder = { token, host: hostname(), pid: process.pid, ...(job !== undefined && { job }) };
  const text = `${JSON.stringify(mine)}\n`;
  makeFolder(dirname(path));
  let count = 0;
  writeFileAtomic(beatOf(path, token), '0');
  try {
    let waited = false;
    while (!createOnce(path, text)) {
      const found = readIfThere(path);
      if (found === undefined) continue;
      const holder = checked(found, { schema: holderSchema, path, remedy: 'if no job works here, remove the file' });
      const told = () => {
        if (!waited) onWait?.(`process ${holder.pid} on ${holder.host}${holder.job ? `, job ${holder.job}` : ''}`);
        waited = true;
      };
      if (await isDead(path, holder, { beatMs, missed, told, signal })) {
        removeStale(path, found);
        rmSync(beatOf(path, holder.token), { force: true });
      }
    }
  } catch (error) {
    rmSync(beatOf(path, token), { force: true });
    throw error;
  }
  // A lock that cannot be read may be another's by now.
  const isMine = () => {
    try {
      return readIfThere(path) === text;
    } catch {
      return false;
    }
  };
  const beating = setInterval(() => {
    if (!isMine()) {
      clearInterval(beating);
      onLost();
      return;
    }
    try {
      writeFileAtomic(beatOf(path, token), String(++count));
    } catch {
      // A full disk is for the work to complain of; a beat more or less does no harm.
    }
  }, beatMs);
  return () => {
    clearInterval(beating);
    if (isMine()) rmSync(path, { force: true });
    rmSync(beatOf(path, token), { force: true });
  };
}

const beatOf = (path: string, token: string) => `${path}.${token}`;

interface Watch extends Required<Pick<PartLockOptions, 'beatMs' | 'missed'>> {
  told: () => void;
  signal?: AbortSignal;
}

/** Watches whoever holds the part, for as long as that is somebody else who lives. */
async function isDead(path: string, holder: Holder, { beatMs, missed, told, signal }: Watch): Promise<boolean> {
  const beat = () => readIfThere(beatOf(path, holder.token));
  let last = beat();
  let unchanged = 0;
  for (;;) {
    // A process of this machine is known to be gone at once.
    if (holder.host === hostname() && !isRunning(holder.pid)) return true;
    told();
    await sleep(beatMs, undefined, { signal });
    const now = readIfThere(path);
    if (now === undefined || !now.includes(holder.token)) return false;
    const counted = beat();
    unchanged = counted === last ? unchanged + 1 : 0;
    last = counted;
    if (unchanged >= missed) return true;
  }
}

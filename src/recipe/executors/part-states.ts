/**
 * @file What has become of each part of a submission: what the part wrote itself, and what the scheduler says of it.
 *
 * A shared file system may show a file late, so a part that is gone from the queue and has written nothing is given a
 * while, by this machine's clock, before it is taken to have been killed.
 */
import { join } from 'node:path';
import { freeBytes } from '../../storage/free-space.js';
import { outcomeRecord, partFiles, type Job, type PartOutcome, type Submission } from './job-files.js';
import { lastLines } from './job-log.js';

/** What the scheduler says of a part. */
export interface PartInQueue {
  state: 'waiting' | 'running' | 'ended';
  /** Why it waits or has failed, in the scheduler's words. */
  reason?: string;
  node?: string;
}

export interface PartState {
  job: Job;
  index: number;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'not begun';
  reason?: string;
  node?: string;
  /** Of a failure. */
  message?: string;
  /** It has said that it failed, and the scheduler may not know yet that it has ended. */
  ends?: boolean;
  /** Its time ended before it was done, and it is to be begun again by whoever began it. */
  again?: boolean;
}

/** Milliseconds that a part may be gone without a word. */
const GRACE_MS = 30_000;

export interface PartStateOptions {
  graceMs?: number;
  /** Whoever watches begins parts again whose time ended; a scheduler else does. */
  again?: boolean;
}

export function createPartStates(
  { folder, submission }: { folder: string; submission: Submission },
  { graceMs = GRACE_MS, again = false }: PartStateOptions = {},
) {
  const parts = submission.jobs.flatMap((job) =>
    job.parts.map((_, index): PartState => ({ job, index, state: 'waiting' })),
  );
  const goneSince = new Map<PartState, number>();
  const outcomeOf = ({ job, index }: PartState): PartOutcome | undefined =>
    outcomeRecord(partFiles(job, index).outcome).readIfThere(folder);

  /** @param queued what the scheduler knows of it; undefined: nothing */
  function update(part: PartState, queued: PartInQueue | undefined): void {
    if (part.state === 'done') return;
    const outcome = outcomeOf(part);
    if (outcome?.outcome === 'done') {
      Object.assign(part, { state: 'done', node: outcome.node });
      return;
    }
    if (queued && queued.state !== 'ended') {
      const ends = outcome?.outcome === 'failed' && queued.state === 'running';
      Object.assign(part, { reason: undefined, message: undefined, ends }, queued);
      goneSince.delete(part);
      return;
    }
    if (outcome?.outcome === 'failed') {
      Object.assign(part, { state: 'failed', node: outcome.node, message: outcome.message });
      return;
    }
    if (part.state === 'failed' || part.state === 'not begun') return;
    if (again && outcome?.outcome === 'requeued') {
      Object.assign(part, { state: 'waiting', again: true });
      return;
    }
    const since = goneSince.get(part) ?? performance.now();
    goneSince.set(part, since);
    const known = queued?.reason !== undefined && queued.reason !== 'COMPLETED';
    if (!known && performance.now() - since < graceMs) return;
    const failedBefore = parts.some(
      ({ job, state }) => isBefore(job, part.job) && (state === 'failed' || state === 'not begun'),
    );
    if (failedBefore) part.state = 'not begun';
    else {
      const message =
        outcome?.outcome === 'stopped' ? 'it was cancelled' : wordsForEnd(queued?.reason) + noRoom(folder);
      Object.assign(part, { state: 'failed', node: queued?.node, message });
    }
  }

  /** Whether the second job waits for the first. */
  const isBefore = (first: Job, second: Job): boolean =>
    second.after.some(
      (name) =>
        name === first.name ||
        isBefore(
          first,
          submission.jobs.find((job) => job.name === name)!,
        ),
    );

  return { parts, update };
}

/** Whoever can write no more cannot write that either. */
const noRoom = (folder: string): string => (freeBytes(folder) < LEAST_BYTES ? `; the disk of ${folder} is full` : '');
const LEAST_BYTES = 1 << 16;

function wordsForEnd(reason: string | undefined): string {
  switch (reason) {
    case 'OUT_OF_MEMORY':
      return 'its memory was used up\n  give it more: executor.memory';
    case 'TIMEOUT':
    case 'DEADLINE':
      return 'its time ran out before a checkpoint was written\n  give it more: executor.time';
    case 'CANCELLED':
      return 'it was cancelled';
    case 'NODE_FAIL':
    case 'BOOT_FAIL':
      return 'its node failed, and the scheduler did not begin it again';
    case undefined:
      return 'it is gone from the queue, and has not said why';
    default:
      if (reason.startsWith('status')) return `its command ended with ${reason} before it was done`;
      return `it was ended from outside (${reason}), by somebody or as memory ran out`;
  }
}

/** A part's name as messages have it: `train aca-net@2`, `prep`. */
export function nameOf({ job, index }: Pick<PartState, 'job' | 'index'>): string {
  const { name } = job.parts[index];
  return name === job.name || name.startsWith(`${job.name} `) ? name : `${job.name} ${name}`;
}

/** What failed, each with the last lines of its log, and what the user is to do. */
export function describeFailures(parts: readonly PartState[], folder: string): string {
  const failed = parts.filter(({ state }) => state === 'failed');
  const left = parts.filter(({ state }) => state === 'not begun').length;
  const told = failed.map((part) => {
    const log = join(folder, partFiles(part.job, part.index).log);
    const message = part.message ?? 'it failed';
    // What it said last is often the message itself.
    const lines = lastLines(log).filter((line) => !message.includes(line.replace(/^✖ /, '').trim()));
    const where = part.node ? ` on ${part.node}` : '';
    return [`${nameOf(part)}${where}: ${message}`, ...lines.map((line) => `    ${line}`), `  log: ${log}`].join('\n');
  });
  const done = parts.filter(({ state }) => state === 'done').length;
  const counts = `of ${parts.length} parts ${done} are done, ${failed.length} failed${left > 0 ? `, ${left} could not begin` : ''}`;
  return [...told, `${counts}; the same command does only what is not done`].join('\n');
}

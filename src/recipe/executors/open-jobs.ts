/**
 * @file Jobs that may still work in a work folder, though no command is watching them: who they are to Slurm, how they
 * are cancelled, and how work on this machine keeps out of their way.
 */
import { readdirSync, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { allOrNone } from '../../all-or-none.js';
import { commandLine } from '../../command-line.js';
import { messageOf, UserError } from '../../errors.js';
import type { Waiting } from './executor.js';
import { optionsOf } from '../running/work-folder.js';
import { jobsFolder, locksFolder, openRecord, type Job, type Submission } from './job-files.js';
import { lockPart } from './part-lock.js';
import { cancelJobs, readQueue, type QueueEntry } from './slurm-commands.js';
import { jobName } from './slurm-options.js';
import { closeSubmission, openSubmission, type Submitted } from './submission.js';

const ENDED = new Set([
  ...['COMPLETED', 'FAILED', 'CANCELLED', 'TIMEOUT', 'NODE_FAIL', 'OUT_OF_MEMORY', 'BOOT_FAIL', 'DEADLINE', 'REVOKED'],
]);

/** Whether Slurm has ended a part for good. */
export const hasEnded = ({ state }: Pick<QueueEntry, 'state'>): boolean => ENDED.has(state);

/** What Slurm knows of a job, by its name: its number may not have been written down. */
export function entriesOf(queue: readonly QueueEntry[], { submission }: Submitted, job: Job): QueueEntry[] {
  const name = jobName(submission, job);
  return queue.filter((entry) => entry.name === name);
}

/** What Slurm knows of those jobs of a submission that have not ended. */
const workingOf = (queue: readonly QueueEntry[], submitted: Submitted): QueueEntry[] =>
  submitted.submission.jobs.flatMap((job) => entriesOf(queue, submitted, job)).filter((entry) => !hasEnded(entry));

export const isWorking = (queue: readonly QueueEntry[], submitted: Submitted): boolean =>
  workingOf(queue, submitted).length > 0;

/** What a command that is interrupted says of the jobs that it has submitted. */
export const sayJobsGoOn = (submission: Submission, log: (line: string) => void): void =>
  log(
    'the jobs go on without this command; it attaches to them when it is given again\n' +
      `  to cancel them: ${howToCancel(submission)}`,
  );

/** The command that cancels its jobs, as a shell takes it. */
export const howToCancel = (submission: Submission): string =>
  submission.named
    ? commandLine(['run', '--cancel', ...optionsOf(submission.named)])
    : `scancel --name=${submission.jobs.map((job) => jobName(submission, job)).join(',')}`;

/** Cancels the submission's jobs and closes it. @returns the numbers of the jobs */
export async function cancelSubmission(submitted: Submitted): Promise<string[]> {
  const ids = [...new Set(workingOf(await readQueue(), submitted).map(({ id }) => id))];
  await cancelJobs(ids);
  closeSubmission(submitted.submission);
  return ids;
}

/** Cancels the jobs that work in a folder. @returns their numbers; undefined where none may */
export async function cancelOpenJobs(workFolder: string): Promise<string[] | undefined> {
  const open = openSubmission(workFolder);
  if (!open) return undefined;
  if (open.submission.executor.type === 'slurm') return cancelSubmission(open);
  throw new UserError(
    `${workFolder}: its jobs were not submitted to Slurm, so acanet cannot cancel them\n` +
      `  use the command of your scheduler, then remove ${join(jobsFolder(workFolder), openRecord.name)}`,
  );
}

/**
 * Lets work on this machine begin only where no job works in the folder.
 * @throws UserError where Slurm's jobs do, or where that cannot be found out
 */
export async function refuseBesideJobs(workFolder: string, waiting: Waiting): Promise<void> {
  const open = openSubmission(workFolder);
  if (!open) return;
  const { submission } = open;
  if (submission.executor.type === 'slurm') {
    const path = join(jobsFolder(resolve(workFolder)), openRecord.name);
    const queue = await readQueue().catch((error: unknown) => {
      throw new UserError(
        `${workFolder}: jobs of ${submission.host} may work in this folder, and Slurm cannot be asked: ${messageOf(error)}\n` +
          `  give the command there; if no job is left, remove ${path}`,
        { cause: error },
      );
    });
    const working = workingOf(queue, open);
    if (working.length > 0) {
      const ids = [...new Set(working.map(({ id }) => id))].join(', ');
      throw new UserError(
        `${workFolder}: jobs ${ids} of Slurm work in this folder\n` +
          '  attach to them with --executor slurm, or cancel them: ' +
          howToCancel(submission),
      );
    }
  } else await waitForParts(workFolder, waiting);
}

/** The same, in a folder that this command holds: then what was submitted is of the past. */
export async function closeBesideJobs(workFolder: string, waiting: Waiting): Promise<void> {
  await refuseBesideJobs(workFolder, waiting);
  const open = openSubmission(workFolder);
  if (open) closeSubmission(open.submission);
}

/** Waits until no process holds a part any more, or those that do are found to be dead. */
export async function waitForParts(workFolder: string, { log, signal }: Waiting): Promise<void> {
  const folder = locksFolder(resolve(workFolder));
  const locks = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.lock')) : [];
  const waitFor = (name: string) => async (either: AbortSignal) => {
    const onWait = (holder: string) => log(`waiting for ${holder}, which may work on ${name.replace(/\.lock$/, '')}`);
    const unlock = await lockPart(join(folder, name), { onWait, onLost: () => undefined, signal: either });
    unlock();
  };
  await allOrNone(locks.map(waitFor), signal);
}

/**
 * @file The executor `slurm`: all that is due as jobs and job arrays, each after those that it needs (`afterok`).
 *
 * Everything is submitted at once, so that this command may end, be interrupted or killed while the jobs go on; given
 * again it attaches to them. What is submitted is known by the jobs' names, even where the command was killed before it
 * could write down their numbers.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { shellWord } from '../../command-line.js';
import { UserError } from '../../errors.js';
import type { ExecutorOptions } from '../definition/executor-options.js';
import type { Execution, Executor } from './executor.js';
import { submittedRecord, type Submission } from './job-files.js';
import { jobScript } from './job-script.js';
import { howToCancel, isWorking, sayJobsGoOn } from './open-jobs.js';
import { settle } from './job-watch.js';
import { createPartStates, describeFailures } from './part-states.js';
import { cancelJobs, checkSlurm, readQueue, submitScript, Unreached } from './slurm-commands.js';
import { followJobs } from './slurm-watch.js';
import { jobName, sbatchOptions } from './slurm-options.js';
import {
  changedSince,
  closeSubmission,
  draftSubmission,
  hashOfAsked,
  openSubmission,
  scriptOf,
  writeSubmission,
  type Submitted,
} from './submission.js';

export const slurmExecutor = (options: ExecutorOptions): Executor => ({
  here: false,
  check: checkSlurm,
  describe: (execution) => describeSubmission(draftSubmission(execution, { ...options, type: 'slurm' })),
  atOnce: () => undefined,
  run: async (execution) => {
    const executor = { ...options, type: 'slurm' as const };
    const attached = await attach(execution, executor);
    const submitted = attached ?? draftSubmission(execution, executor);
    if (submitted.submission.jobs.length === 0) return [...execution.plans];
    if (!attached) writeSubmission(submitted);
    await submitJobs(submitted, execution);
    await followJobs(submitted, execution, { attached: attached !== undefined });
    return settle(execution);
  },
});

/** The scripts and the commands that submit them, as a shell takes them. */
function describeSubmission({ folder, submission }: Submitted): string {
  if (submission.jobs.length === 0) return 'all is up to date\n';
  return submission.jobs
    .map((job) => {
      // Numbers are known once a job is submitted.
      const after = job.after.map((name) => `NUMBER_OF_${name.toUpperCase()}`);
      const options = sbatchOptions(submission, job, { folder, after }).map(shellWord);
      const parts = job.parts.length > 1 ? `# parts: ${job.parts.map(({ name }) => name).join(', ')}\n` : '';
      const script = scriptOf(folder, job);
      return `# ${script}\n${jobScript(submission, job, folder)}${parts}sbatch --parsable ${options.join(' ')} ${shellWord(script)}\n`;
    })
    .join('\n');
}

/** The open submission of the same work. What it has failed in is said, and left to a new one. */
async function attach(
  { workFolder, log, ...asked }: Execution,
  executor: Submission['executor'],
): Promise<Submitted | undefined> {
  const open = openSubmission(workFolder);
  if (!open) return undefined;
  const { submission, folder } = open;
  const queue = await readQueue();
  const working = isWorking(queue, open);
  if (submission.asked === hashOfAsked(asked) && working) {
    log(`jobs of ${submission.since} work on this: attached to submission ${submission.number}`);
    const changed = changedSince(open, executor);
    if (changed.length > 0)
      log(
        `! they keep what they were submitted with: ${changed.join('; ')}\n  to change it: ${howToCancel(submission)}`,
      );
    return open;
  }
  if (working) {
    throw new UserError(
      `${workFolder}: jobs of submission ${submission.number} work in this folder, for another command\n` +
        `  wait for them, or cancel them: ${howToCancel(submission)}`,
    );
  }
  const states = createPartStates(open, { graceMs: 0 });
  for (const part of states.parts) states.update(part, undefined);
  if (states.parts.some(({ state }) => state === 'failed')) log(`! ${describeFailures(states.parts, folder)}`);
  closeSubmission(submission);
  return undefined;
}

/** Submits the jobs that are not yet. */
async function submitJobs(
  { folder, submission }: Submitted,
  { log, signal }: Pick<Execution, 'log' | 'signal'>,
): Promise<void> {
  const ids = new Map(Object.entries(submittedRecord.readIfThere(folder)?.ids ?? {}));
  const known = ids.size;
  for (const job of submission.jobs) {
    if (ids.has(job.name)) continue;
    const after = job.after.map((name) => ids.get(name)!);
    const options = sbatchOptions(submission, job, { folder, after });
    try {
      ids.set(
        job.name,
        await submitOnce(jobName(submission, job), options, { script: scriptOf(folder, job), log, signal }),
      );
    } catch (error) {
      // What was submitted is found again by its names.
      if (!(error instanceof Unreached) && !signal?.aborted) {
        await cancelJobs([...ids.values()]);
        closeSubmission(submission);
      }
      if (signal?.aborted) sayJobsGoOn(submission, log);
      throw error;
    }
    submittedRecord.write(folder, { ids: Object.fromEntries(ids) });
  }
  if (ids.size === known) return;
  const list = submission.jobs.map(
    ({ name, parts }) => `${name} ${ids.get(name)}${parts.length > 1 ? ` (${parts.length})` : ''}`,
  );
  log(`submitted: ${list.join(', ')}; scripts and logs are in ${folder}`);
}

/** Times that a controller that does not answer is asked again, and seconds before that. */
const TRIES = 5;
const PAUSE_MS = 5000;

/** Submits a script. One that was submitted though the answer was lost is found by its name. */
async function submitOnce(
  name: string,
  options: readonly string[],
  { script, log, signal }: { script: string } & Pick<Execution, 'log' | 'signal'>,
): Promise<string> {
  for (let tried = 1; ; tried++) {
    try {
      const found = (await readQueue()).find((entry) => entry.name === name);
      return found?.id ?? (await submitScript(options, script));
    } catch (error) {
      if (!(error instanceof Unreached) || tried === TRIES) throw error;
      log(`! ${error.message}; it is asked again`);
      await sleep(PAUSE_MS, undefined, { signal });
    }
  }
}

/**
 * @file The executor `command`: jobs by a command of the user's, for schedulers other than Slurm, in the tradition of
 * Kaldi's `cmd.sh`. The command must not end before its jobs have. These words in it are replaced:
 *
 *     SCRIPT     what a job runs; its argument, or what the scheduler says, is the number of its part
 *     JOB        the number of the part, from 1: the command is given once for each part
 *     COUNT      how many parts there are: the command is given once for all of them, and JOB is left to it
 *     LOG        what a part says (its script writes that itself)
 *     NAME, CPUS, GPUS, MEMORY, TIME, PARTITION, ACCOUNT
 *
 * `queue.pl JOB=1:COUNT LOG SCRIPT JOB`, `qsub -sync y -t 1-COUNT -pe smp CPUS SCRIPT`, `bsub -K -n CPUS sh SCRIPT JOB`.
 * One job begins when the one before it has ended; so this command must live as long as they do.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { shellWord } from '../../command-line.js';
import { UserError } from '../../errors.js';
import { jobKinds, resourcesOf, type ExecutorOptions } from '../definition/executor-options.js';
import { nameOf } from '../stages/work.js';
import type { Execution, Executor } from './executor.js';
import { partFiles, type Job, type Submission } from './job-files.js';
import { jobScript } from './job-script.js';
import { createJobWatch, settle, type JobWatch } from './job-watch.js';
import { waitForParts } from './open-jobs.js';
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

export const commandExecutor = (options: ExecutorOptions): Executor => ({
  here: false,
  check: () => Promise.resolve().then(() => void templateOf(options)),
  atOnce: ({ stages, plans }) => {
    const runs = new Set(
      stages.filter(({ name }) => plans.some(({ stage }) => stage === name)).map(({ ofRun }) => ofRun),
    );
    return Math.min(options.atOnce ?? runs.size, runs.size);
  },
  describe: (execution) => {
    const { folder, submission } = draftSubmission(execution, { ...options, type: 'command' });
    if (submission.jobs.length === 0) return 'all is up to date\n';
    return submission.jobs
      .map((job) => {
        const script = `# ${scriptOf(folder, job)}\n${jobScript(submission, job, folder)}`;
        return `${script}${commandsOf(submission, job, folder).join('\n')}\n`;
      })
      .join('\n');
  },
  run: async (execution) => {
    const open = openSubmission(execution.workFolder);
    const executor = { ...options, type: 'command' as const };
    const same = open?.submission.asked === hashOfAsked(execution) && changedSince(open, executor).length === 0;
    if (open && !same) {
      await waitForParts(execution.workFolder, execution);
      closeSubmission(open.submission);
    }
    const submitted = open && same ? open : draftSubmission(execution, executor);
    if (submitted.submission.jobs.length === 0) return [...execution.plans];
    writeSubmission(submitted);
    await runJobs(submitted, execution);
    return settle(execution);
  },
});

/** @throws UserError where it cannot run anything */
function templateOf(options: ExecutorOptions): string {
  const { command } = options;
  const example = "such as 'queue.pl JOB=1:COUNT LOG SCRIPT JOB'";
  if (command === undefined)
    throw new UserError(`--executor command: no command is set\n  set executor.command, ${example}`);
  const missing = !/\bSCRIPT\b/.test(command)
    ? 'SCRIPT'
    : !/\b(JOB|COUNT)\b/.test(command)
      ? 'JOB or COUNT'
      : undefined;
  for (const kind of jobKinds) {
    const { partition: PARTITION, account: ACCOUNT, time: TIME, memory: MEMORY } = resourcesOf(options, kind);
    const [unset] = Object.entries({ PARTITION, ACCOUNT, TIME, MEMORY }).filter(
      ([word, value]) => value === undefined && new RegExp(`\\b${word}\\b`).test(command),
    );
    if (unset) {
      throw new UserError(
        `executor.command: ${unset[0]} is in it, so set executor.${unset[0].toLowerCase()} (for ${kind})`,
      );
    }
  }
  if (missing === undefined) return command;
  throw new UserError(`executor.command: expected ${missing} in it, got ${JSON.stringify(command)}\n  ${example}`);
}

/** The commands of a job, as a shell takes them: one for each part, or one for all. */
function commandsOf(submission: Submission, job: Job, folder: string): string[] {
  const { executor, work } = submission;
  const template = templateOf(executor);
  const { partition, account, time, memory, cpus, gpus } = resourcesOf(executor, job.kind);
  const asArray = /\bCOUNT\b/.test(template);
  const values: Record<string, string | number | undefined> = {
    SCRIPT: scriptOf(folder, job),
    COUNT: job.parts.length,
    NAME: `acanet-${nameOf(work)}-${job.name}`,
    CPUS: cpus ?? job.threads,
    ...{ GPUS: gpus ?? 0, MEMORY: memory, TIME: time, PARTITION: partition, ACCOUNT: account },
  };
  const fill = (own: typeof values) =>
    template.replace(/\b(SCRIPT|JOB|COUNT|LOG|NAME|CPUS|GPUS|MEMORY|TIME|PARTITION|ACCOUNT)\b/g, (word) => {
      const all = { ...values, ...own };
      if (all[word] === undefined) return word;
      return shellWord(String(all[word]));
    });
  // As Kaldi's own scripts name the logs of an array.
  if (asArray) return [fill({ LOG: join(folder, job.parts.length > 1 ? `${job.name}.JOB.log` : `${job.name}.log`) })];
  return job.parts.map((_, index) => fill({ JOB: index + 1, LOG: join(folder, partFiles(job, index).log) }));
}

/** Runs one job after another. @throws UserError naming the parts that failed */
async function runJobs(submitted: Submitted, execution: Execution): Promise<void> {
  const { folder, submission } = submitted;
  const { log, signal } = execution;
  const watch = createJobWatch(submitted, execution, { attached: false, graceMs: GRACE_MS, again: true });
  log(`scripts and logs are in ${folder}`);
  for (const job of submission.jobs) {
    const commands = commandsOf(submission, job, folder);
    await runJob(watch, job, { commands, atOnce: submission.executor.atOnce ?? commands.length, signal });
    signal?.throwIfAborted();
    if (watch.parts.some((part) => part.job === job && part.state !== 'done')) break;
  }
  for (const part of watch.parts) if (part.state === 'waiting') part.state = 'not begun';
  watch.close();
}

/** Milliseconds that a part may have ended without a word, as a shared file system may show it late. */
const GRACE_MS = 10_000;
const POLL_MS = 500;

/** Gives the commands of a job, so many at a time, and again for parts whose time ended before they were done. */
async function runJob(
  watch: JobWatch,
  job: Job,
  { commands, atOnce, signal }: { commands: readonly string[]; atOnce: number; signal?: AbortSignal },
): Promise<void> {
  const parts = watch.parts.filter((part) => part.job === job);
  const waiting = commands.map((command, position) => ({ command, position }));
  const running = new Map<number, Promise<number>>();
  const ended = new Map<number, number>();
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    while (parts.some(({ state }) => state === 'waiting' || state === 'running')) {
      while (waiting.length > 0 && running.size < atOnce && !stop.signal.aborted) {
        const { command, position } = waiting.shift()!;
        const end = give(command, stop.signal).then((status) => {
          running.delete(position);
          ended.set(position, status);
          return status;
        });
        running.set(position, end);
      }
      await Promise.race([...running.values(), sleep(POLL_MS)]);
      if (stop.signal.aborted) {
        await Promise.all(running.values());
        return;
      }
      for (const part of parts) {
        const position = commands.length === 1 ? 0 : part.index;
        const status = ended.get(position);
        const state = status === undefined ? (running.has(position) ? 'running' : 'waiting') : 'ended';
        const reason = status === undefined || status === 0 ? undefined : `status ${status}`;
        await watch.update(part, { state, reason }, () => Promise.resolve(status));
        if (!part.again) continue;
        part.again = false;
        if (ended.delete(position)) waiting.push({ command: commands[position], position });
      }
      watch.show();
    }
  } catch (error) {
    // Given again, this command would give all of them again.
    stop.abort();
    await Promise.all(running.values());
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Gives a command. Its group is its own, so that what ends it is this process alone. @returns its exit status */
function give(command: string, signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn('sh', ['-c', command], { detached: true, stdio: ['ignore', 'ignore', 'inherit'] });
    const end = () => {
      try {
        process.kill(-child.pid!, 'SIGTERM');
      } catch {
        // It has ended.
      }
    };
    signal.addEventListener('abort', end, { once: true });
    child.on('error', () => resolve(127));
    child.on('close', (code) => {
      signal.removeEventListener('abort', end);
      resolve(code ?? 1);
    });
  });
}

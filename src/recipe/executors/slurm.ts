/**
 * @file The executor `slurm`: all that is due as jobs and job arrays, each after those that it needs (`afterok`).
 *
 * Everything is submitted at once, so that this command may end, be interrupted or killed while the jobs go on; given
 * again it attaches to them. What is submitted is known by the jobs' names, even where the command was killed before it
 * could write down their numbers.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { shellWord } from '../../command-line.js';
import { UserError } from '../../errors.js';
import type { ExecutorOptions } from '../definition/executor-options.js';
import { planStages } from '../running/stage-runner.js';
import type { StagePlan } from '../running/stage-plan.js';
import type { Execution, Executor } from './executor.js';
import { partFiles, submittedRecord } from './job-files.js';
import { createLogReader } from './job-log.js';
import { jobScript, wordsFor } from './job-script.js';
import { cancelSubmission, entriesOf, hasEnded, isWorking } from './open-jobs.js';
import { createPartStates, describeFailures, nameOf, type PartInQueue, type PartState } from './part-states.js';
import {
  cancelJobs,
  checkSlurm,
  exitStatus,
  readQueue,
  submitScript,
  Unreached,
  type QueueEntry,
} from './slurm-commands.js';
import { jobName, sbatchOptions } from './slurm-options.js';
import {
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
    const attached = await attach(execution);
    const submitted = attached ?? draftSubmission(execution, { ...options, type: 'slurm' });
    if (submitted.submission.jobs.length === 0) return [...execution.plans];
    if (!attached) writeSubmission(submitted);
    await submitJobs(submitted, execution);
    await follow(submitted, execution, { attached: attached !== undefined });
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
async function attach({ workFolder, log, ...asked }: Execution): Promise<Submitted | undefined> {
  const open = openSubmission(workFolder);
  if (!open) return undefined;
  const { submission, folder } = open;
  const queue = await readQueue();
  const working = isWorking(queue, open);
  if (submission.asked === hashOfAsked(asked) && working) {
    log(`jobs of ${submission.since} work on this: attached to submission ${submission.number}`);
    return open;
  }
  if (working) {
    throw new UserError(
      `${workFolder}: jobs of submission ${submission.number} work in this folder, for another command\n` +
        `  wait for them, or cancel them: acanet run ${submission.recipe.name} --cancel`,
    );
  }
  const states = createPartStates(open, 0);
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
      if (!(error instanceof Unreached)) {
        await cancelJobs([...ids.values()]);
        closeSubmission(submission);
      }
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

const FIRST_POLL_MS = 500;
const SLOWEST_POLL_MS = 15_000;

/** Watches the jobs until all have ended. @throws UserError naming the parts that failed */
async function follow(
  submitted: Submitted,
  { workFolder, log, progress, signal, onFinished }: Execution,
  { attached }: { attached: boolean },
): Promise<void> {
  const { folder, submission } = submitted;
  const states = createPartStates(submitted);
  const logs = createLogReader();
  const told = new Set<string>();
  const logOf = ({ job, index }: PartState) => join(folder, partFiles(job, index).log);
  if (attached) states.parts.forEach((part) => logs.skip(logOf(part)));
  for (let pause = FIRST_POLL_MS; ; pause = Math.min(SLOWEST_POLL_MS, pause * 1.2)) {
    try {
      const queue = await readQueue();
      for (const part of states.parts) await updatePart(part, queue);
    } catch (error) {
      if (!(error instanceof Unreached)) throw error;
      log(`! ${error.message}; the jobs go on, and it is asked again`);
    }
    const count = (state: PartState['state']) => states.parts.filter((part) => part.state === state).length;
    const ended = count('done') + count('failed') + count('not begun');
    progress('jobs', count('done'), states.parts.length, describeWaiting(states.parts));
    if (ended === states.parts.length) break;
    await stopHopeless(submitted, states.parts, log, told);
    try {
      await sleep(pause, undefined, { signal });
    } catch (error) {
      log(
        `the jobs go on without this command; it attaches to them when it is given again\n` +
          `  to cancel them: acanet run ${submission.recipe.name} --cancel`,
      );
      throw signal?.reason ?? error;
    }
  }
  closeSubmission(submission);
  if (states.parts.some(({ state }) => state !== 'done')) throw new UserError(describeFailures(states.parts, folder));

  async function updatePart(part: PartState, queue: readonly QueueEntry[]): Promise<void> {
    const before = part.state;
    if (before === 'done' || before === 'failed' || before === 'not begun') return;
    const { job, index } = part;
    const entry = entriesOf(queue, submitted, job).find(({ task }) => job.parts.length === 1 || task === index + 1);
    states.update(part, entry && inQueue(entry));
    for (const line of logs.read(logOf(part))) if (!line.startsWith('= ')) log(`${nameOf(part)} | ${line}`);
    const after = part.state as PartState['state'];
    if (after === 'done') for (const stage of job.parts[index].targets ?? []) onFinished(stage);
    if (after === 'failed' && entry) {
      const words = wordsFor((await exitStatus(entry.id)) ?? 0, { ...submission, workFolder });
      if (words !== undefined) part.message = words;
    }
    if (after === 'failed') log(`! ${nameOf(part)} failed: ${part.message?.split('\n')[0] ?? ''}`);
  }
}

function inQueue({ state, reason, node }: QueueEntry): PartInQueue {
  if (hasEnded({ state })) return { state: 'ended', reason: state, node };
  const running = ['RUNNING', 'COMPLETING', 'CONFIGURING', 'SUSPENDED', 'STAGE_OUT', 'SIGNALING'].includes(state);
  return { state: running ? 'running' : 'waiting', reason, node };
}

function describeWaiting(parts: readonly PartState[]): string {
  const running = parts.filter(({ state }) => state === 'running').length;
  const waiting = parts.filter(({ state }) => state === 'waiting');
  const reasons = [
    ...new Set(waiting.map(({ reason }) => reason).filter((reason) => reason && !/^(None|Dependency)$/.test(reason))),
  ];
  const why = reasons.length > 0 ? ` (${reasons.slice(0, 2).join(', ')})` : '';
  return `${running} running, ${waiting.length} waiting${why}`;
}

/** Reasons for which a job never begins as it is asked for, and what to change. */
const HOPELESS: readonly [reason: RegExp, advice: string][] = [
  [/^InvalidAccount|AccountNotAllowed|AssociationJobLimit/, 'set executor.account to an account that you may use'],
  [/^(InvalidQOS|QOSNotAllowed)/, 'change --qos in executor.extra'],
  [/^(PartitionTimeLimit|.*MaxWallDurationPerJobLimit)/, 'ask for less: executor.time'],
  [
    /^(PartitionConfig|PartitionNodeLimit|BadConstraints|.*Max(Cpu|Mem|GRES|Node)\w*PerJob\w*)/,
    'ask for what the partition has: executor.cpus, executor.memory, executor.gpus, executor.time',
  ],
];

/** Reasons that only a person can take away. */
const HELD = /^(JobHeldUser|JobHeldAdmin|PartitionDown|PartitionInactive|ReqNodeNotAvail|launch failed requeued held)/;

/** Cancels jobs that can never begin, and says which ones wait for a person. */
async function stopHopeless(
  submitted: Submitted,
  parts: readonly PartState[],
  log: Execution['log'],
  told: Set<string>,
): Promise<void> {
  for (const part of parts) {
    if (part.state !== 'waiting' || part.reason === undefined) continue;
    const { reason } = part;
    const advice = HOPELESS.find(([pattern]) => pattern.test(reason))?.[1];
    if (advice !== undefined) {
      await cancelSubmission(submitted);
      throw new UserError(`Slurm will not begin ${nameOf(part)}: ${reason}; the jobs are cancelled\n  ${advice}`);
    }
    if (!HELD.test(reason) || told.has(`${part.job.name} ${reason}`)) continue;
    told.add(`${part.job.name} ${reason}`);
    const id = submittedRecord.readIfThere(submitted.folder)?.ids[part.job.name] ?? '';
    log(
      `! ${nameOf(part)} is held (${reason}) and waits; what may help: scontrol release ${id}, or another partition\n` +
        `  Ctrl-C leaves the jobs as they are; to cancel them: acanet run ${submitted.submission.recipe.name} --cancel`,
    );
  }
}

/** Times that the outcome is looked for again, as a shared file system may show it late. */
const LOOKS = 20;

/** What was done. @throws UserError where something is not up to date though no job has failed */
async function settle({ workFolder, stages, targets, plans, signal }: Execution): Promise<StagePlan[]> {
  for (let look = 1; ; look++) {
    const now = planStages({ workFolder, stages, targets });
    const left = now.filter(({ action }) => action !== 'skip');
    if (left.length === 0) return [...plans];
    if (look === LOOKS) {
      const [{ stage, reasons }] = left;
      throw new UserError(
        `${stage} is not up to date though its job has ended well: ${reasons.join('; ')}\n  give the command again`,
      );
    }
    await sleep(look * 200, undefined, { signal });
  }
}

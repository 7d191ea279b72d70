/** @file Watching the jobs of a submission by Slurm's queue, and stopping those that can never begin. */
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../errors.js';
import type { Execution } from './executor.js';
import { submittedRecord } from './job-files.js';
import { createJobWatch } from './job-watch.js';
import { cancelSubmission, entriesOf, hasEnded, howToCancel, sayJobsGoOn } from './open-jobs.js';
import { nameOf, type PartInQueue, type PartState } from './part-states.js';
import { exitStatus, readQueue, Unreached, type QueueEntry } from './slurm-commands.js';
import type { Submitted } from './submission.js';

/** How often Slurm is asked: at first, and at last. */
const FIRST_POLL_MS = 500;
const SLOWEST_POLL_MS = 15_000;
/** How often the files of the parts are looked at, unless there are many. */
const LOOK_MS = 500;
const MANY = 100;

/** Watches the jobs until all have ended. @throws UserError naming the parts that failed */
export async function followJobs(
  submitted: Submitted,
  execution: Execution,
  { attached }: { attached: boolean },
): Promise<void> {
  const { log, signal } = execution;
  const watch = createJobWatch(submitted, execution, { attached });
  const told = new Set<string>();
  let queue: QueueEntry[] = [];
  let asked = -Infinity;
  let pause = FIRST_POLL_MS;
  for (;;) {
    try {
      // What is done is read from what the parts write; Slurm is asked now and then.
      const wait = watch.parts.some(({ ends }) => ends) ? Math.min(pause, FIRST_POLL_MS) : pause;
      if (performance.now() - asked >= wait) {
        queue = await readQueue();
        asked = performance.now();
        pause = Math.min(SLOWEST_POLL_MS, pause * 1.2);
      }
      for (const part of watch.parts) {
        const { job, index } = part;
        const entry = entriesOf(queue, submitted, job).find(({ task }) => job.parts.length === 1 || task === index + 1);
        await watch.update(part, entry && inQueue(entry), async () => entry && (await exitStatus(entry.id)));
      }
    } catch (error) {
      if (!(error instanceof Unreached)) throw error;
      log(`! ${error.message}; the jobs go on, and it is asked again`);
      asked = performance.now();
    }
    if (watch.show()) break;
    await stopHopeless(submitted, watch.parts, log, told);
    try {
      await sleep(watch.parts.length > MANY ? pause : LOOK_MS, undefined, { signal });
    } catch (error) {
      sayJobsGoOn(submitted.submission, log);
      throw signal?.reason ?? error;
    }
  }
  watch.close();
}

function inQueue({ state, reason, node }: QueueEntry): PartInQueue {
  if (hasEnded({ state })) return { state: 'ended', reason: state, node };
  const running = ['RUNNING', 'COMPLETING', 'CONFIGURING', 'SUSPENDED', 'STAGE_OUT', 'SIGNALING'].includes(state);
  return { state: running ? 'running' : 'waiting', reason, node };
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
        `  Ctrl-C leaves the jobs as they are; to cancel them: ${howToCancel(submitted.submission)}`,
    );
  }
}

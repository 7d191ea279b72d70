/**
 * @file What a job does for one part of a submission. Safe to be begun again, anywhere and at any time: what is done is
 * found done, and a training goes on from its newest checkpoint.
 */
import { existsSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { THREADS_OF_JOB } from '../../engine/create-engine.js';
import { internal, UserError } from '../../errors.js';
import { acanetCommit, versions } from '../../machine.js';
import { sha256Hex } from '../../storage/hashing.js';
import { filesIn } from '../../storage/written-files.js';
import {
  locksFolder,
  outcomeRecord,
  partFiles,
  type Job,
  type JobPart,
  type PartOutcome,
  type Submission,
} from './job-files.js';
import { lockPart } from './part-lock.js';
import { describeFailure, runSideBySide } from './side-by-side.js';

/** Why a part is stopped before it is done. */
export class Interruption extends Error {
  constructor(
    readonly why: 'its time ends' | 'cancelled',
    message: string,
  ) {
    super(message);
  }
}

export interface PartWorkOptions {
  /** `exp/demo/jobs/001` */
  folder: string;
  submission: Submission;
  job: Job;
  /** Of the part, from 0. */
  index: number;
  /** As the scheduler calls it. */
  id?: string;
  /** Aborted with an `Interruption`. */
  signal: AbortSignal;
  log: (line: string) => void;
  /** Called when another process has taken the part over. */
  onLost: () => void;
}

/** Does the part and records what became of it. */
export async function doPart({
  folder,
  submission,
  job,
  index,
  id,
  signal,
  log,
  onLost,
}: PartWorkOptions): Promise<PartOutcome> {
  const part = job.parts[index];
  const record = outcomeRecord(partFiles(job, index).outcome);
  const since = performance.now();
  const earlier = record.readIfThere(folder);
  const restarts = earlier && earlier.outcome !== 'done' ? earlier.restarts + 1 : 0;
  const write = (outcome: Pick<PartOutcome, 'outcome' | 'message' | 'reached'>) => {
    const seconds = Math.round((performance.now() - since) / 10) / 100;
    const whole: PartOutcome = { ...outcome, node: nodeName(), seconds, restarts };
    record.write(folder, whole);
    return whole;
  };
  let unlock: (() => void) | undefined;
  try {
    checkVersions(submission);
    const path = join(locksFolder(submission.workFolder), `${part.name.replace(/[^\w.@+=-]/g, '-')}.lock`);
    const onWait = (holder: string) => log(`waiting for ${holder}, which works on ${part.name}`);
    unlock = await lockPart(path, { job: id, onWait, onLost, signal });
    if (record.readIfThere(folder)?.outcome === 'done') {
      log(`${part.name} is done`);
      return record.read(folder);
    }
    rmSync(join(folder, record.name), { force: true });
    await doWork({ submission, job, part, signal, log });
    return write({ outcome: 'done' });
  } catch (error) {
    // Stopped while another process worked on it, which may have ended it.
    const found = unlock ? undefined : record.readIfThere(folder);
    if (found?.outcome === 'done') return found;
    const { reason } = signal as { reason: unknown };
    if (!signal.aborted || !(reason instanceof Interruption))
      return write({ outcome: 'failed', message: describe(error) });
    if (reason.why === 'cancelled') return write({ outcome: 'stopped' });
    const reached = reachedBy(submission.workFolder, part);
    if (earlier?.reached !== reached) return write({ outcome: 'requeued', reached });
    return write({
      outcome: 'failed',
      message: `${part.name} has come no further in the time that a job has\n  give it more: executor.time`,
    });
  } finally {
    unlock?.();
  }
}

/** The node as Slurm calls it; two virtual ones share a host. */
const nodeName = () => process.env.SLURMD_NODENAME ?? hostname();

/** An error as the command that is told of it prints it. */
function describe(error: unknown): string {
  const { message, stack, exitCode } = describeFailure(error);
  return exitCode === undefined ? (stack ?? message) : message;
}

/** @throws UserError where something else computes here than what the jobs were submitted with */
function checkVersions({ versions: expected, commit }: Submission): void {
  const found: Record<string, string | undefined> = { ...versions(), commit: acanetCommit()?.commit };
  const asked: Record<string, string | undefined> = { ...expected, commit };
  const different = Object.keys(asked).filter((name) => asked[name] !== found[name]);
  if (different.length === 0) return;
  const shown = different.map((name) => `${name} ${found[name] ?? '(none)'} instead of ${asked[name] ?? '(none)'}`);
  throw new UserError(
    `node ${nodeName()} has ${shown.join(', ')}, so its results could differ\n` +
      '  give the jobs the same Node and acanet: executor.node, executor.setup',
  );
}

async function doWork({
  submission,
  job,
  part,
  signal,
  log,
}: Pick<PartWorkOptions, 'submission' | 'job' | 'signal' | 'log'> & { part: JobPart }) {
  const { work, workFolder, force, token } = submission;
  process.env[THREADS_OF_JOB] = String(job.threads);
  const { stage, ...share } = part.share ?? { stage: part.prepares };
  if (stage !== undefined) {
    // Loaded here alone: where others do the work, they would take longer than what is done with them.
    const [{ stagesOf }, { realLibrary }, { runShare }] = await Promise.all([
      import('../stages/stages.js'),
      import('../../tasks/do-model-work.js'),
      import('../running/stage-share.js'),
    ]);
    const stages = stagesOf(work, workFolder, realLibrary);
    const asked = 'index' in share ? { stage, share } : { stage };
    await runShare({ ...asked, workFolder, stages, log, progress: progressLines(log), signal });
  } else if (part.targets) {
    await runSideBySide({
      ...{ work, workFolder, force, signal },
      chains: new Map([[part.name, part.targets]]),
      jobs: 1,
      sharing: job.parts.length > 1,
      by: token,
      log: (line) => log(line.replace(`${part.name} | `, '')),
      onFinished: () => undefined,
    });
  } else if (job.name !== 'probe') throw internal(`job ${job.name} has a part without work`);
}

const LINE_EVERY_MS = 30_000;

/** Progress as lines of a log, now and then. */
function progressLines(log: (line: string) => void) {
  let last = performance.now();
  return (what: string, done: number, total: number, detail = '') => {
    if (performance.now() - last < LINE_EVERY_MS) return;
    last = performance.now();
    log(`  ${what}: ${done} of ${total}${detail && `, ${detail}`}`);
  };
}

/** What tells whether a part has come any further: the names of all that its stages have written. */
function reachedBy(workFolder: string, { targets = [], share }: JobPart): string {
  const stages = share ? [share.stage, `shares/${share.stage}`] : targets;
  const files = stages
    .map((stage) => join(workFolder, stage))
    .map((folder) => (existsSync(folder) ? filesIn(folder) : []));
  return sha256Hex(JSON.stringify(files));
}

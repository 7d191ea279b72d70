/**
 * @file Watching the parts of a submission: what they say, how far they are, and what becomes of them. Knows no
 * scheduler: who does tells it what that says of each part.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../errors.js';
import type { StagePlan } from '../running/stage-plan.js';
import { planStages } from '../running/stage-runner.js';
import type { Execution } from './executor.js';
import { partFiles } from './job-files.js';
import { createLogReader } from './job-log.js';
import { wordsFor } from './job-script.js';
import {
  createPartStates,
  describeFailures,
  nameOf,
  type PartInQueue,
  type PartState,
  type PartStateOptions,
} from './part-states.js';
import { closeSubmission, type Submitted } from './submission.js';

export interface JobWatch {
  readonly parts: readonly PartState[];
  /** Takes up what has become of a part. @param exitStatus asked where its script has failed */
  update(
    part: PartState,
    queued: PartInQueue | undefined,
    exitStatus: () => Promise<number | undefined>,
  ): Promise<void>;
  /** Shows how far all parts are. @returns whether all have ended */
  show(): boolean;
  /** Closes the submission. @throws UserError naming the parts that failed */
  close(): void;
}

/** @param options.attached the parts have been at work before: what they have said so far is left out */
export function createJobWatch(
  submitted: Submitted,
  { log, progress, onFinished }: Pick<Execution, 'log' | 'progress' | 'onFinished'>,
  { attached, ...options }: { attached: boolean } & PartStateOptions,
): JobWatch {
  const { folder, submission } = submitted;
  const { parts, update } = createPartStates(submitted, options);
  const logs = createLogReader();
  const logOf = ({ job, index }: PartState) => join(folder, partFiles(job, index).log);
  if (attached) parts.forEach((part) => logs.skip(logOf(part)));
  return {
    parts,
    update: async (part, queued, exitStatus) => {
      if (hasEnded(part)) return;
      update(part, queued);
      for (const line of logs.read(logOf(part))) if (!line.startsWith('= ')) log(`${nameOf(part)} | ${line}`);
      if (part.state === 'done') for (const stage of part.job.parts[part.index].targets ?? []) onFinished(stage);
      if (part.state !== 'failed') return;
      part.message = wordsFor((await exitStatus()) ?? 0, submission) ?? part.message;
      log(`! ${nameOf(part)} failed: ${part.message?.split('\n')[0] ?? ''}`);
    },
    show: () => {
      progress('jobs', parts.filter(({ state }) => state === 'done').length, parts.length, describeWaiting(parts));
      return parts.every(hasEnded);
    },
    close: () => {
      closeSubmission(submission);
      if (parts.some(({ state }) => state !== 'done')) throw new UserError(describeFailures(parts, folder));
    },
  };
}

const hasEnded = ({ state }: PartState): boolean => state === 'done' || state === 'failed' || state === 'not begun';

function describeWaiting(parts: readonly PartState[]): string {
  const running = parts.filter(({ state }) => state === 'running').length;
  const waiting = parts.filter(({ state }) => state === 'waiting');
  const reasons = waiting.map(({ reason }) => reason).filter((reason) => reason && !/^(None|Dependency)$/.test(reason));
  const why = reasons.length > 0 ? ` (${[...new Set(reasons)].slice(0, 2).join(', ')})` : '';
  return `${running} running, ${waiting.length} waiting${why}`;
}

/** Times that the outcome is looked for again, as a shared file system may show it late. */
const LOOKS = 20;

/** What was done. @throws UserError where something is not up to date though no job has failed */
export async function settle({ workFolder, stages, targets, plans, signal }: Execution): Promise<StagePlan[]> {
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

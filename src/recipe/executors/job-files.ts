/**
 * @file The files of jobs that work in a work folder for a command (`--executor slurm`, `command`).
 *
 *     exp/demo/jobs/open.json              the submission whose jobs may still work
 *     exp/demo/jobs/001/submission.json    what is to be done: every part of every job; written before anything is submitted
 *     exp/demo/jobs/001/submitted.json     under which numbers the scheduler knows them
 *     exp/demo/jobs/001/train.sh           what a job runs
 *     exp/demo/jobs/001/train.2.log        what its second part said
 *     exp/demo/jobs/001/train.2.json       what became of it; written last, absent where it was killed
 *     exp/demo/jobs/locks/aca-net@2.lock   the process that works on a part
 */
import { join } from 'node:path';
import { z } from 'zod';
import { jobKinds, type ExecutorOptions, type ExecutorType } from '../definition/executor-options.js';
import { jsonArtifact, reliedOn } from '../artifacts/json-artifact.js';
import type { NamedExperiment } from '../running/work-folder.js';
import type { Work } from '../stages/work.js';

const JOBS = 'jobs';
export const jobsFolder = (workFolder: string): string => join(workFolder, JOBS);
export const locksFolder = (workFolder: string): string => join(workFolder, JOBS, 'locks');

const part = z.object({
  /** As messages name it: `aca-net@2`, `features 3 of 8`. */
  name: z.string(),
  /** Stages to bring up to date. */
  targets: z.array(z.string()).optional(),
  /** Or a share of the work of one stage. */
  share: z.object({ stage: z.string(), index: z.number(), count: z.number() }).optional(),
  /** Or what all shares of a stage need. */
  prepares: z.string().optional(),
});
export type JobPart = z.infer<typeof part>;

const job = z.object({
  /** `probe`, `prep`, `features`, `merge`, `train`, `finish` */
  name: z.string(),
  kind: z.enum(jobKinds),
  /** The jobs that have to end well before it begins. */
  after: z.array(z.string()),
  parts: z.array(part),
  threads: z.number(),
});
export type Job = z.infer<typeof job>;

export interface Submission {
  /** `001` */
  number: string;
  /** What tells this submission from all others, on any machine. */
  token: string;
  /** Of all that was asked for: the same command asks for the same. */
  asked: string;
  executor: ExecutorOptions & { type: ExecutorType };
  work: Work;
  force: string[];
  workFolder: string;
  /** Of a recipe, by what commands name it anywhere. */
  named?: NamedExperiment;
  jobs: Job[];
  node: string;
  versions: Record<string, string>;
  commit?: string;
  host: string;
  since: string;
}

const removeOpen = (folder: string) => `if no job works in this experiment, remove ${join(folder, '..', 'open.json')}`;

export const submissionRecord = jsonArtifact<Submission>('submission.json', {
  schema: reliedOn<Submission>(
    z.looseObject({
      number: z.string(),
      token: z.string(),
      asked: z.string(),
      executor: z.looseObject({ type: z.string() }),
      work: z.union([
        z.looseObject({ recipe: z.looseObject({ name: z.string(), systems: z.record(z.string(), z.unknown()) }) }),
        z.looseObject({ embedding: z.looseObject({ name: z.string() }) }),
      ]),
      force: z.array(z.string()),
      workFolder: z.string(),
      named: z
        .looseObject({
          ...{ work: z.string(), reference: z.string() },
          ...{ name: z.string().optional(), fold: z.string().optional() },
        })
        .optional(),
      jobs: z.array(job),
      node: z.string(),
      versions: z.record(z.string(), z.string()),
      host: z.string(),
      since: z.string(),
    }),
  ),
  remedy: removeOpen,
  seal: true,
});

/** By job, what the scheduler calls it. */
export const submittedRecord = jsonArtifact('submitted.json', {
  schema: z.object({ ids: z.record(z.string(), z.string()) }),
  remedy: removeOpen,
  seal: true,
});

export const openRecord = jsonArtifact('open.json', {
  schema: z.object({ number: z.string() }),
  remedy: () => 'if no job works in this experiment, remove the file',
  seal: true,
});

const outcome = z.object({
  outcome: z.enum(['done', 'failed', 'requeued', 'stopped']),
  /** Of a failure. */
  message: z.string().optional(),
  node: z.string(),
  /** Seconds since the process began. */
  seconds: z.number(),
  /** Times that the part was begun again. */
  restarts: z.number(),
  /** What had been reached when it was begun again (`part-progress.ts`). */
  reached: z.string().optional(),
});
export type PartOutcome = z.infer<typeof outcome>;

/** The names of a part's files; a job of one part has no numbers. @param index from 0 */
export function partFiles({ name, parts }: Pick<Job, 'name' | 'parts'>, index: number) {
  const base = parts.length > 1 ? `${name}.${index + 1}` : name;
  return { log: `${base}.log`, outcome: `${base}.json` };
}

export const outcomeRecord = (name: string) =>
  jsonArtifact(name, {
    schema: outcome,
    remedy: () => 'remove the file, and give the command again',
    seal: true,
  });

/** @file Submissions of a work folder: making one, finding the open one, closing it. */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { describeChanges } from '../../configuration/describe-changes.js';
import { acanetCommit, versions } from '../../machine.js';
import { writeFileAtomic } from '../../storage/atomic-write.js';
import { sha256Hex, stableJson } from '../../storage/hashing.js';
import { makeFolder } from '../../storage/make-folder.js';
import type { ExecutorOptions, ExecutorType } from '../definition/executor-options.js';
import { asked, engineOf } from '../stages/work.js';
import type { Execution } from './executor.js';
import {
  jobsFolder,
  openRecord,
  outcomeRecord,
  partFiles,
  submissionRecord,
  type Job,
  type Submission,
} from './job-files.js';
import { planJobs } from './job-graph.js';
import { jobScript } from './job-script.js';

/** A submission and its folder, `exp/demo/jobs/001`. */
export interface Submitted {
  folder: string;
  submission: Submission;
}

type Asked = Pick<Execution, 'work' | 'targets' | 'force'>;

/** What tells whether two commands ask for the same. Where it is done makes no difference. */
export function hashOfAsked({ work, targets, force }: Asked): string {
  return sha256Hex(stableJson({ ...asked(work), targets, force }));
}

/** What its jobs were given otherwise than jobs would be now: `cpus: 4 → 8`. */
export const changedSince = ({ submission }: Submitted, executor: Submission['executor']): string[] =>
  describeChanges(submission.executor, executor);

/** The submission that the execution would be; without jobs where all is up to date. Writes nothing. */
export function draftSubmission(execution: Execution, executor: ExecutorOptions & { type: ExecutorType }): Submitted {
  const { work, named, stages, plans, force = [] } = execution;
  const workFolder = resolve(execution.workFolder);
  const number = nextNumber(jobsFolder(workFolder));
  const submission: Submission = {
    ...{ number, executor, work, workFolder, force: [...force] },
    ...(named && { named }),
    token: randomBytes(4).toString('hex'),
    asked: hashOfAsked(execution),
    jobs: planJobs({ engine: engineOf(work), executor, stages, plans }),
    node: executor.node ?? process.execPath,
    versions: versions(),
    commit: acanetCommit()?.commit,
    host: hostname(),
    since: new Date().toISOString(),
  };
  return { folder: join(jobsFolder(workFolder), number), submission };
}

/** Submissions that are kept whatever became of them. */
const KEPT = 5;

/** Removes the folders of earlier submissions whose every part was done, but for the newest. */
function pruneSubmissions(workFolder: string): void {
  const jobs = jobsFolder(workFolder);
  const open = openRecord.readIfThere(jobs)?.number;
  for (const number of numbersIn(jobs).slice(0, -KEPT)) {
    const folder = join(jobs, number);
    if (number !== open && isDone(folder)) rmSync(folder, { recursive: true, force: true });
  }
}

function isDone(folder: string): boolean {
  try {
    return submissionRecord
      .read(folder)
      .jobs.every((job) =>
        job.parts.every((_, i) => outcomeRecord(partFiles(job, i).outcome).read(folder).outcome === 'done'),
      );
  } catch {
    return false; // something of it is missing or damaged
  }
}

/** Writes all that jobs need, and that the submission is open. */
export function writeSubmission({ folder, submission }: Submitted): void {
  pruneSubmissions(submission.workFolder);
  makeFolder(folder);
  for (const job of submission.jobs) {
    const path = scriptOf(folder, job);
    writeFileAtomic(path, jobScript(submission, job, folder));
    chmodSync(path, 0o755);
  }
  submissionRecord.write(folder, submission);
  openRecord.write(jobsFolder(submission.workFolder), { number: submission.number });
}

export const scriptOf = (folder: string, { name }: Pick<Job, 'name'>): string => join(folder, `${name}.sh`);

/** The submission whose jobs may still work in the folder. */
export function openSubmission(workFolder: string): Submitted | undefined {
  const jobs = jobsFolder(resolve(workFolder));
  const open = openRecord.readIfThere(jobs);
  if (!open) return undefined;
  const folder = join(jobs, open.number);
  return { folder, submission: submissionRecord.read(folder) };
}

export function closeSubmission({ workFolder }: Pick<Submission, 'workFolder'>): void {
  rmSync(join(jobsFolder(workFolder), openRecord.name), { force: true });
}

const nextNumber = (jobs: string): string => String(1 + Number(numbersIn(jobs).at(-1) ?? 0)).padStart(3, '0');

/** Of all submissions, the oldest first. */
function numbersIn(jobs: string): string[] {
  const numbers = existsSync(jobs) ? readdirSync(jobs).filter((name) => /^\d+$/.test(name)) : [];
  return numbers.sort((a, b) => Number(a) - Number(b));
}

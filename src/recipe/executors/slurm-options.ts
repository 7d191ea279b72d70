/** @file The options of sbatch for a job of a submission. */
import { join } from 'node:path';
import { resourcesOf } from '../definition/executor-options.js';
import { engineOf, nameOf } from '../stages/work.js';
import type { Job, Submission } from './job-files.js';

/** Seconds before the end of a job's time at which a training writes its checkpoint, of a short one a quarter of it. */
const NOTICE = 120;

/** How long before its end a job of that time is told. @param time minutes, or as Slurm writes it */
export function noticeOf(time: number | string | undefined): number {
  if (time === undefined) return NOTICE;
  const [, days, rest] = /^(?:(\d+)-)?(.*)$/.exec(String(time))!;
  const fields = rest.split(':').map(Number);
  // With days the fields begin with hours; without, one or two are minutes and seconds.
  const [hours = 0, minutes = 0, seconds = 0] = days !== undefined || fields.length === 3 ? fields : [0, ...fields];
  const whole = ((Number(days ?? 0) * 24 + hours) * 60 + minutes) * 60 + seconds;
  return Math.max(1, Math.min(NOTICE, Math.floor(whole / 4)));
}

/** What the submission's jobs are called, so that one that was submitted is found again. */
export const jobName = ({ work, token }: Pick<Submission, 'work' | 'token'>, { name }: Pick<Job, 'name'>): string =>
  `acanet-${nameOf(work)}-${name}-${token}`;

/**
 * @param folder of the submission
 * @param after numbers of the jobs that have to end well before
 */
export function sbatchOptions(
  submission: Submission,
  job: Job,
  { folder, after }: { folder: string; after: readonly string[] },
): string[] {
  const { executor, work } = submission;
  const { partition, account, time, memory, cpus, gpus, extra = [] } = resourcesOf(executor, job.kind);
  const computes = ['train', 'embed', 'robustness'].includes(job.kind);
  const wanted = gpus ?? (computes && engineOf(work).device === 'cuda' ? 1 : 0);
  const array = job.parts.length > 1;
  const limit = executor.atOnce === undefined ? '' : `%${executor.atOnce}`;
  const escaped = folder.replaceAll('%', '%%');
  // Slurm fails a job whose output has no place, and says nowhere why; the script sends it to the log itself.
  const output = job.name === 'probe' ? '/dev/null' : join(escaped, array ? `${job.name}.%a.log` : `${job.name}.log`);
  return [
    `--job-name=${jobName(submission, job)}`,
    `--output=${output}`,
    '--open-mode=append',
    `--cpus-per-task=${job.name === 'probe' ? 1 : (cpus ?? job.threads)}`,
    ...(array ? [`--array=1-${job.parts.length}${limit}`] : []),
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    ...(account === undefined ? [] : [`--account=${account}`]),
    ...(time === undefined ? [] : [`--time=${time}`]),
    ...(memory === undefined ? [] : [`--mem=${memory}`]),
    ...(wanted > 0 ? [`--gres=gpu:${wanted}`] : []),
    ...(after.length > 0 ? [`--dependency=afterok:${after.join(':')}`, '--kill-on-invalid-dep=yes'] : []),
    `--signal=B:USR2@${noticeOf(time)}`,
    '--requeue',
    ...extra,
  ];
}

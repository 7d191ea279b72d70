/**
 * @file The shell script that a job runs. It finds out by itself, before Node starts, what a machine lacks, and says so
 * by its exit status: where the work folder is not shared, there is no other way.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shellWord } from '../../command-line.js';
import { nameOf } from '../stages/work.js';
import { submissionRecord, type Job, type Submission } from './job-files.js';

const program = fileURLToPath(new URL('./job-process.js', import.meta.url));

/** What an exit status of a script says. */
const EXIT = { folder: 91, acanet: 92, node: 93 } as const;

/** The words for a script's exit status; undefined for one of acanet's own. */
export function wordsFor(status: number, { work, workFolder, node }: Submission): string | undefined {
  switch (status) {
    case EXIT.folder:
      return `the work folder ${workFolder} is not there: jobs need one that all machines share\n  name one with ${'recipe' in work ? '--work' : '--out'}`;
    case EXIT.acanet:
      return `acanet is not there: ${program}\n  install it in a folder that all machines share`;
    case EXIT.node:
      return `Node is not there: ${node}\n  say where it is with executor.node, or load it with executor.setup`;
    default:
      return undefined;
  }
}

/** Where schedulers say which part of an array a job is. */
const PART = ['SLURM_ARRAY_TASK_ID', 'SGE_TASK_ID', 'PBS_ARRAY_INDEX', 'PBS_ARRAYID', 'LSB_JOBINDEX'];

/** @param folder of the submission */
export function jobScript(submission: Submission, job: Job, folder: string): string {
  const { node, executor, work } = submission;
  const word = shellWord;
  const log =
    job.parts.length > 1 ? `${word(join(folder, job.name))}.$part.log` : word(join(folder, `${job.name}.log`));
  const part = PART.reduceRight((otherwise, name) => `\${${name}:-${otherwise}}`, '1');
  return [
    '#!/bin/sh',
    `# Job ${job.name} of ${nameOf(work)}: its part is the first argument, or what the scheduler says.`,
    `[ -e ${word(join(folder, submissionRecord.name))} ] || exit ${EXIT.folder}`,
    `part=\${1:-${part}}`,
    'case $part in *[!0-9]*) part=1 ;; esac',
    `exec >> ${log} 2>&1`,
    ...(executor.setup ?? []),
    `[ -e ${word(program)} ] || exit ${EXIT.acanet}`,
    `command -v ${word(node)} > /dev/null || exit ${EXIT.node}`,
    `exec ${word(node)} ${word(program)} ${word(folder)} ${word(job.name)} "$part"`,
    '',
  ].join('\n');
}

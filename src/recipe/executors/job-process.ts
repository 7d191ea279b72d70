/**
 * @file The process of a job: `node job-process.js SUBMISSION JOB PART`, as the job's script starts it.
 *
 * SIGUSR2 says that the job's time ends (`sbatch --signal`): the training writes a checkpoint and the job is put back
 * into the queue. SIGTERM says that it is cancelled or preempted: the same, but who sent it says what becomes of it.
 * The work is done in a process of its own, so that this one always has time for signals and for the part's lock.
 */
import { execFileSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { internal, messageOf, UserError } from '../../errors.js';
import { outcomeRecord, partFiles, submissionRecord } from './job-files.js';
import { doPart, Interruption } from './part-work.js';

const stop = new AbortController();
const interrupt = (why: Interruption['why'], message: string) => () => {
  say(message);
  stop.abort(new Interruption(why, message));
};
process.on('SIGUSR2', interrupt('its time ends', 'the time of this job ends: a checkpoint is written'));
process.on('SIGTERM', interrupt('cancelled', 'SIGTERM: a checkpoint is written'));
process.on('SIGINT', interrupt('cancelled', 'SIGINT: a checkpoint is written'));

const say = (line: string) => void writeSync(1, `${line}\n`);

const { SLURM_JOB_ID: slurmId, SLURM_ARRAY_JOB_ID: arrayId, SLURM_ARRAY_TASK_ID: taskId } = process.env;
const id = arrayId === undefined ? slurmId : `${arrayId}_${taskId}`;

async function main([folder, name, number]: readonly string[]): Promise<number> {
  const submission = submissionRecord.read(folder);
  const job = submission.jobs.find((each) => each.name === name);
  const index = Number(number) - 1;
  if (!job?.parts[index]) throw internal(`submission ${submission.number} has no part ${number} of a job ${name}`);
  const onLost = () => {
    say('another process works on this part now; this one ends');
    process.exit(1);
  };
  const outcome = await doPart({ folder, submission, job, index, id, signal: stop.signal, log: say, onLost });
  if (outcome.outcome === 'failed') say(`✖ ${outcome.message ?? ''}`);
  if (outcome.outcome === 'requeued' && id !== undefined) {
    try {
      execFileSync('scontrol', ['requeue', id], { stdio: ['ignore', 'inherit', 'inherit'] });
      // Slurm ends this process; as a failure it would take the jobs after it away.
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    } catch (error) {
      const message = `its time ended, and Slurm does not take it back into the queue: ${messageOf(error)}`;
      outcomeRecord(partFiles(job, index).outcome).write(folder, { ...outcome, outcome: 'failed', message });
    }
  }
  return outcome.outcome === 'done' ? 0 : 1;
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  say(
    `✖ ${error instanceof UserError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  process.exit(1);
}

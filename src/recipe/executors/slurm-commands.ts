/**
 * @file Slurm's commands: sbatch, squeue, scontrol, scancel. Nothing here needs its accounting (`sacct`).
 *
 * What has ended is known to Slurm for minutes only (MinJobAge), so what became of a part is read from what the part
 * wrote itself; Slurm says whether a job still waits or runs, and why it does not.
 */
import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { messageOf, UserError } from '../../errors.js';

/** What Slurm says of one part of a job. */
export interface QueueEntry {
  /** `12`, of an array too. */
  id: string;
  /** Of an array; undefined of a job without. */
  task?: number;
  /** `PENDING`, `RUNNING`, `COMPLETED`, … */
  state: string;
  /** Why it waits, or has failed; `None` else. */
  reason: string;
  /** Where it runs. */
  node: string;
  name: string;
}

interface Answer {
  code: number;
  stdout: string;
  stderr: string;
}

/** What an interactive job has set would be taken for wishes of the jobs that are submitted from within it. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const own =
    /^SLURM_(JOB|JOBID|ARRAY|STEP|TASK|NODE|NNODES|CPUS|MEM|NTASKS|NPROCS|GPUS|RESTART|PROCID|LOCALID|SUBMIT|TRES)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
}

/** @throws UserError where the command is not there; Unreached where it cannot be started, or was killed */
function run(command: string, args: readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { env: cleanEnvironment(), maxBuffer: 2 ** 28 };
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error && (error as NodeJS.ErrnoException).code === 'ENOENT') {
        reject(
          new UserError(
            `--executor slurm: there is no ${command} here\n` +
              '  give the command on a machine of the cluster, or take --executor local',
          ),
        );
        return;
      }
      if (error && (error.signal || /^E(?!RR_)/.test(String(error.code)))) {
        const reason = error.signal ? `was ended by ${error.signal}` : `cannot be started: ${messageOf(error)}`;
        reject(new Unreached(`${command} ${reason}`));
        return;
      }
      const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
      resolve({ code, stdout, stderr });
    });
  });
}

/** Slurm's own words, without the name of its command. */
const saidBy = ({ stderr, stdout }: Answer): string =>
  (stderr.trim() || stdout.trim()).replace(/^\w+: (error: )?/gm, '').replace(/\n+/g, '; ');

/** That the controller did not answer says nothing about what was asked. */
const UNREACHED =
  /unable to contact|socket timed out|connection refused|communications? (failure|connection)|try again/i;

/** An answer that may be another one in a moment. */
export class Unreached extends UserError {}

/** @throws Unreached where the controller does not answer; UserError for anything else */
async function ask(command: string, ...args: readonly string[]): Promise<string> {
  const answer = await run(command, args);
  if (answer.code === 0) return answer.stdout;
  const said = saidBy(answer);
  if (UNREACHED.test(said)) throw new Unreached(`Slurm does not answer: ${said}`);
  throw new UserError(`${command}: ${said}`);
}

/** That Slurm is here, and answers. */
export async function checkSlurm(): Promise<void> {
  await ask('sbatch', '--version');
  await ask('squeue', '--noheader', '--user', userInfo().username);
}

/** @returns the job's number. @throws UserError in words that say what to change */
export async function submitScript(options: readonly string[], script: string): Promise<string> {
  try {
    const said = await ask('sbatch', '--parsable', ...options, script);
    return said.trim().split(';')[0];
  } catch (error) {
    if (error instanceof Unreached || !(error instanceof UserError)) throw error;
    throw new UserError(await explainRefusal(error.message), { cause: error });
  }
}

async function explainRefusal(message: string): Promise<string> {
  const said = `Slurm refuses the job: ${message.replace(/^sbatch: /, '')}`;
  if (/partition/i.test(message) && !/account/i.test(message)) {
    const partitions = await ask('sinfo', '--noheader', '--format=%R').catch(() => '');
    const known = [...new Set(partitions.split('\n').filter(Boolean))];
    return `${said}\n  set executor.partition to one of ${known.join(', ')}`;
  }
  if (/account/i.test(message))
    return `${said}\n  set executor.account to an account that you may use: sacctmgr show user $USER -s`;
  if (/qos/i.test(message)) return `${said}\n  change --qos in executor.extra`;
  if (/array/i.test(message)) {
    return `${said}\n  ask for fewer parts with executor.parts (MaxArraySize in: scontrol show config)`;
  }
  if (/memory|cpu|node configuration|gres/i.test(message)) {
    return `${said}\n  ask for what a node of the partition has: executor.cpus, executor.memory, executor.gpus`;
  }
  if (/time limit/i.test(message))
    return `${said}\n  set executor.time to what the partition allows: sinfo --format='%R %l'`;
  return `${said}\n  see the section executor of the recipe and of the site file`;
}

const FIELDS = '%F|%K|%T|%r|%N|%j';

/** What Slurm knows of the user's jobs, those that have ended a short while ago included. */
export async function readQueue(): Promise<QueueEntry[]> {
  const user = userInfo().username;
  const said = await ask('squeue', '--noheader', '--array', '--states=all', '--user', user, `--format=${FIELDS}`);
  return said
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [id, task, state, reason, node, ...name] = line.split('|');
      return { id, ...(/^\d+$/.test(task) && { task: Number(task) }), state, reason, node, name: name.join('|') };
    });
}

/** The exit status of a job that has ended; undefined where Slurm knows no more. */
export async function exitStatus(id: string): Promise<number | undefined> {
  const said = await ask('scontrol', 'show', 'job', '--oneliner', id).catch(() => '');
  const [, code] = /\bExitCode=(\d+):/.exec(said) ?? [];
  return code === undefined ? undefined : Number(code);
}

export async function cancelJobs(ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await ask('scancel', ...ids);
}

/**
 * @file Trainings side by side (`--jobs`): small models and GPUs are kept busier by several processes than by one.
 *
 * What belongs to one training, from `train/<run>` to its scores, is a process of its own; what they share has been
 * done before, and what measures time (`cost`) or needs all of them is done after, by the caller, alone. The caller
 * holds the work folder's lock. Interrupted, every process writes its checkpoint and stops; so it does when another
 * fails. When the caller is gone, they end at once.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { internal, inWords, messageOf, UserError } from '../../errors.js';
import { physicalCores } from '../../engine/create-engine.js';
import type { Stage } from '../running/stage.js';
import type { StagePlan } from '../running/stage-plan.js';
import { engineOf, withThreads, type Work } from '../stages/work.js';

/** What a process is asked for. */
export interface SideBySideTask {
  work: Work;
  workFolder: string;
  /** Of one run, in order. */
  targets: readonly string[];
  force: readonly string[];
  /** How many such processes share this machine. */
  beside?: number;
  /** Others read what its stages need (`StageRunOptions.sharing`). */
  sharing: boolean;
  /** Who asked for it (`StageRunOptions.by`). */
  by?: string;
}

/** What a process sends. */
export type SideBySideMessage = { log: string } | { finished: string } | { done: true } | { failed: Failure };

/** An error as it goes from one process to another. */
export interface Failure {
  message: string;
  /** Of a defect. */
  stack?: string;
  /** Of a `UserError`. */
  exitCode?: number;
}

export function describeFailure(thrown: unknown): Failure {
  const error = inWords(thrown);
  const message = messageOf(error);
  if (error instanceof UserError) return { message, exitCode: error.exitCode };
  return { message, stack: (error as Error).stack };
}

/** The error again, with the run that it befell. */
export function failureOf(run: string, { message, stack, exitCode }: Failure): Error {
  if (exitCode !== undefined) return new UserError(`${run}: ${message}`, { exitCode });
  const error = new Error(`${run}: ${message}`);
  return Object.assign(error, { stack: `${run}: ${stack ?? message}` });
}

export interface SideBySideOptions {
  work: Work;
  workFolder: string;
  /** The stages of each run, from `chainsOf`. */
  chains: ReadonlyMap<string, readonly string[]>;
  force?: readonly string[];
  /** Processes at a time. */
  jobs: number;
  beside?: number;
  /** Default: true. */
  sharing?: boolean;
  by?: string;
  signal?: AbortSignal;
  log: (line: string) => void;
  onFinished: (stage: string) => void;
}

const program = fileURLToPath(new URL('./side-by-side-process.js', import.meta.url));

/**
 * The stages that can be done beside those of other runs, by run, in the order of `plans`: of every run that has to be
 * trained, all but those that measure how long something takes.
 */
export function chainsOf(
  stages: readonly Pick<Stage, 'name' | 'trains' | 'ofRun' | 'timed'>[],
  plans: readonly StagePlan[],
): Map<string, string[]> {
  const planned = new Map(plans.map(({ stage, action }) => [stage, action]));
  const trained = stages.filter(({ name, trains }) => trains && planned.has(name) && planned.get(name) !== 'skip');
  const chains = new Map<string, string[]>(trained.map(({ ofRun }) => [ofRun!, []]));
  for (const { name, ofRun, timed } of stages) {
    if (ofRun !== undefined && !timed && planned.has(name)) chains.get(ofRun)?.push(name);
  }
  return chains;
}

/** Runs the chains, `jobs` at a time. @throws the first failure, once all processes have stopped */
export async function runSideBySide({ chains, signal, ...options }: SideBySideOptions): Promise<void> {
  signal?.throwIfAborted();
  // Processes that there is nothing for would take threads from the others.
  const jobs = Math.min(options.jobs, chains.size);
  const waiting = [...chains];
  const stop = new AbortController();
  const stopAll = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', stopAll, { once: true });
  const children = new Set<ChildProcess>();
  const killAll = (how: NodeJS.Signals) => children.forEach((child) => child.kill(how));
  stop.signal.addEventListener('abort', () => killAll('SIGTERM'), { once: true });
  const endAll = () => killAll('SIGKILL');
  process.on('exit', endAll);
  let failure: Error | undefined;
  const work = async () => {
    for (let next = waiting.shift(); next && !stop.signal.aborted; next = waiting.shift()) {
      const [run, targets] = next;
      try {
        await runChain({ ...options, jobs, run, targets, children });
      } catch (error) {
        failure ??= error as Error;
        stop.abort(error);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, work));
  } finally {
    signal?.removeEventListener('abort', stopAll);
    process.off('exit', endAll);
  }
  signal?.throwIfAborted();
  if (failure) throw failure;
}

type ChainOptions = Omit<SideBySideOptions, 'chains' | 'signal'> & {
  run: string;
  targets: readonly string[];
  /** Where the process is for as long as it lives. */
  children: Set<ChildProcess>;
};

function runChain({ work, run, targets, jobs, force = [], children, log, onFinished, ...given }: ChainOptions) {
  const { threads } = engineOf(work);
  const shared = threads ?? Math.max(1, Math.floor(physicalCores() / jobs));
  // Alone on its machine it has what there is; a number of threads would be a setting that nobody has made.
  const own = given.beside === undefined ? work : withThreads(work, shared);
  const task: SideBySideTask = {
    work: own,
    workFolder: given.workFolder,
    targets,
    force: force.filter((stage) => targets.includes(stage)),
    beside: given.beside && Math.min(given.beside, jobs),
    sharing: given.sharing ?? true,
    by: given.by,
  };
  return new Promise<void>((resolve, reject) => {
    const child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    children.add(child);
    let outcome: 'done' | Error | undefined;
    child.on('message', (message: SideBySideMessage) => {
      if ('log' in message) log(`${run} | ${message.log}`);
      else if ('finished' in message) onFinished(message.finished);
      else outcome = 'done' in message ? 'done' : failureOf(run, message.failed);
    });
    // Of a process that ends early: its end says more.
    child.on('error', (error) => (outcome ??= error));
    // NOTE: not `exit`, which may come before the last messages.
    child.on('close', (code, killedBy) => {
      children.delete(child);
      if (outcome === 'done' && code === 0) resolve();
      else reject(outcome instanceof Error ? outcome : diedOf(run, { code, killedBy, jobs }));
    });
    // One that cannot be started has no channel.
    (child.send as ChildProcess['send'] | undefined)?.call(child, task);
  });
}

/** Why a process is gone that said nothing. */
function diedOf(
  run: string,
  { code, killedBy, jobs }: { code: number | null; killedBy: NodeJS.Signals | null; jobs: number },
): Error {
  if (killedBy === null) return internal(`the process of ${run} ended with ${code} and said nothing`);
  const remedy = jobs > 1 ? `give fewer --jobs than ${jobs}` : 'give it more (of jobs: executor.memory)';
  return new UserError(
    `${run}: its process was ended by ${killedBy}, by somebody or as memory ran out\n` +
      `  the same command goes on from its last checkpoint; where memory runs out, ${remedy}`,
  );
}

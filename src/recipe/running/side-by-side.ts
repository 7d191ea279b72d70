/**
 * @file Trainings side by side (`--jobs`): small models and GPUs are kept busier by several processes than by one.
 *
 * What belongs to one training, from `train/<run>` to its scores, is a process of its own; what they share has been
 * done before, and what measures time (`cost`) or needs all of them is done after, by the caller, alone. The caller
 * holds the work folder's lock. Interrupted, every process writes its checkpoint and stops; so it does when another fails.
 */
import { fork } from 'node:child_process';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { internal, UserError } from '../../errors.js';
import { physicalCores } from '../../engine/create-engine.js';
import type { Recipe } from '../definition/schema.js';
import type { StagePlan } from './stage-plan.js';

/** What a process is asked for. */
export interface SideBySideTask {
  recipe: Recipe;
  workFolder: string;
  /** Of one run, in order. */
  targets: readonly string[];
  force: readonly string[];
  /** How many such processes there are. */
  jobs: number;
}

/** What a process sends. */
export type SideBySideMessage = { log: string } | { finished: string } | { failed: string; userError: boolean };

export interface SideBySideOptions {
  recipe: Recipe;
  workFolder: string;
  /** The stages of each run, from `chainsOf`. */
  chains: ReadonlyMap<string, readonly string[]>;
  force?: readonly string[];
  /** Processes at a time. */
  jobs: number;
  signal?: AbortSignal;
  log: (line: string) => void;
  onFinished: (stage: string) => void;
}

const program = fileURLToPath(new URL('./side-by-side-process.js', import.meta.url));

/**
 * The stages that can be done beside those of other runs, by run, in the order of `plans`: of every run that has to be
 * trained, all but those that measure how long something takes.
 */
export function chainsOf(plans: readonly StagePlan[]): Map<string, string[]> {
  const trained = plans.filter(({ stage, action }) => stage.startsWith('train/') && action !== 'skip');
  const chains = new Map<string, string[]>(trained.map(({ stage }) => [basename(stage), []]));
  for (const { stage } of plans) {
    if (dirname(stage) !== '.' && dirname(stage) !== 'cost') chains.get(basename(stage))?.push(stage);
  }
  return chains;
}

/** Runs the chains, `jobs` at a time. @throws the first failure, once all processes have stopped */
export async function runSideBySide({ chains, jobs, signal, ...options }: SideBySideOptions): Promise<void> {
  const waiting = [...chains];
  const stop = new AbortController();
  const stopAll = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', stopAll, { once: true });
  let failure: Error | undefined;
  const work = async () => {
    for (let next = waiting.shift(); next && !stop.signal.aborted; next = waiting.shift()) {
      const [run, targets] = next;
      try {
        await runChain({ ...options, run, targets, jobs, signal: stop.signal });
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
  }
  signal?.throwIfAborted();
  if (failure) throw failure;
}

type ChainOptions = Omit<SideBySideOptions, 'chains' | 'signal'> & {
  run: string;
  targets: readonly string[];
  signal: AbortSignal;
};

function runChain({ recipe, workFolder, run, targets, jobs, force = [], signal, log, onFinished }: ChainOptions) {
  const { threads } = recipe.engine;
  const engine = { ...recipe.engine, threads: threads ?? Math.max(1, Math.floor(physicalCores() / jobs)) };
  const task: SideBySideTask = {
    recipe: { ...recipe, engine },
    workFolder,
    targets,
    force: force.filter((stage) => targets.includes(stage)),
    jobs,
  };
  return new Promise<void>((resolve, reject) => {
    const child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const interrupt = () => child.kill('SIGTERM');
    signal.addEventListener('abort', interrupt, { once: true });
    let failed: Error | undefined;
    child.on('message', (message: SideBySideMessage) => {
      if ('log' in message) log(`${run} | ${message.log}`);
      else if ('finished' in message) onFinished(message.finished);
      else
        failed = message.userError
          ? new UserError(`${run}: ${message.failed}`)
          : new Error(`${run}: ${message.failed}`);
    });
    child.on('error', reject);
    child.on('exit', (code, killedBy) => {
      signal.removeEventListener('abort', interrupt);
      if (code === 0) resolve();
      else reject(failed ?? internal(`the process of ${run} ended with ${killedBy ?? code ?? 'nothing'}`));
    });
    child.send(task);
  });
}

/** @file The executors. Add one here, and its name in `definition/executor-options.ts`. */
import { overSite, type ExecutorType } from '../definition/executor-options.js';
import type { Recipe } from '../definition/schema.js';
import { commandExecutor } from './command.js';
import type { CreateExecutor, Executor } from './executor.js';
import { localExecutor } from './local.js';
import { readSite } from './site-file.js';
import { slurmExecutor } from './slurm.js';

const executors: Record<ExecutorType, CreateExecutor> = {
  local: localExecutor,
  slurm: slurmExecutor,
  command: commandExecutor,
};

/** The executor that a recipe means on this site. */
export function createExecutor({ executor }: Pick<Recipe, 'executor'>): Executor {
  const options = overSite(executor, readSite());
  return executors[options.type ?? 'local'](options);
}

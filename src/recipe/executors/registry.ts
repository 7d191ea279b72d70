/** @file The executors. Add one here, and its name in `definition/executor-options.ts`. */
import { overSite, type ExecutorOptions, type ExecutorType } from '../definition/executor-options.js';
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

/** What a recipe says of its executor, over what holds of this site. */
export const siteExecutor = ({ executor }: Pick<Recipe, 'executor'>): ExecutorOptions => overSite(executor, readSite());

/** The executor that a recipe means on this site. */
export function createExecutor(recipe: Pick<Recipe, 'executor'>): Executor {
  const options = siteExecutor(recipe);
  return executors[options.type ?? 'local'](options);
}

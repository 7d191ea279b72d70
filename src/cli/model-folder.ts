/**
 * @file What `--model` means to the commands that use a model: a folder, or a system of a recipe, whose averaged model
 * is taken, with its scoring profile where that is up to date.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineOptions } from '../engine/create-engine.js';
import type { ExecutorOptions } from '../recipe/definition/executor-options.js';
import { commandLine } from '../command-line.js';
import { say } from './output.js';
import {
  engineOf,
  executorOf,
  isModelFolder,
  openedExperiment,
  openFrom,
  runsOf,
  type RecipeFlags,
} from './recipe-options.js';

export interface UsedModel {
  modelDir: string;
  engine: EngineOptions;
  /** Of the recipe's utterances, where it is a recipe's model. */
  manifest?: string;
}

/** @throws UserError where a folder and a recipe are named, the system is unknown, or it has no model yet */
export async function findModel(flags: RecipeFlags & { model?: string }): Promise<UsedModel> {
  const { UserError } = await import('../errors.js');
  if (flags.model !== undefined && isModelFolder(flags.model)) {
    const others = { '--recipe': flags.recipe, '--set': flags.set[0] };
    const clash = Object.entries(others).find(([, value]) => value !== undefined);
    if (clash) throw new UserError(`--model and ${clash[0]} exclude each other: a folder, or a model of a recipe`);
    return { modelDir: flags.model, engine: await engineOf(flags) };
  }
  const experiment = await openFrom({ flags });
  const { folder, recipe } = experiment;
  const [run, ...others] = await runsOf(experiment, flags.model);
  if (others.length > 0) {
    say(`  the first of its ${1 + others.length} trainings; another one: --model ${others[0].name}\n`);
  }
  const averaged = join(folder, 'average', run.name);
  if (!existsSync(averaged)) {
    const { optionsOf } = await import('../recipe/running/work-folder.js');
    throw new UserError(
      `${averaged}: there is no averaged model of ${run.name} yet\n  make it with: ${commandLine(['average', ...optionsOf(experiment), '--model', run.name])}`,
    );
  }
  const [{ explainRecipe }, { prepFiles }] = await Promise.all([
    import('../recipe/run-recipe.js'),
    import('../recipe/artifacts/prep.js'),
  ]);
  const outOfDate = (stage: string) =>
    explainRecipe({ experiment, targets: [stage] }).plans.filter(({ action }) => action !== 'skip');
  const [first] = outOfDate(`average/${run.name}`);
  if (first) {
    say(`! ${averaged} was made under other settings: ${first.stage} is out of date (${first.reasons.join('; ')})\n`);
  }
  const { stagesOfRun } = await import('../recipe/definition/training-runs.js');
  const [whole] = stagesOfRun(recipe, run, ['model']);
  const complete = !first && whole !== undefined && outOfDate(whole).length === 0;
  return {
    modelDir: complete ? join(folder, 'model', run.name) : averaged,
    engine: recipe.engine,
    manifest: prepFiles(join(folder, 'prep')).manifest,
  };
}

/** The same, and where the work is done: as the recipe of the model says, else the flags. */
export async function findModelForJobs(
  flags: RecipeFlags & { model: string },
): Promise<UsedModel & { executor: ExecutorOptions }> {
  const ofJobs = flags.set.filter((set) => set.startsWith('executor.'));
  if (isModelFolder(flags.model)) {
    const model = await findModel({ ...flags, set: flags.set.filter((set) => !ofJobs.includes(set)) });
    return { ...model, executor: await executorOf(ofJobs, flags) };
  }
  const model = await findModel(flags);
  return { ...model, executor: openedExperiment()?.recipe.executor ?? {} };
}

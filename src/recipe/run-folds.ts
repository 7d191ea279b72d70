/** @file Runs a recipe with folds: each fold like a recipe of its own, one after the other, then all of them compared. */
import { dirname, join } from 'node:path';
import { internal } from '../errors.js';
import { realLibrary } from '../tasks/do-model-work.js';
import { comparedInFold, comparingStages, type Compared } from './comparison/chosen-systems.js';
import { createExecutor } from './executors/registry.js';
import { checkRun, runRecipe, type RunRecipeOptions } from './run-recipe.js';
import { runStages } from './running/stage-runner.js';
import { lockWorkFolder } from './running/work-folder-lock.js';
import type { Experiment } from './running/work-folder.js';
import { createFoldStages } from './stages/stages.js';

export interface RunFoldsOptions extends Omit<RunRecipeOptions, 'experiment'> {
  /** The folds of one recipe. */
  folds: readonly Experiment[];
}

/** Brings every fold up to date, and the comparison of all folds where `targets` has that of a fold. */
export async function runFolds({ folds, ...options }: RunFoldsOptions): Promise<void> {
  const { compared = {}, targets, library = realLibrary, log, progress, signal } = options;
  // What stands in the way of the last fold is to be known before the first is trained.
  const ofFold = (experiment: Experiment) => ({ ...options, ...inFold(experiment, options.compared) });
  for (const experiment of folds) await checkRun(ofFold(experiment));
  const { here } = createExecutor(folds[0].recipe);
  if (here || options.dryRun) {
    for (const experiment of folds) {
      log(`fold ${experiment.fold}`);
      await runRecipe(ofFold(experiment));
    }
  } else await runAllAtOnce(folds, options);
  const compares = !targets || targets.includes(comparingStages(compared).compare);
  if (!compares || options.dryRun) return;
  const finished = folds.map(({ fold, folder, recipe }) => {
    if (fold === undefined) throw internal('a fold without a name');
    return { fold, folder, recipe };
  });
  log('all folds');
  const workFolder = foldsFolder(folds);
  const leave = lockWorkFolder(workFolder);
  try {
    await runStages({ workFolder, stages: createFoldStages(finished, compared, library), log, progress, signal });
  } finally {
    leave();
  }
}

const inFold = (experiment: Experiment, compared: Compared | undefined) => ({
  experiment,
  compared: compared && comparedInFold(compared, experiment.fold),
});

/** Jobs of one fold need not wait for those of another. @throws the first failure, once all folds have ended */
async function runAllAtOnce(folds: readonly Experiment[], options: Omit<RunFoldsOptions, 'folds'>): Promise<void> {
  const runs = folds.map((experiment) => {
    const log = (line: string) => options.log(`fold ${experiment.fold} | ${line}`);
    return runRecipe({ ...options, ...inFold(experiment, options.compared), log });
  });
  for (const ended of await Promise.allSettled(runs)) if (ended.status === 'rejected') throw ended.reason;
}

/** `exp/<recipe>`, where the comparison of all folds is. */
const foldsFolder = ([{ folder }]: readonly Experiment[]): string => dirname(folder);

/** The folder of the comparison: of all folds, or of the one experiment. */
export const compareFolder = (folds: readonly Experiment[], compared: Compared): string =>
  join(folds.length > 1 ? foldsFolder(folds) : folds[0].folder, comparingStages(compared).compare);

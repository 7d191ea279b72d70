/** @file Runs a recipe with folds: each fold like a recipe of its own, one after the other, then all of them compared. */
import { dirname, join } from 'node:path';
import { internal, inWords, messageOf, UserError } from '../errors.js';
import { realLibrary } from '../tasks/do-model-work.js';
import { comparedInFold, comparingStages, type Compared } from './comparison/chosen-systems.js';
import { refuseOtherSettings, refuseOtherTrainings } from './comparison/fold-agreement.js';
import { createExecutor } from './executors/registry.js';
import { checkRun, explainRecipe, runRecipe, type RunRecipeOptions } from './run-recipe.js';
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
  const { compare } = comparingStages(compared);
  const compares = !targets || targets.includes(compare);
  if (compares) {
    refuseOtherSettings(folds);
    refuseOtherTrainings(folds, compared);
  }
  const ofFold = (experiment: Experiment) => ({
    ...options,
    experiment,
    compared: options.compared && comparedInFold(options.compared, experiment.fold),
  });
  // What stands in the way of the last fold is to be known before the first is trained.
  for (const experiment of folds) await checkRun(ofFold(experiment));
  const { here } = createExecutor(folds[0].recipe);
  if (here || options.dryRun) {
    for (const experiment of folds) {
      log(`fold ${experiment.fold}`);
      await runRecipe(ofFold(experiment));
    }
  } else await runAllAtOnce(folds.map(ofFold));
  if (!compares || options.dryRun) return;
  // The work folder of a fold was free for other commands while the others were at work.
  const isDone = (experiment: Experiment) =>
    explainRecipe({ ...ofFold(experiment), force: undefined }).plans.every(({ action }) => action === 'skip');
  const changed = folds.find((experiment) => !isDone(experiment));
  if (changed) {
    throw new UserError(
      `fold ${changed.fold}: another command has changed it meanwhile\n  give this command again, with what is to hold for all folds`,
    );
  }
  const finished = folds.map(({ fold, folder, recipe }) => {
    if (fold === undefined) throw internal('a fold without a name');
    return { fold, folder, recipe };
  });
  log('all folds');
  const workFolder = foldsFolder(folds);
  const leave = lockWorkFolder(workFolder);
  try {
    const stages = createFoldStages(finished, compared, library);
    const force = options.force?.filter((stage) => stage === compare);
    await runStages({ workFolder, stages, force, log, progress, signal });
  } finally {
    leave();
  }
}

/**
 * Jobs of one fold need not wait for those of another.
 * @throws once all folds have ended: a defect that one has met, else all failures
 */
async function runAllAtOnce(folds: readonly RunRecipeOptions[]): Promise<void> {
  const named = (fold: string | undefined, text: string, mark: string) => `fold ${fold}${mark}${text}`;
  const failures: { fold?: string; why: unknown }[] = [];
  await Promise.all(
    folds.map(async (options) => {
      const { fold } = options.experiment;
      try {
        await runRecipe({ ...options, log: (line) => options.log(named(fold, line, ' | ')) });
      } catch (why) {
        failures.push({ fold, why });
      }
    }),
  );
  if (failures.length === 0) return;
  const defect = failures.find(({ why }) => !(inWords(why) instanceof UserError));
  if (defect || failures.length === 1) throw (defect ?? failures[0]).why;
  throw new UserError(failures.map(({ fold, why }) => named(fold, messageOf(inWords(why)), ': ')).join('\n'));
}

/** `exp/<recipe>`, where the comparison of all folds is. */
const foldsFolder = ([{ folder }]: readonly Experiment[]): string => dirname(folder);

/** The folder of the comparison: of all folds, or of the one experiment. */
export const compareFolder = (folds: readonly Experiment[], compared: Compared): string =>
  join(folds.length > 1 ? foldsFolder(folds) : folds[0].folder, comparingStages(compared).compare);

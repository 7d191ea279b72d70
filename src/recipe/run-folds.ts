/** @file Runs a recipe with folds: each fold like a recipe of its own, one after the other, then all of them compared. */
import { dirname, join } from 'node:path';
import { internal, inWords, messageOf, UserError } from '../errors.js';
import { stableJson } from '../storage/hashing.js';
import { realLibrary } from '../tasks/do-model-work.js';
import { comparedInFold, comparingStages, type Compared } from './comparison/chosen-systems.js';
import type { Recipe } from './definition/schema.js';
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
  // What stands in the way of the last fold is to be known before the first is trained.
  const { compare } = comparingStages(compared);
  const compares = !targets || targets.includes(compare);
  if (compares) {
    refuseOtherSettings(folds);
    refuseOtherTrainings(folds, compared);
  }
  const ofFold = (experiment: Experiment) => ({ ...options, ...inFold(experiment, options.compared) });
  for (const experiment of folds) await checkRun(ofFold(experiment));
  const { here } = createExecutor(folds[0].recipe);
  if (here || options.dryRun) {
    for (const experiment of folds) {
      log(`fold ${experiment.fold}`);
      await runRecipe(ofFold(experiment));
    }
  } else await runAllAtOnce(folds, options);
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

const inFold = (experiment: Experiment, compared: Compared | undefined) => ({
  experiment,
  compared: compared && comparedInFold(compared, experiment.fold),
});

/**
 * Jobs of one fold need not wait for those of another.
 * @throws once all folds have ended: a defect that one has met, else all failures
 */
async function runAllAtOnce(folds: readonly Experiment[], options: Omit<RunFoldsOptions, 'folds'>): Promise<void> {
  const runs = folds.map((experiment) => {
    const log = (line: string) => options.log(`fold ${experiment.fold} | ${line}`);
    return runRecipe({ ...options, ...inFold(experiment, options.compared), log });
  });
  const ended = await Promise.allSettled(runs);
  const failures = ended.flatMap((run, i) => (run.status === 'rejected' ? [{ fold: folds[i].fold, why: run.reason as unknown }] : [])); // prettier-ignore
  if (failures.length === 0) return;
  const defect = failures.find(({ why }) => !(inWords(why) instanceof UserError));
  if (defect || failures.length === 1) throw (defect ?? failures[0]).why;
  throw new UserError(failures.map(({ fold, why }) => `fold ${fold}: ${messageOf(inWords(why))}`).join('\n'));
}

/** What a fold has of its own: its speech, where it is computed, and what is shown of it. */
const OWN: ReadonlySet<string> = new Set(['corpus', 'development', 'inspect', 'engine', 'executor', 'report']);
/** A model trained on the speech of the fold. */
const OWN_MODEL = /\.training\.init$/;

/**
 * Systems and settings are the same in all folds, as their figures become one figure.
 * @throws UserError where an earlier command set something in one of them
 */
function refuseOtherSettings([first, ...others]: readonly Experiment[]): void {
  for (const other of others) {
    const keys = [...new Set([...Object.keys(first.recipe), ...Object.keys(other.recipe)])].filter((key) => !OWN.has(key)); // prettier-ignore
    const of = ({ recipe }: Experiment) => Object.fromEntries(keys.map((key) => [key, recipe[key as keyof Recipe]]));
    const found = firstDifference(of(first), of(other));
    if (!found) continue;
    throw new UserError(
      `${found.path} is ${said(found.values[0])} in fold ${first.fold} and ${said(found.values[1])} in fold ${other.fold}, but what is compared in all folds has the same settings in each\n` +
        '  an earlier command set it for one fold: set it for all with --set and without --fold, or forget what was set with --fresh',
    );
  }
}

const said = (value: unknown) => (value === undefined ? 'not set' : JSON.stringify(value));

/** Where two settings differ, and what they are there. */
function firstDifference(a: unknown, b: unknown, path = ''): { path: string; values: [unknown, unknown] } | undefined {
  const isMapping = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value); // prettier-ignore
  if (!isMapping(a) || !isMapping(b)) {
    if (OWN_MODEL.test(path) && a !== undefined && b !== undefined) return undefined;
    return stableJson([a ?? null]) === stableJson([b ?? null]) ? undefined : { path, values: [a, b] };
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = firstDifference(a[key], b[key], path === '' ? key : `${path}.${key}`);
    if (found) return found;
  }
  return undefined;
}

/** @throws UserError where a system from elsewhere has other trainings in one fold than in another */
function refuseOtherTrainings(folds: readonly Experiment[], compared: Compared): void {
  const trainings = ({ fold }: Experiment) =>
    (comparedInFold(compared, fold).guests ?? []).map(({ name, runs }) => `${name}: ${runs.map((run) => run.name).join(', ')}`); // prettier-ignore
  for (const other of folds.slice(1)) {
    const [ours, theirs] = [trainings(folds[0]), trainings(other)];
    const differing = ours.findIndex((each, i) => each !== theirs[i]);
    if (differing < 0) continue;
    throw new UserError(
      `other trainings in one fold than in another: ${ours[differing]} in fold ${folds[0].fold}; ${theirs[differing]} in fold ${other.fold}\n` +
        '  give scores of the same trainings in each',
    );
  }
}

/** `exp/<recipe>`, where the comparison of all folds is. */
const foldsFolder = ([{ folder }]: readonly Experiment[]): string => dirname(folder);

/** The folder of the comparison: of all folds, or of the one experiment. */
export const compareFolder = (folds: readonly Experiment[], compared: Compared): string =>
  join(folds.length > 1 ? foldsFolder(folds) : folds[0].folder, comparingStages(compared).compare);

/**
 * @file Brings stages of an experiment up to date, in its locked work folder.
 *
 * `library.ts` says what is asked of training and scoring; the default here is the real one.
 */
import { basename } from 'node:path';
import { UserError } from '../errors.js';
import { augmentationIdentity } from '../features/augmentation/augmentation-identity.js';
import { formatDuration } from '../report/text/number-format.js';
import type { Library, Reporting } from '../tasks/model-work.js';
import { realLibrary } from '../tasks/do-model-work.js';
import type { Recipe } from './definition/schema.js';
import type { Compared } from './stages/stage-compare.js';
import { stageOf, type StagePlan } from './running/stage-plan.js';
import { chainsOf, runSideBySide } from './side-by-side.js';
import { planStages, runStages, type Stage } from './running/stage-runner.js';
import { createStages } from './stages/stages.js';
import { systemSettings } from './definition/system-settings.js';
import { enterWorkFolder, type Experiment } from './running/work-folder.js';

export interface RunRecipeOptions extends Reporting {
  experiment: Experiment;
  /** Stages wanted; what they need is brought up to date too. Default: all. */
  targets?: string[];
  /** Stages to run even if they are up to date. */
  force?: string[];
  /** What `compare` compares. */
  compared?: Compared;
  /** Trainings side by side, each in a process of its own (default: 1, in this one). */
  jobs?: number;
  library?: Library;
}

/** Runs what is not up to date. @returns what was done to each stage */
export async function runRecipe({
  library = realLibrary,
  jobs = 1,
  ...options
}: RunRecipeOptions): Promise<StagePlan[]> {
  const { experiment, targets, force, compared, log, progress, signal } = options;
  const { recipe, folder } = experiment;
  const { leave, forget } = await enterWorkFolder(experiment);
  let finished = 0;
  try {
    const stages = createStages({ recipe, workFolder: folder, compared, library });
    const asked = { workFolder: folder, stages, targets, force };
    checkTargets(recipe, stages, targets);
    const plans = planStages(asked);
    // A mistyped folder of noise is to be found before hours of features, not after them.
    if (plans.some(leadsToTraining)) checkAugmentations(recipe);
    const chains = jobs > 1 ? chainsOf(plans) : new Map<string, string[]>();
    const count = countTrainings(plans, log, Math.max(1, Math.min(jobs, chains.size)));
    const onFinished = (stage: string) => {
      finished++;
      count(stage);
    };
    const all = { ...asked, log, progress, signal, onFinished };
    if (chains.size < 2) return await runStages(all);
    const trained = stages.filter(({ name }) => name.startsWith('train/') && chains.has(basename(name)));
    const shared = trained.flatMap(({ needs }) => needs.map(stageOf));
    await runStages({ ...all, targets: [...new Set(shared)], force: force?.filter((name) => shared.includes(name)) });
    await runSideBySide({ recipe, workFolder: folder, chains, force, jobs, log, signal, onFinished });
    const done = new Set([...shared, ...[...chains.values()].flat()]);
    return await runStages({ ...all, force: force?.filter((name) => !done.has(name)) });
  } catch (error) {
    // What failed at once was a mistake; what was interrupted is gone on with.
    if (finished === 0 && !signal?.aborted) forget();
    throw error;
  } finally {
    leave();
  }
}

const leadsToTraining = ({ stage, action }: StagePlan): boolean =>
  action !== 'skip' && /^(prep|features.*|train\/.*)$/.test(stage);

/** @throws UserError naming sources of noise that are not there */
function checkAugmentations(recipe: Recipe): void {
  for (const system of Object.keys(recipe.systems)) {
    const { augmentation } = systemSettings(recipe, system);
    if (augmentation) augmentationIdentity(augmentation);
  }
}

/** @throws UserError where a stage is wanted that reads the test trials of a recipe which keeps them back */
function checkTargets({ name, evaluate }: Recipe, stages: readonly Stage[], targets: readonly string[] = []): void {
  const known = stages.map((stage) => stage.name);
  const missing = targets.find((target) => !known.includes(target));
  if (
    evaluate === 'test' ||
    missing === undefined ||
    !/^(embed|score|calibrate|robustness|cost|compare)\b/.test(missing)
  )
    return;
  throw new UserError(
    `recipe ${name} keeps its test trials back (evaluate: development), so there is no stage ${missing}\n` +
      '  once everything is chosen: --set evaluate=test',
  );
}

/** Says how many trainings there are to do and, after each, how long the rest may take. */
function countTrainings(
  plans: readonly StagePlan[],
  log: (line: string) => void,
  jobs: number,
): (stage: string) => void {
  const { due, ready } = trainingsOf(plans);
  const started = performance.now();
  let done = 0;
  if (due > 1) log(`${due} trainings to do${ready > 0 ? `, ${ready} are there` : ''}`);
  return (stage) => {
    if (!stage.startsWith('train/') || due < 2) return;
    done++;
    const left = ((performance.now() - started) / 1000) * leftOf({ due, done, jobs });
    log(`${done} of ${due} trainings done${left > 0 ? `, about ${formatDuration(left)} left` : ''}`);
  };
}

/**
 * How much longer the trainings take, in the time that it took so far: those side by side are taken to end together, so
 * while they do nothing is known.
 */
export function leftOf({ due, done, jobs }: { due: number; done: number; jobs: number }): number {
  return Math.ceil(due / jobs) / Math.ceil(done / jobs) - 1;
}

/** How many trainings a plan holds that are to be done, and that are there. */
export function trainingsOf(plans: readonly StagePlan[]): { due: number; ready: number } {
  const trainings = plans.filter(({ stage }) => stage.startsWith('train/'));
  const due = trainings.filter(({ action }) => action !== 'skip' && action !== 'take over').length;
  return { due, ready: trainings.length - due };
}

/** What `runRecipe` would do, and why; touches nothing. */
export function explainRecipe({
  experiment: { recipe, folder },
  targets,
  force,
  compared,
}: Pick<RunRecipeOptions, 'experiment' | 'targets' | 'force' | 'compared'>): StagePlan[] {
  const stages = createStages({ recipe, workFolder: folder, compared, library: realLibrary });
  checkTargets(recipe, stages, targets);
  return planStages({ workFolder: folder, stages, targets, force });
}

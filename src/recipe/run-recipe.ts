/**
 * @file Brings stages of an experiment up to date, in its locked work folder.
 *
 * `tasks/model-work.ts` says what is asked of training and models; the default here is the real one.
 */
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { checkAll } from '../problem-list.js';
import { checkCorpus, checkReadyModels, checkEngine, checkNoise } from './check-recipe.js';
import { checkInitialModels } from './definition/initial-models.js';
import { formatDuration } from '../report/text/number-format.js';
import type { Library, Reporting } from '../tasks/model-work.js';
import { realLibrary } from '../tasks/do-model-work.js';
import { isReady } from './definition/ready-model.js';
import { checkSlices } from './definition/slice-options.js';
import type { Recipe } from './definition/schema.js';
import { trainingRuns } from './definition/training-runs.js';
import { comparingStages, type Compared } from './comparison/chosen-systems.js';
import { checkGuest } from './comparison/guest-systems.js';
import { checkSlicesThere } from './comparison/read-comparison.js';
import type { StagePlan } from './running/stage-plan.js';
import type { Executor } from './executors/executor.js';
import { createExecutor } from './executors/registry.js';
import { type Stage, stageOf } from './running/stage.js';
import { planStages } from './running/stage-runner.js';
import { createStages } from './stages/stages.js';
import { enterWorkFolder, namedAnywhere, type Experiment } from './running/work-folder.js';

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
  /** What else is to be right before anything is done. Each throws a UserError, and all are heard. */
  checks?: readonly (() => unknown)[];
  /** Only tells what would be done, in commands and scripts as far as there are any. */
  dryRun?: (text: string) => void;
  /** Further work on what the stages made, while the folder is held; a failure of it is one of the command. */
  finish?: () => Promise<void>;
  /** By which the user names the work folder, where it is not --work. */
  option?: string;
}

/** Runs what is not up to date. @returns what was done to each stage */
export async function runRecipe({
  library = realLibrary,
  jobs = 1,
  ...options
}: RunRecipeOptions): Promise<StagePlan[]> {
  const { experiment, targets, force, compared, log, progress, signal, dryRun, finish } = options;
  const { recipe, folder } = experiment;
  const stages = createStages({ recipe, workFolder: folder, compared, library });
  const asked = { workFolder: folder, stages, targets, force };
  checkTargets(stages, options);
  const executor = createExecutor(recipe);
  const plans = await planWhatCanRun(asked, options, executor);
  const work = { recipe, ...(compared && { compared }) };
  const execution = { work, workFolder: folder, named: namedAnywhere(experiment), stages, plans, targets, force, jobs };
  if (dryRun) {
    dryRun(executor.describe({ ...execution, log, progress, onFinished: () => undefined }));
    return plans;
  }
  const readsTest = plans.some(({ stage }) => stages.find(({ name }) => name === stage)?.forTest);
  const { leave, forget } = await enterWorkFolder(experiment, { readsTest, option: options.option });
  let finished = 0;
  try {
    const count = countTrainings(stages, plans, { log, jobs: executor.atOnce({ stages, plans, jobs }) });
    const onFinished = (stage: string) => {
      finished++;
      count(stage);
    };
    const done = await executor.run({ ...execution, log, progress, signal, onFinished });
    await finish?.();
    return done;
  } catch (error) {
    // What was interrupted is to be gone on with.
    if (!signal?.aborted) forget({ record: finished === 0 });
    throw error;
  } finally {
    leave();
  }
}

/** @throws UserError with all that is known to stand in the way of `runRecipe`; does nothing */
export async function checkRun(options: RunRecipeOptions): Promise<void> {
  const { experiment, targets, force, compared, library = realLibrary } = options;
  const { recipe, folder } = experiment;
  const stages = createStages({ recipe, workFolder: folder, compared, library });
  checkTargets(stages, options);
  await planWhatCanRun({ workFolder: folder, stages, targets, force }, options, createExecutor(recipe));
}

/** What each stage would do. @throws UserError with all that is known to stand in the way of it */
async function planWhatCanRun(
  asked: Parameters<typeof planStages>[0],
  { experiment: { recipe, folder }, checks = [], compared, dryRun, finish, log, signal }: RunRecipeOptions,
  executor: Pick<Executor, 'here' | 'check'>,
): Promise<StagePlan[]> {
  let plans: StagePlan[] | undefined;
  const due = (stages: ReadonlySet<string>) =>
    plans === undefined || plans.some(({ stage, action }) => action !== 'skip' && stages.has(stage));
  const compares = () => plans !== undefined && due(new Set([comparingStages(compared ?? {}).compare]));
  const all = new Set(asked.stages.map(({ name }) => name));
  /** Systems that are trained; where no training is asked for, as for features alone, those that `train` and `compare` mean. */
  const isMeant = (system: string) =>
    plans?.some(({ stage }) => stage.startsWith('train/'))
      ? due(new Set(trainingRuns(recipe, system).map(({ name }) => `train/${name}`)))
      : system === recipe.model || system === recipe.baseline;
  await checkAll([
    ...checks,
    () => recipe.slices && checkSlices(recipe.slices),
    () => (plans = planStages(asked)),
    () => due(new Set(['prep'])) && checkCorpus(recipe),
    // A mistyped folder of noise is to be found before hours of features, not after them.
    () => due(upToTraining(asked.stages)) && checkNoise(recipe, isMeant),
    () => due(new Set(trainingsIn(asked.stages))) && checkInitialModels(recipe),
    () => plans && checkReadyModels(recipe, (system) => due(new Set([`average/${system}`]))),
    () =>
      recipe.slices && compares() && !due(new Set(['prep'])) && checkSlicesThere(recipe.slices, join(folder, 'prep')),
    ...(compared?.guests ?? []).map(
      (guest) => () => compares() && checkGuest(guest, due(new Set(['prep'])) ? undefined : join(folder, 'prep')),
    ),
    // Also before prep, which needs none: what is set there holds for the commands after it.
    () => executor.here && (finish !== undefined || due(all)) && checkEngine(recipe),
    () => dryRun === undefined && due(all) && executor.check(folder, { log, signal }),
  ]);
  return plans!;
}

/** The trainings and all that they need. */
function upToTraining(stages: readonly Stage[]): ReadonlySet<string> {
  const names = new Set(trainingsIn(stages));
  // A stage stands after those that it needs.
  for (const { name, needs } of stages.toReversed())
    if (names.has(name)) for (const need of needs) names.add(stageOf(need));
  return names;
}

const trainingsIn = (stages: readonly Stage[]): string[] =>
  stages.filter(({ trains }) => trains).map(({ name }) => name);

/** @throws UserError where a stage is wanted that a recipe does not have because it does not use its test trials yet */
function checkTargets(
  stages: readonly Stage[],
  {
    experiment: { recipe, folder },
    targets = [],
    compared,
  }: Pick<RunRecipeOptions, 'experiment' | 'targets' | 'compared'>,
): void {
  const missing = targets.find((target) => !stages.some(({ name }) => name === target));
  refuseTrainingReady(recipe, missing);
  if (recipe.evaluate === 'test' || missing === undefined) return;
  const tested: Recipe = { ...recipe, evaluate: 'test' };
  const all = createStages({ recipe: tested, workFolder: folder, compared, library: realLibrary });
  if (!all.some(({ name }) => name === missing)) return;
  throw new UserError(
    `recipe ${recipe.name} does not use its test trials yet (evaluate: development), so there is no stage ${missing}\n` +
      '  once everything is chosen: --set evaluate=test',
  );
}

/** @throws UserError for a stage of a system that only trainings have */
function refuseTrainingReady({ name, systems }: Recipe, stage: string | undefined): void {
  const [, system] = /^(?:train|model)\/(.+)$/.exec(stage ?? '') ?? [];
  if (system === undefined || !Object.hasOwn(systems, system) || !isReady(systems[system].model)) return;
  const { type } = systems[system].model;
  throw new UserError(
    `${system} of recipe ${name} is a model of type ${type}: it is not trained here, so there is no stage ${stage}\n` +
      `  it is ready to be used: acanet compare ${system}, acanet embed FILES… --model ${system}`,
  );
}

/** Says how many trainings there are to do and, after each, how long the rest may take. */
function countTrainings(
  stages: readonly Stage[],
  plans: readonly StagePlan[],
  { log, jobs }: { log: (line: string) => void; jobs?: number },
): (stage: string) => void {
  const { due, ready } = trainingsOf(stages, plans);
  const trainings = trainingsIn(stages);
  const started = performance.now();
  let done = 0;
  if (due > 1) log(`${due} trainings to do${ready > 0 ? `, ${ready} are there` : ''}`);
  return (stage) => {
    if (!trainings.includes(stage) || due < 2) return;
    done++;
    const left = jobs === undefined ? 0 : ((performance.now() - started) / 1000) * leftOf({ due, done, jobs });
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

/** Trainings that are to be done, and that are there. */
interface TrainingCount {
  due: number;
  ready: number;
}

function trainingsOf(stages: readonly Stage[], plans: readonly StagePlan[]): TrainingCount {
  const names = trainingsIn(stages);
  const trainings = plans.filter(({ stage }) => names.includes(stage));
  const due = trainings.filter(({ action }) => action !== 'skip' && action !== 'take over').length;
  return { due, ready: trainings.length - due };
}

/** What `runRecipe` would do, and why; touches nothing. */
export function explainRecipe(options: Pick<RunRecipeOptions, 'experiment' | 'targets' | 'force' | 'compared'>): {
  plans: StagePlan[];
  trainings: TrainingCount;
} {
  const { experiment, targets, force, compared } = options;
  const { recipe, folder } = experiment;
  const stages = createStages({ recipe, workFolder: folder, compared, library: realLibrary });
  checkTargets(stages, options);
  const plans = planStages({ workFolder: folder, stages, targets, force });
  return { plans, trainings: trainingsOf(stages, plans) };
}

/** @file The options that every command on a recipe has, and how such a command opens its experiment. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import type { EngineOptions } from '../engine/create-engine.js';
import type { Located } from '../configuration/located-yaml.js';
import type { ExecutorOptions, ExecutorType } from '../recipe/definition/executor-options.js';
import type { RunRecipeOptions } from '../recipe/run-recipe.js';
import type { Recipe } from '../recipe/definition/schema.js';
import type { TrainingRun } from '../recipe/definition/training-runs.js';
import type { Experiment } from '../recipe/running/work-folder.js';
import { listenForInterruption } from './interruption.js';
import { wholeNumber } from './number-flag.js';
import { createTalk, print, say } from './output.js';
import { repeatable } from './repeatable.js';

export interface EngineFlags {
  json?: boolean;
  threads?: string;
  engine?: string;
  device?: string;
}

export interface RecipeFlags extends EngineFlags {
  recipe?: string;
  set: string[];
  work: string;
  fresh?: boolean;
  fold?: string;
  /** Of the commands that train. */
  preset?: string;
  executor?: ExecutorType;
  dryRun?: boolean;
}

/** Adds --recipe, --fold, --set, --work, --fresh, --json, --threads, --engine, --device. */
export function withRecipeOptions(command: Command): Command {
  command
    .option('--recipe <name|file>', 'the recipe (default: $ACANET_RECIPE, else the last one used in --work, else demo)')
    .option('--fold <name>', 'the fold that is meant, of a recipe with folds')
    .addOption(repeatable('--set <key.path=value>', 'change a setting of the recipe'))
    .option('--work <dir>', 'the folder of experiments', 'exp')
    .option(
      '--fresh',
      'forget what earlier commands set here, all but where the corpus lies; without it, what you set with ' +
        '--set, --source, --seeds, … holds for this experiment until you set it otherwise',
    );
  return withEngineOptions(command);
}

/** Adds --preset. */
export const withPresetOption = (command: Command): Command =>
  command.option(
    '--preset <name>',
    'reference: every ACA-Net of the recipe as its authors released it; author-3dspeaker, author-perceiver: as its first ' +
      'author trained it elsewhere; large-margin: a last phase with long crops and a large margin; a --set for the same ' +
      'setting wins',
  );

/** Adds --jobs. */
export const withJobsOption = (command: Command): Command =>
  command.option('--jobs <n>', 'trainings side by side, which share the threads (default: 1)');

/** As in the recipe's schema, which is not loaded for a command's help. */
const EXECUTORS = ['local', 'slurm', 'command'] satisfies ExecutorType[];

/** Adds --executor, --dry-run. */
export const withExecutorOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--executor <where>',
        'where the work is done: on this machine, in jobs of Slurm, or in jobs by a command of yours (executor.type)',
      ).choices(EXECUTORS),
    )
    .option('--dry-run', 'only print what would be done: the jobs, their scripts and the commands that submit them');

/** What says where a recipe's corpus lies. */
export interface CorpusFlags {
  source?: string;
  lists?: string;
  allowMissing?: boolean;
  allowPipes?: boolean;
}

/** Adds --source, --lists, --allow-missing, --allow-pipes. */
export function withCorpusOptions(command: Command): Command {
  return command
    .option('--source <dir>', 'where the corpus is (corpus.source)')
    .option('--lists <dir>', 'where its published lists are (corpus.lists)')
    .option('--allow-missing', 'go on where files are missing; results are marked as partial (corpus.allowMissing)')
    .option('--allow-pipes', 'run the commands that a Kaldi wav.scp holds in place of files (corpus.allowPipes)');
}

/** The overrides that the corpus flags stand for. */
export const corpusSets = ({ source, lists, allowMissing, allowPipes }: CorpusFlags): string[] => [
  ...(source !== undefined ? [`corpus.source=${source}`] : []),
  ...(lists !== undefined ? [`corpus.lists=${lists}`] : []),
  ...(allowMissing ? ['corpus.allowMissing=true'] : []),
  ...(allowPipes ? ['corpus.allowPipes=true'] : []),
];

/** Adds --json, --threads, --engine, --device. */
function withEngineOptions(command: Command): Command {
  return command
    .option('--json', 'print results as JSON')
    .option('--threads <n>', 'threads to compute with (default: physical cores)')
    .option('--engine <name>', 'onnx, or what `acanet doctor` lists')
    .option('--device <name>', 'cpu, or what `acanet doctor` lists');
}

/** Ends a command's help with something that runs. */
export function withExamples(command: Command, ...examples: string[]): Command {
  const title = examples.length > 1 ? 'Examples' : 'Example';
  return command.addHelpText('after', `\n${title}:\n${examples.map((example) => `  $ ${example}`).join('\n')}`);
}

/** The overrides that the engine flags stand for. */
const engineSets = ({ threads, engine, device }: EngineFlags): string[] => [
  ...(threads !== undefined ? [`engine.threads=${wholeNumber('--threads', threads)}`] : []),
  ...(engine !== undefined ? [`engine.name=${engine}`] : []),
  ...(device !== undefined ? [`engine.device=${device}`] : []),
];

/** The override that --executor stands for. */
const executorSets = ({ executor }: RecipeFlags): string[] =>
  executor === undefined ? [] : [`executor.type=${executor}`];

/** The engine that the flags mean, where there is no recipe. */
export async function engineOf({ threads, engine, device }: EngineFlags): Promise<EngineOptions> {
  const [{ engineOptions }, { checkLocated }] = await Promise.all([
    import('../engine/create-engine.js'),
    import('../configuration/schema-errors.js'),
  ]);
  const given = { name: engine, device, threads: wholeNumber('--threads', threads) };
  const flags = Object.entries(given).flatMap(([key, value]): [string, Located][] =>
    value === undefined ? [] : [[key, { at: `--${key === 'name' ? 'engine' : key} ${value}`, value }]],
  );
  return checkLocated(engineOptions, { at: 'options', value: new Map(flags) });
}

/** What the flags say of jobs, where there is no recipe. */
export async function executorOf(sets: readonly string[], flags: RecipeFlags): Promise<ExecutorOptions> {
  const [{ executorAlone }, { setLocated }, { checkLocated }] = await Promise.all([
    import('../recipe/definition/executor-options.js'),
    import('../configuration/located-yaml.js'),
    import('../configuration/schema-errors.js'),
  ]);
  const nothing: Located = { at: 'options', value: new Map() };
  const located = [...sets, ...executorSets(flags)].reduce(setLocated, nothing);
  return checkLocated(executorAlone, located).executor ?? {};
}

export interface ExperimentOptions {
  flags: RecipeFlags;
  /** What the command's own options change. */
  sets?: string[];
}

let opened: Experiment | undefined;

/** The experiment that this command has opened, if any. */
export const openedExperiment = (): Experiment | undefined => opened;

/**
 * Opens the experiment that the flags mean; says which recipe that is and why, and what it takes over from earlier
 * commands.
 */
export async function openFrom({ flags, sets = [] }: ExperimentOptions): Promise<Experiment> {
  const { openExperiment } = await import('../recipe/running/work-folder.js');
  const preset = flags.preset === undefined ? [] : await presetOf(flags, flags.preset);
  const experiment = openExperiment({
    work: flags.work,
    recipe: flags.recipe,
    sets: [...preset, ...sets, ...flags.set, ...engineSets(flags), ...executorSets(flags)],
    fresh: flags.fresh,
    fold: flags.fold,
  });
  opened = experiment;
  say(await introduce(experiment));
  const { remembered, forgotten } = experiment;
  const list = (sets: readonly string[]) => sets.map((set) => `--set ${set}`).join(' ');
  if (remembered.length > 0) say(`  as set before: ${list(remembered)}${flags.fresh ? '' : ' (--fresh forgets)'}`);
  if (forgotten.length > 0) say(`  forgotten: ${list(forgotten)}`);
  return experiment;
}

/** The experiments that the flags mean: every fold of a recipe with folds, unless one is named, else the one recipe. */
export async function openFolds({ flags, sets = [] }: ExperimentOptions): Promise<Experiment[]> {
  const { meantFolds } = await import('../recipe/running/work-folder.js');
  const { work, recipe, fold } = flags;
  const folds = fold === undefined ? meantFolds({ work, recipe, sets: [...sets, ...flags.set] }) : [];
  if (folds.length === 0) return [await openFrom({ flags, sets })];
  const experiments: Experiment[] = [];
  for (const each of folds) experiments.push(await openFrom({ flags: { ...flags, fold: each }, sets }));
  return experiments;
}

/** Which recipe it is, and why; where nobody has chosen it, also how long it takes and what else there is. */
async function introduce({ recipe, folder, fold, work, chosen, reference }: Experiment): Promise<string> {
  const reason = chosen === 'named' ? '' : chosen === 'last used' ? ` (the last one used in ${work})` : ` (${chosen})`;
  const part = fold === undefined ? '' : `, fold ${fold}`;
  if (chosen !== 'default') return `recipe ${recipe.name}${part}${reason}, work folder ${folder}`;
  const { recipesHere } = await import('../recipe/definition/recipe-list.js');
  const recipes = recipesHere();
  const own = recipes.find(({ name }) => name === reference);
  return (
    `recipe ${recipe.name}, as none is named and none was used in ${work} before: ${own?.about}, ${own?.time}; work folder ${folder}\n` +
    `  for another one say --recipe NAME: ${recipes.map(({ name }) => name).join(', ')} (acanet recipes tells what each is for)`
  );
}

/** The recipe that the flags mean, without what the command's own options change. */
export async function recipeMeant({ work, recipe, set, fresh, fold }: RecipeFlags): Promise<Recipe> {
  const { openExperiment } = await import('../recipe/running/work-folder.js');
  return openExperiment({ work, recipe, sets: set, fresh, fold }).recipe;
}

/** The overrides of a preset, for the systems that the recipe has with what is typed. */
async function presetOf(flags: RecipeFlags, name: string): Promise<string[]> {
  const { presetSets } = await import('../recipe/definition/presets.js');
  return presetSets(name, await recipeMeant(flags));
}

type UpToDateOptions = Pick<RunRecipeOptions, 'targets' | 'force' | 'compared' | 'jobs' | 'checks' | 'finish'> & {
  dryRun?: boolean;
};

/**
 * Brings stages up to date, talking on stderr; with `dryRun`, prints what that would be.
 * @returns whether it was done
 */
export const bringUpToDate = (options: UpToDateOptions & { experiment: Experiment }): Promise<boolean> =>
  bringAllUpToDate([options.experiment], options);

/** The same for every fold, and for what is made of all folds. */
export async function bringAllUpToDate(
  folds: readonly Experiment[],
  { dryRun = false, ...options }: UpToDateOptions,
): Promise<boolean> {
  const [{ runRecipe }, { runFolds }, { createExecutor }] = await Promise.all([
    import('../recipe/run-recipe.js'),
    import('../recipe/run-folds.js'),
    import('../recipe/executors/registry.js'),
  ]);
  const talk = createTalk();
  try {
    const { here } = createExecutor(folds[0].recipe);
    // What is forced starts over each time.
    const signal = listenForInterruption({ goesOn: !here || !options.force?.length, elsewhere: !here });
    const all = { ...options, log: talk.log, progress: talk.progress, signal, ...(dryRun && { dryRun: print }) };
    if (folds.length === 1) await runRecipe({ ...all, experiment: folds[0] });
    else await runFolds({ ...all, folds });
    return !dryRun;
  } finally {
    talk.stop();
  }
}

/** Whether a `--model` names a folder rather than a system of a recipe. */
export const isModelFolder = (model: string): boolean =>
  /[\\/]|^\.\.?$/.test(model) || existsSync(join(model, 'model.json'));

/** @throws UserError where a folder is named for a system */
async function refuseFolder({ recipe }: Experiment, name: string | undefined): Promise<void> {
  if (name === undefined || name in recipe.systems || !isModelFolder(name)) return;
  const { UserError } = await import('../errors.js');
  throw new UserError(
    `${name} is a folder: expected a system of recipe ${recipe.name}: ${Object.keys(recipe.systems).join(', ')}`,
  );
}

/**
 * The trainings that a command means: those of the system named, or one run (`aca-net@2`); else of the recipe's
 * `model`.
 */
export async function runsOf(experiment: Experiment, name: string | undefined): Promise<TrainingRun[]> {
  await refuseFolder(experiment, name);
  const { recipe } = experiment;
  const { findTrainingRuns } = await import('../recipe/definition/training-runs.js');
  return findTrainingRuns(recipe, name ?? recipe.model);
}

/**
 * The systems that a list of names and patterns means (`a,aca-small+*`, where `*` is any text); all without one.
 * @throws UserError for a name or pattern that no system has
 */
export async function systemsMatching(experiment: Experiment, list: string | undefined): Promise<string[]> {
  const known = Object.keys(experiment.recipe.systems);
  if (list === undefined) return known;
  const wanted = new Set<string>();
  for (const name of list.split(',').map((each) => each.trim())) {
    const pattern = new RegExp(
      `^${name
        .split('*')
        .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
        .join('.*')}$`,
    );
    const matching = name.includes('*') ? known.filter((each) => pattern.test(each)) : [];
    for (const each of matching.length > 0 ? matching : [await systemOf(experiment, name)]) wanted.add(each);
  }
  return known.filter((name) => wanted.has(name));
}

/** The system that a command means: the one named, else the recipe's `model`. @throws UserError for an unknown name */
export async function systemOf(experiment: Experiment, name: string | undefined): Promise<string> {
  await refuseFolder(experiment, name);
  const { recipe } = experiment;
  if (name === undefined) return recipe.model;
  const known = Object.keys(recipe.systems);
  if (known.includes(name)) return name;
  const [{ UserError }, { unknownName }] = await Promise.all([
    import('../errors.js'),
    import('../configuration/closest-name.js'),
  ]);
  throw new UserError(`recipe ${recipe.name} has no system ${unknownName(name, known)}`);
}

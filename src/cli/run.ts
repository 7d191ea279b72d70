/** @file `acanet run`: the whole chain of a recipe, as far as it is not up to date. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { showComparison } from './compare.js';
import type { Experiment } from '../recipe/running/work-folder.js';
import { wholeNumber } from './number-flag.js';
import { print, printJson, say } from './output.js';
import {
  bringAllUpToDate,
  corpusSets,
  openFolds,
  systemsMatching,
  withCorpusOptions,
  withExamples,
  withExecutorOptions,
  withJobsOption,
  withPresetOption,
  withRecipeOptions,
  type CorpusFlags,
  type RecipeFlags,
} from './recipe-options.js';
import { mentionPage } from './report.js';

interface RunFlags extends RecipeFlags, CorpusFlags {
  seeds?: string;
  why?: boolean;
  only?: string;
  force?: string[];
  jobs?: string;
  cancel?: boolean;
  plan?: boolean;
}

export function addRun(program: Command): void {
  const command = program
    .command('run')
    .description(
      'run a recipe: prep, features, and for each system train, average, embed, score; then compare or choose',
    )
    .argument('[recipe]', 'name or file of the recipe; the same as --recipe');
  withExamples(
    withRunOptions(command),
    'acanet run demo',
    'acanet run demo --seeds 3 --jobs 2',
    'acanet run demo --set training.epochs=4 --why',
    "acanet run ablation-demo --only 'aca-net+pooling=*'",
    'acanet run demo --seeds 3 --executor slurm --dry-run',
    'acanet run demo --seeds 10 --plan',
  ).action(run);
}

export function addDemo(program: Command): void {
  const command = program
    .command('demo')
    .description('two small models on artificial voices, from audio to comparison: the same as `acanet run demo`');
  withExamples(withRunOptions(command), 'acanet demo').action((flags: RunFlags, self: Command) =>
    run('demo', flags, self),
  );
}

const withRunOptions = (command: Command): Command =>
  withRecipeOptions(
    withExecutorOptions(
      withJobsOption(
        withPresetOption(
          withCorpusOptions(
            command
              .option('--seeds <n>', "train each system n times, with the recipe's seed and those after it (seeds)")
              .option('--why', 'only print what would run, and why')
              .option('--plan', 'only print what it takes: trainings, hours, disk, and how they spread over nodes')
              .option('--only <systems>', "only these systems: names and patterns (a,b or 'aca-small+latents=*')")
              .option('--force <stages...>', 'run these stages even if they are up to date')
              .option('--cancel', 'cancel the jobs of Slurm that work on the recipe'),
          ),
        ),
      ),
    ),
  );

async function run(recipe: string | undefined, flags: RunFlags, self: Command): Promise<void> {
  if (recipe !== undefined && flags.recipe !== undefined && recipe !== flags.recipe) {
    self.error(`error: two recipes are named, ${recipe} and --recipe ${flags.recipe}: give one of them`);
  }
  const chosen = { ...flags, recipe: recipe ?? flags.recipe };
  const seeds = wholeNumber('--seeds', flags.seeds);
  const jobs = wholeNumber('--jobs', flags.jobs);
  const sets = [...corpusSets(flags), ...(seeds === undefined ? [] : [`seeds=${seeds}`])];
  const folds = await openFolds({ flags: chosen, sets });
  const [experiment] = folds;
  if (flags.cancel) {
    for (const { folder } of folds) await cancelJobs(folder);
    return;
  }
  const [{ finalStages }, { comparedSystems }] = await Promise.all([
    import('../recipe/stages/stages.js'),
    import('../recipe/comparison/chosen-systems.js'),
  ]);
  const compared = comparedSystems(experiment.recipe, await systemsMatching(experiment, flags.only));
  const targets = finalStages(experiment.recipe, compared);
  const options = { targets, force: flags.force, compared };
  if (flags.why) return await explain(folds, options, flags.json);
  if (flags.plan) return await plan(folds, options, flags.json);
  if (!(await bringAllUpToDate(folds, { ...options, jobs, dryRun: flags.dryRun }))) return;
  const { compareFolder } = await import('../recipe/run-folds.js');
  if (!targets.includes('ablation')) await showComparison(compareFolder(folds, compared), flags.json);
  else for (const { folder } of folds) await showAblation(folder, flags.json);
  if (targets.includes('report')) for (const { folder } of folds) mentionPage(join(folder, 'report'));
}

async function cancelJobs(folder: string): Promise<void> {
  const { cancelOpenJobs } = await import('../recipe/executors/open-jobs.js');
  const ids = await cancelOpenJobs(folder);
  if (ids === undefined) say(`no jobs work in ${folder}\n`);
  else say(ids.length > 0 ? `cancelled: jobs ${ids.join(', ')}\n` : 'its jobs had all ended\n');
}

/** Prints what stage `ablation` wrote. */
async function showAblation(folder: string, json = false): Promise<void> {
  const { ablationFiles } = await import('../recipe/artifacts/ablation.js');
  const { ablation, text } = ablationFiles(join(folder, 'ablation'));
  print(readFileSync(json ? ablation : text, 'utf8'));
}

async function plan(
  folds: readonly Experiment[],
  options: Parameters<typeof bringAllUpToDate>[1],
  json = false,
): Promise<void> {
  const [{ planRecipe }, { describePlan }] = await Promise.all([
    import('../recipe/plan-recipe.js'),
    import('../recipe/planning/describe-plan.js'),
  ]);
  const planned = [];
  for (const experiment of folds) {
    planned.push({ fold: experiment.fold, ...(await planRecipe({ ...options, experiment })) });
  }
  if (json) return printJson(folds.length === 1 ? planned[0] : planned);
  for (const { fold, ...work } of planned) {
    if (fold !== undefined) print(`fold ${fold}`);
    print(describePlan(work));
  }
}

async function explain(
  folds: readonly Experiment[],
  options: Parameters<typeof bringAllUpToDate>[1],
  json = false,
): Promise<void> {
  const [{ explainRecipe }, { formatTable }] = await Promise.all([
    import('../recipe/run-recipe.js'),
    import('../report/text/table.js'),
  ]);
  const explained = folds.map((experiment) => ({
    ...explainRecipe({ ...options, experiment }),
    fold: experiment.fold,
  }));
  if (json) {
    const ofFolds = Object.fromEntries(explained.map(({ fold = '', plans }) => [fold, plans]));
    return printJson(folds.length === 1 ? explained[0].plans : ofFolds);
  }
  for (const { plans, trainings, fold } of explained) {
    const rows = plans.map(({ stage, action, reasons }) => [stage, action, reasons.join('; ')]);
    if (fold !== undefined) print(`fold ${fold}`);
    print(formatTable([{ title: 'stage' }, { title: 'does' }, { title: 'because' }], rows));
    say(`${trainings.due} trainings to do, ${trainings.ready} are there\n`);
  }
}

/** @file `acanet run`: the whole chain of a recipe, as far as it is not up to date. */
import type { Command } from 'commander';
import { showComparison } from './compare.js';
import { print, printJson } from './output.js';
import {
  bringUpToDate,
  corpusSets,
  openFrom,
  systemOf,
  withCorpusOptions,
  withExamples,
  withPresetOption,
  withRecipeOptions,
  type CorpusFlags,
  type RecipeFlags,
} from './recipe-options.js';

interface RunFlags extends RecipeFlags, CorpusFlags {
  why?: boolean;
  only?: string;
  force?: string[];
}

export function addRun(program: Command): void {
  const command = program
    .command('run')
    .description('run a recipe: prep, features, and for each system train, average, embed, score; then compare')
    .argument('[recipe]', 'name or file of the recipe; the same as --recipe')
    .option('--why', 'only print what would run, and why')
    .option('--only <systems>', 'run and compare only these systems (a,b)')
    .option('--force <stages...>', 'run these stages even if they are up to date');
  withExamples(
    withRecipeOptions(withPresetOption(withCorpusOptions(command))),
    'acanet run demo',
    'acanet run demo --set training.epochs=4 --why',
  ).action(async (recipe: string | undefined, flags: RunFlags) => {
    const chosen = { ...flags, recipe: recipe ?? flags.recipe };
    const experiment = await openFrom({ flags: chosen, sets: corpusSets(flags), remember: 'corpus place' });
    const only = flags.only?.split(',').map((name) => name.trim());
    const names = only
      ? await Promise.all(only.map((name) => systemOf(experiment, name)))
      : Object.keys(experiment.recipe.systems);
    const { baseline } = experiment.recipe;
    const compared = { names, baseline: names.includes(baseline) ? baseline : names[0] };
    const options = { experiment, targets: ['compare'], force: flags.force, compared };
    if (flags.why) await explain(options, flags.json);
    else {
      await bringUpToDate(options);
      showComparison(experiment.folder, flags.json);
    }
  });
}

async function explain(options: Parameters<typeof bringUpToDate>[0], json = false): Promise<void> {
  const [{ explainRecipe }, { formatTable }] = await Promise.all([
    import('../recipe/run-recipe.js'),
    import('../report/table.js'),
  ]);
  const plans = explainRecipe(options);
  if (json) printJson(plans);
  else {
    const rows = plans.map(({ stage, action, reasons }) => [stage, action, reasons.join('; ')]);
    print(formatTable([{ title: 'stage' }, { title: 'does' }, { title: 'because' }], rows));
  }
}

/** @file `acanet prep`: corpus → manifest and trials, validated and counted. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { print } from './output.js';
import {
  bringUpToDate,
  corpusSets,
  openFrom,
  withCorpusOptions,
  withExamples,
  withExecutorOptions,
  withRecipeOptions,
  type CorpusFlags,
  type RecipeFlags,
} from './recipe-options.js';

export function addPrep(program: Command): void {
  const command = program
    .command('prep')
    .description('read the corpus of a recipe: write manifest, test trials and development trials');
  withExamples(
    withRecipeOptions(withExecutorOptions(withCorpusOptions(command))),
    'acanet prep --recipe demo',
    'acanet prep --recipe wsj0 --source WSJ0 --lists LISTS',
  ).action(async (flags: RecipeFlags & CorpusFlags) => {
    const experiment = await openFrom({ flags, sets: corpusSets(flags) });
    // Always read anew: what lies in a corpus folder may have changed without any setting having changed.
    if (!(await bringUpToDate({ experiment, targets: ['prep'], force: ['prep'], dryRun: flags.dryRun }))) return;
    const { prepFiles } = await import('../recipe/artifacts/prep.js');
    const { corpus, manifest, trials, devTrials } = prepFiles(join(experiment.folder, 'prep'));
    print(flags.json ? readFileSync(corpus, 'utf8') : [manifest, trials, devTrials].join('\n'));
  });
}

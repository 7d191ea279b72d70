/** @file `acanet prep`: corpus → manifest and trials, validated and counted. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { print } from './output.js';
import { bringUpToDate, openFrom, withExamples, withRecipeOptions, type RecipeFlags } from './recipe-options.js';

interface PrepFlags extends RecipeFlags {
  source?: string;
  lists?: string;
}

export function addPrep(program: Command): void {
  const command = program
    .command('prep')
    .description('read the corpus of a recipe: write manifest, test trials and development trials')
    .option('--source <dir>', 'where the corpus is (corpus.source)')
    .option('--lists <dir>', 'where its published lists are (corpus.lists)');
  withExamples(withRecipeOptions(command), 'acanet prep --recipe demo').action(async (flags: PrepFlags) => {
    const sets = [
      ...(flags.source !== undefined ? [`corpus.source=${flags.source}`] : []),
      ...(flags.lists !== undefined ? [`corpus.lists=${flags.lists}`] : []),
    ];
    const experiment = await openFrom({ flags, sets });
    // Always read anew: what lies in a corpus folder may have changed without any setting having changed.
    await bringUpToDate({ experiment, targets: ['prep'], force: ['prep'] });
    const folder = join(experiment.folder, 'prep');
    const summary = readFileSync(join(folder, 'corpus.json'), 'utf8');
    if (flags.json) print(summary);
    else print(['manifest.jsonl', 'trials.txt', 'dev-trials.txt'].map((file) => join(folder, file)).join('\n'));
  });
}

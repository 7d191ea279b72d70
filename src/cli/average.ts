/** @file `acanet average`: checkpoints → one model folder. */
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { wholeNumber } from './number-flag.js';
import { print, printJson } from './output.js';
import {
  bringUpToDate,
  openFrom,
  runsOf,
  withExamples,
  withRecipeOptions,
  type RecipeFlags,
} from './recipe-options.js';

interface AverageFlags extends RecipeFlags {
  model?: string;
  last?: string;
  best?: string;
  batchNorm?: string;
}

export function addAverage(program: Command): void {
  const command = program
    .command('average')
    .description('average checkpoints of a system into a model folder')
    .option('--model <name>', "the system, or one run of it (default: the recipe's model)")
    .option('--last <n>', 'average the newest n checkpoints')
    .addOption(new Option('--best <n>', 'average the n checkpoints that are best by development EER').conflicts('last'))
    .option('--batch-norm <how>', 'running statistics: average, last or recompute');
  withExamples(withRecipeOptions(command), 'acanet average --recipe demo --last 2').action(
    async (flags: AverageFlags) => {
      const [last, best] = [wholeNumber('--last', flags.last), wholeNumber('--best', flags.best)];
      const sets = [
        ...(last !== undefined ? [`average.last=${last}`, 'average.best=null'] : []),
        ...(best !== undefined ? [`average.best=${best}`, 'average.last=null'] : []),
        ...(flags.batchNorm !== undefined ? [`average.batchNorm=${flags.batchNorm}`] : []),
      ];
      const experiment = await openFrom({ flags, sets });
      const runs = await runsOf(experiment, flags.model);
      const stages = runs.map(({ name }) => `average/${name}`);
      await bringUpToDate({ experiment, targets: stages });
      const folders = stages.map((stage) => join(experiment.folder, stage));
      const averaged = runs.map(({ name, system, seed }, i) => ({ system, run: name, seed, model: folders[i] }));
      if (flags.json) printJson(averaged.length > 1 ? averaged : averaged[0]);
      else print(folders.join('\n'));
    },
  );
}

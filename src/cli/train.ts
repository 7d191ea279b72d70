/** @file `acanet train`: feature cache → checkpoints of one system. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { wholeNumber } from './number-flag.js';
import { print, printJson } from './output.js';
import {
  bringUpToDate,
  corpusSets,
  openFrom,
  runsOf,
  withCorpusOptions,
  withExamples,
  withJobsOption,
  withPresetOption,
  withRecipeOptions,
  type CorpusFlags,
  type RecipeFlags,
} from './recipe-options.js';

interface TrainFlags extends RecipeFlags, CorpusFlags {
  model?: string;
  resume?: boolean;
  restart?: boolean;
  seeds?: string;
  jobs?: string;
}

export function addTrain(program: Command): void {
  const command = program
    .command('train')
    .description(
      'train one system of a recipe, once or with several seeds; what was interrupted goes on from its newest checkpoint',
    )
    .option('--model <name>', "the system to train, or one run of it such as aca-net@2 (default: the recipe's model)")
    .option('--seeds <n>', "train it n times, with the recipe's seed and those after it (seeds)")
    .option('--resume', 'insist on going on: an error if there is no checkpoint')
    .option('--restart', 'train again from the beginning');
  withExamples(
    withRecipeOptions(withJobsOption(withPresetOption(withCorpusOptions(command)))),
    'acanet train --recipe demo',
    'acanet train --recipe demo --model ecapa-tdnn --resume',
    'acanet train --recipe demo --seeds 4 --jobs 2',
    'acanet train --recipe wsj0 --source WSJ0 --lists LISTS',
  ).action(async (flags: TrainFlags, self: Command) => {
    const seeds = wholeNumber('--seeds', flags.seeds);
    const jobs = wholeNumber('--jobs', flags.jobs);
    const experiment = await openFrom({
      flags,
      sets: [...corpusSets(flags), ...(seeds === undefined ? [] : [`seeds=${seeds}`])],
    });
    const runs = await runsOf(experiment, flags.model);
    const stages = runs.map(({ name }) => `train/${name}`);
    const folders = stages.map((stage) => join(experiment.folder, stage));
    if (flags.resume && flags.restart) {
      self.error('error: --resume goes on and --restart begins again: give one of them');
    }
    const { listCheckpoints } = await import('../training/checkpoint.js');
    if (flags.resume && !folders.some((folder) => listCheckpoints(folder).length > 0)) {
      const { UserError } = await import('../errors.js');
      throw new UserError(
        `${folders.join(', ')}: no checkpoint to go on from\n  without --resume the training starts from the beginning`,
      );
    }
    await bringUpToDate({ experiment, targets: stages, force: flags.restart ? stages : [], jobs });
    const trained = runs.map(({ name, system, seed }, i) => {
      return { system, run: name, seed, folder: folders[i], checkpoints: listCheckpoints(folders[i]) };
    });
    if (flags.json) printJson(trained.length > 1 ? trained : trained[0]);
    else print(trained.flatMap(({ checkpoints }) => checkpoints.map(({ dir }) => dir)).join('\n'));
  });
}

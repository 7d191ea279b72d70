/** @file `acanet train`: feature cache → checkpoints of one system. */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { wholeNumber } from './number-flag.js';
import { print, printJson } from './output.js';
import {
  bringUpToDate,
  corpusSets,
  openFrom,
  recipeMeant,
  runsOf,
  withCorpusOptions,
  withExamples,
  withExecutorOptions,
  withJobsOption,
  withPresetOption,
  withRecipeOptions,
  type CorpusFlags,
  type RecipeFlags,
} from './recipe-options.js';
import { repeatable } from './repeatable.js';

interface TrainFlags extends RecipeFlags, CorpusFlags {
  model?: string;
  resume?: boolean;
  restart?: boolean;
  init?: string;
  freeze: string[];
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
    .option(
      '--init <system|dir>',
      'start from the model of another system of the recipe, which is trained first, or from a model folder (training.init)',
    )
    .addOption(
      repeatable('--freeze <pattern>', 'training.freeze: do not train the layers of this name, in which * is any text'),
    )
    .option('--resume', 'insist on going on: an error if there is no checkpoint')
    .option('--restart', 'train again from the beginning');
  withExamples(
    withRecipeOptions(withExecutorOptions(withJobsOption(withPresetOption(withCorpusOptions(command))))),
    'acanet train --recipe demo',
    'acanet train --recipe demo --model ecapa-tdnn --resume',
    'acanet train --recipe demo --seeds 4 --jobs 2',
    'acanet train --recipe wsj0 --source WSJ0 --lists LISTS',
    "acanet train --recipe demo --init exp/demo/average/aca-net --freeze 'ACA_blocks.*'",
  ).action(async (flags: TrainFlags, self: Command) => {
    const seeds = wholeNumber('--seeds', flags.seeds);
    const jobs = wholeNumber('--jobs', flags.jobs);
    const experiment = await openFrom({
      flags,
      sets: [...corpusSets(flags), ...(seeds === undefined ? [] : [`seeds=${seeds}`]), ...(await startSets(flags))],
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
    const force = flags.restart ? stages : [];
    if (!(await bringUpToDate({ experiment, targets: stages, force, jobs, dryRun: flags.dryRun }))) return;
    const trained = runs.map(({ name, system, seed }, i) => {
      return { system, run: name, seed, folder: folders[i], checkpoints: listCheckpoints(folders[i]) };
    });
    if (flags.json) printJson(trained.length > 1 ? trained : trained[0]);
    else print(trained.flatMap(({ checkpoints }) => checkpoints.map(({ dir }) => dir)).join('\n'));
  });
}

/** The overrides that --init and --freeze stand for: those of the system that is trained. */
async function startSets(flags: TrainFlags): Promise<string[]> {
  const { init, freeze } = flags;
  if (init === undefined && freeze.length === 0) return [];
  const recipe = await recipeMeant(flags);
  const system = (flags.model ?? recipe.model).replace(/@.*$/, '');
  const set = (key: string, value: unknown) => `systems.${system}.training.${key}=${JSON.stringify(value)}`;
  return [
    ...(init === undefined ? [] : [set('init', init in recipe.systems ? init : resolve(init))]),
    ...(freeze.length > 0 ? [set('freeze', freeze)] : []),
  ];
}

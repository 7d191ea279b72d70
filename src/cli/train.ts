/** @file `acanet train`: feature cache → checkpoints of one system. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { print, printJson } from './output.js';
import {
  bringUpToDate,
  openFrom,
  systemOf,
  withExamples,
  withRecipeOptions,
  type RecipeFlags,
} from './recipe-options.js';

interface TrainFlags extends RecipeFlags {
  model?: string;
  resume?: boolean;
  restart?: boolean;
}

export function addTrain(program: Command): void {
  const command = program
    .command('train')
    .description('train one system of a recipe; an interrupted training goes on from its newest checkpoint')
    .option('--model <name>', "the system to train (default: the recipe's model)")
    .option('--resume', 'insist on going on: an error if there is no checkpoint')
    .option('--restart', 'train again from the beginning');
  withExamples(
    withRecipeOptions(command),
    'acanet train --recipe demo',
    'acanet train --recipe demo --model ecapa-tdnn --resume',
  ).action(async (flags: TrainFlags, self: Command) => {
    const experiment = await openFrom({ flags });
    const name = await systemOf(experiment, flags.model);
    const stage = `train/${name}`;
    const folder = join(experiment.folder, stage);
    if (flags.resume && flags.restart) {
      self.error('error: --resume goes on and --restart begins again: give one of them');
    }
    const { listCheckpoints } = await import('../training/checkpoint.js');
    if (flags.resume && listCheckpoints(folder).length === 0) {
      const { UserError } = await import('../errors.js');
      throw new UserError(
        `${folder}: no checkpoint to go on from\n  without --resume the training starts from the beginning`,
      );
    }
    await bringUpToDate({ experiment, targets: [stage], force: flags.restart ? [stage] : [] });
    const checkpoints = listCheckpoints(folder);
    if (flags.json) printJson({ system: name, folder, checkpoints });
    else print(checkpoints.map(({ dir }) => dir).join('\n'));
  });
}

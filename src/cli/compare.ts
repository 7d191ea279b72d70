/** @file `acanet compare`: the recipe's model against its baseline. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { print } from './output.js';
import {
  bringUpToDate,
  openFrom,
  systemOf,
  withExamples,
  withRecipeOptions,
  type RecipeFlags,
} from './recipe-options.js';

interface CompareFlags extends RecipeFlags {
  model?: string;
  all?: boolean;
}

export function addCompare(program: Command): void {
  const command = program
    .command('compare')
    .description('compare systems on the test trials: size, cost, EER, minDCF, with intervals and p-value')
    .argument('[baseline]', "`baseline` for the recipe's baseline, or the name of a system", 'baseline')
    .option('--model <name>', "the system that is compared with it (default: the recipe's model)")
    .option('--all', 'compare all systems of the recipe');
  withExamples(withRecipeOptions(command), 'acanet compare baseline --recipe demo').action(
    async (reference: string, flags: CompareFlags) => {
      const experiment = await openFrom({ flags });
      const { recipe, folder } = experiment;
      const named = reference === 'baseline' && !('baseline' in recipe.systems) ? recipe.baseline : reference;
      const baseline = await systemOf(experiment, named);
      const names = flags.all
        ? Object.keys(recipe.systems)
        : [...new Set([await systemOf(experiment, flags.model), baseline])];
      if (names.length < 2 && Object.keys(recipe.systems).length > 1) {
        const { UserError } = await import('../errors.js');
        throw new UserError(
          `${baseline} cannot be compared with itself\n  name another system with --model, or compare --all`,
        );
      }
      await bringUpToDate({ experiment, targets: ['compare'], compared: { names, baseline } });
      showComparison(folder, flags.json);
    },
  );
}

/** Prints what stage `compare` wrote. */
export function showComparison(folder: string, json = false): void {
  print(readFileSync(join(folder, 'compare', json ? 'compare.json' : 'compare.txt'), 'utf8'));
}

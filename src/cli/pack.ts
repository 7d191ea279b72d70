/** @file `acanet pack`: a trained model with all that its use needs, in one folder that can be taken elsewhere. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { print, printJson, say } from './output.js';
import {
  bringUpToDate,
  openFrom,
  runsOf,
  withExamples,
  withRecipeOptions,
  type RecipeFlags,
} from './recipe-options.js';

interface PackFlags extends RecipeFlags {
  model?: string;
  out?: string;
}

export function addPack(program: Command): void {
  const command = program
    .command('pack')
    .description('put what using a model needs into its folder: calibration, thresholds, cohort, facts of its training')
    .option('--model <name>', "the system, or one run of it (default: the recipe's model)")
    .option('--out <dir>', 'a copy of the folder, to be taken elsewhere');
  withExamples(
    withRecipeOptions(command),
    'acanet pack --recipe demo --model aca-net',
    'acanet pack --recipe demo --model aca-net --out my-model',
  ).action(async (flags: PackFlags) => {
    const experiment = await openFrom({ flags });
    const [run, ...others] = await runsOf(experiment, flags.model);
    if (others.length > 0) {
      say(`  the first of its ${1 + others.length} trainings; another one: --model ${others[0].name}\n`);
    }
    const folder = join(experiment.folder, 'model', run.name);
    const [{ copyModelFolder, refuseForeignFolder }, { readScoringProfile }, { describeProfile }] = await Promise.all([
      import('../models/copy-model-folder.js'),
      import('../scoring/profile/scoring-profile.js'),
      import('../scoring/profile/describe-profile.js'),
    ]);
    const { out } = flags;
    if (out !== undefined) refuseForeignFolder(out);
    await bringUpToDate({ experiment, targets: [`model/${run.name}`] });
    const profile = readScoringProfile(folder)!;
    if (out !== undefined) await copyModelFolder(folder, out);
    if (flags.json) printJson({ model: out ?? folder, ...profile });
    else print([out ?? folder, ...describeProfile(profile).map((line) => `  ${line}`)].join('\n'));
  });
}

/** @file `acanet verify A B`: whether two recordings are of one speaker. */
import type { Command } from 'commander';
import type { RatePolicy } from '../features/options.js';
import { costsOf, withCostOptions, type CostFlags } from './cost-options.js';
import { findModel } from './model-folder.js';
import { wholeNumber } from './number-flag.js';
import { otherRatesOption } from './other-rates-option.js';
import { print, printJson } from './output.js';
import { withExamples, withRecipeOptions, type RecipeFlags } from './recipe-options.js';

interface VerifyFlags extends RecipeFlags, CostFlags {
  model?: string;
  channel?: string;
  otherRates?: RatePolicy;
}

export function addVerify(program: Command): void {
  const command = program
    .command('verify')
    .description('whether two recordings are of one speaker: score, evidence, decision')
    .argument('<a>', 'an audio file')
    .argument('<b>', 'another one')
    .option(
      '--model <name|dir>',
      'a system of the recipe (default: its model); or a model folder, such as exp/demo/model/aca-net',
    )
    .option('--channel <n>', 'which channel of the files, from 0, where they have several')
    .addOption(otherRatesOption('audio of another sample rate than the model (default: as in its training)'));
  withCostOptions(command, { prior: '0.5', about: 'share of pairs of one speaker among those to come' });
  withExamples(
    withRecipeOptions(command),
    'acanet verify a.wav b.flac --model exp/demo/model/aca-net',
    'acanet verify a.wav b.wav --model my-model --prior 0.01 --json',
  ).action(async (a: string, b: string, flags: VerifyFlags) => {
    const costs = costsOf(flags);
    const channel = wholeNumber('--channel', flags.channel, { from: 0 });
    const { modelDir, engine } = await findModel(flags);
    const [{ openVoiceModel }, { verifyFiles }, { describeVerification }] = await Promise.all([
      import('../tasks/voices/voice-model.js'),
      import('../tasks/voices/verify-files.js'),
      import('../tasks/voices/describe-voices.js'),
    ]);
    const model = await openVoiceModel({ modelDir, engine, otherRates: flags.otherRates });
    try {
      const verified = await verifyFiles({ model, a, b, channel, costs });
      if (flags.json) printJson(verified);
      else print(describeVerification(verified));
    } finally {
      await model.close();
    }
  });
}

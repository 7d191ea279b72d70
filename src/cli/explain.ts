/** @file `acanet explain`: where a model looks in an utterance. */
import { join } from 'node:path';
import type { Command } from 'commander';
import type { RatePolicy } from '../features/options.js';
import { listenForInterruption } from './interruption.js';
import { otherRatesOption } from './other-rates-option.js';
import { findModel } from './model-folder.js';
import { createTalk, print, printJson } from './output.js';
import { withExamples, withRecipeOptions, type RecipeFlags } from './recipe-options.js';
import { repeatable } from './repeatable.js';

interface ExplainFlags extends RecipeFlags {
  model?: string;
  out: string;
  layer: string[];
  against?: string;
  pause?: string;
  otherRates?: RatePolicy;
}

export function addExplain(program: Command): void {
  const command = program
    .command('explain')
    .description('draw where a model looks in utterances: its attention over time, on the spectrogram')
    .argument('<file...>', "audio files, a manifest (.jsonl), wav.scp, or ids of the recipe's utterances")
    .option(
      '--model <name|dir>',
      "a system of the recipe, or one run of it; or a model folder (default: the recipe's model)",
    )
    .option('--out <dir>', 'folder of NAME.svg, NAME.png, NAME.csv', '.')
    .addOption(repeatable('--layer <n|name>', 'only this layer', 'all'))
    .option('--against <file|id>', 'another utterance, drawn below on the same scales')
    .option('--pause <seconds>', 'compare each utterance with itself with a pause put in')
    .addOption(otherRatesOption('audio of another sample rate than the model (default: as in its training)'));
  withExamples(
    withRecipeOptions(command),
    'acanet explain a.wav --model exp/demo/average/aca-net --out pictures',
    'acanet explain test0003-s0-u000 --recipe demo --pause 1.5',
  ).action(async (inputs: string[], flags: ExplainFlags) => {
    const [{ explainInputs, describeExplained }, { UserError }] = await Promise.all([
      import('../tasks/attention/attention-pictures.js'),
      import('../errors.js'),
    ]);
    if (flags.against !== undefined && flags.pause !== undefined) {
      throw new UserError('--against and --pause exclude each other: a picture compares two utterances');
    }
    const pause = flags.pause === undefined ? undefined : Number(flags.pause);
    if (pause !== undefined && !(pause > 0 && pause <= 60)) {
      throw new UserError(`--pause: expected seconds, above 0 and at most 60, got "${flags.pause}"`);
    }
    const { refuseReplacing } = await import('../storage/overwriting.js');
    refuseReplacing([join(flags.out, 'picture.svg')], []);
    const { modelDir, engine, manifest } = await findModel(flags);
    const talk = createTalk();
    const explained = await explainInputs({
      ...talk,
      inputs,
      modelDir,
      engine,
      manifest,
      out: flags.out,
      layers: flags.layer,
      against: flags.against,
      pause,
      otherRates: flags.otherRates,
      signal: listenForInterruption(),
    });
    talk.stop();
    if (flags.json) printJson(explained);
    else print(describeExplained(explained));
  });
}

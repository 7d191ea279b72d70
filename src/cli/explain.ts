/** @file `acanet explain`: where a model looks in an utterance. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { EngineOptions } from '../engine/create-engine.js';
import type { RatePolicy } from '../features/options.js';
import { listenForInterruption } from './interruption.js';
import { otherRatesOption } from './other-rates-option.js';
import { createTalk, print, printJson, say } from './output.js';
import { engineOf, openFrom, runsOf, withExamples, withRecipeOptions, type RecipeFlags } from './recipe-options.js';

interface ExplainFlags extends RecipeFlags {
  model?: string;
  system?: string;
  out: string;
  layer: string[];
  against?: string;
  pause?: string;
  otherRates?: RatePolicy;
}

const collect = (value: string, earlier: string[]) => [...earlier, value];

export function addExplain(program: Command): void {
  const command = program
    .command('explain')
    .description('draw where a model looks in utterances: its attention over time, on the spectrogram')
    .argument('<file...>', "audio files, a manifest (.jsonl), wav.scp, or ids of the recipe's utterances")
    .option('--model <dir>', "model folder, such as exp/demo/average/aca-net (default: the recipe's model)")
    .option('--system <name>', "the recipe's system, or one run of it, in place of --model")
    .option('--out <dir>', 'folder of NAME.svg, NAME.png, NAME.csv', '.')
    .option('--layer <n|name>', 'only this layer; may be given again (default: all)', collect, [])
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
    const { modelDir, engine, manifest } = await modelOf(flags);
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

/** The model that the flags mean, and where the utterances are listed. */
async function modelOf(flags: ExplainFlags): Promise<{ modelDir: string; engine: EngineOptions; manifest?: string }> {
  const { UserError } = await import('../errors.js');
  if (flags.model !== undefined) {
    const others = { '--recipe': flags.recipe, '--system': flags.system, '--set': flags.set[0] };
    const clash = Object.entries(others).find(([, value]) => value !== undefined);
    if (clash) throw new UserError(`--model and ${clash[0]} exclude each other: a folder, or a model of a recipe`);
    return { modelDir: flags.model, engine: await engineOf(flags) };
  }
  const experiment = await openFrom({ flags });
  const [run, ...others] = await runsOf(experiment, flags.system);
  if (others.length > 0) {
    say(`  the first of its ${1 + others.length} trainings; another one: --system ${others[0].name}\n`);
  }
  const { folder, recipe } = experiment;
  const modelDir = join(folder, 'average', run.name);
  if (!existsSync(modelDir)) {
    throw new UserError(
      `${modelDir}: there is no averaged model of ${run.name} yet\n  make it with: acanet average --recipe ${recipe.name} --model ${run.name}`,
    );
  }
  const [{ explainRecipe }, { prepFiles }] = await Promise.all([
    import('../recipe/run-recipe.js'),
    import('../recipe/artifacts/prep.js'),
  ]);
  const stage = `average/${run.name}`;
  const { plans } = explainRecipe({ experiment, targets: [stage] });
  const changed = plans.filter(({ action }) => action !== 'skip');
  if (changed.length > 0) {
    const [first] = changed;
    say(`! ${modelDir} was made under other settings: ${first.stage} is out of date (${first.reasons.join('; ')})\n`);
  }
  return {
    modelDir,
    engine: recipe.engine,
    manifest: prepFiles(join(folder, 'prep')).manifest,
  };
}

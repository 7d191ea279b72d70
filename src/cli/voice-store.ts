/** @file `acanet enroll` and `acanet identify`: a store of voices, and whose a recording is. */
import { Option, type Command } from 'commander';
import type { RatePolicy } from '../features/options.js';
import { costsOf, withCostOptions, type CostFlags } from './cost-options.js';
import { findModel } from './model-folder.js';
import { wholeNumber } from './number-flag.js';
import { otherRatesOption } from './other-rates-option.js';
import { print, printJson } from './output.js';
import { engineOf, withExamples, withRecipeOptions, type RecipeFlags } from './recipe-options.js';

interface StoreFlags extends RecipeFlags {
  store: string;
  model?: string;
  channel?: string;
  otherRates?: RatePolicy;
}

interface EnrollFlags extends StoreFlags {
  add?: boolean;
  replace?: boolean;
}

interface IdentifyFlags extends StoreFlags, CostFlags {
  candidates: string;
}

const withStoreOptions = (command: Command, model: string): Command =>
  command
    .requiredOption('--store <dir>', 'the folder of enrolled voices')
    .option('--model <name|dir>', model)
    .option('--channel <n>', 'which channel of the files, from 0, where they have several')
    .addOption(otherRatesOption('audio of another sample rate than the model (default: as in its training)'));

export function addEnroll(program: Command): void {
  const command = program
    .command('enroll')
    .description('enroll a voice from recordings of one speaker, into a store')
    .argument('<name>', 'whose voice it is')
    .argument('<files...>', 'audio files: the more and the longer, the better; 10 s of speech are good');
  withStoreOptions(command, 'a system of the recipe (default: its model); or a model folder')
    .addOption(new Option('--add', 'the voice is there, and gets these recordings too').conflicts('replace'))
    .option('--replace', 'the voice is there, and gets these recordings instead of its own');
  withExamples(
    withRecipeOptions(command),
    "acanet enroll 'Ada Lovelace' ada1.wav ada2.wav --store voices --model exp/demo/model/aca-net",
  ).action(async (name: string, files: string[], flags: EnrollFlags) => {
    const channel = wholeNumber('--channel', flags.channel, { from: 0 });
    const { modelDir, engine } = await findModel(flags);
    const [{ openVoiceModel }, { enrollVoice }, { describeEnrolled }] = await Promise.all([
      import('../tasks/voices/voice-model.js'),
      import('../tasks/voices/enroll-voice.js'),
      import('../tasks/voices/describe-voices.js'),
    ]);
    const model = await openVoiceModel({ modelDir, engine, otherRates: flags.otherRates });
    try {
      const existing = flags.add ? 'add' : flags.replace ? 'replace' : 'refuse';
      const enrolled = await enrollVoice({ model, store: flags.store, name, files, channel, existing });
      if (flags.json) printJson(enrolled);
      else print(describeEnrolled(enrolled));
    } finally {
      await model.close();
    }
  });
}

export function addIdentify(program: Command): void {
  const command = program
    .command('identify')
    .description('whose voice a recording is, of those in a store, or nobody there')
    .argument('<file>', 'an audio file');
  withStoreOptions(command, 'the model that the store was made with, where it has moved (default: as the store says)');
  command.option('--candidates <n>', 'how many voices to show', '5');
  withCostOptions(command, { prior: '0.5', about: 'how likely it is that the speaker is enrolled at all' });
  withExamples(withRecipeOptions(command), 'acanet identify unknown.wav --store voices').action(
    async (file: string, flags: IdentifyFlags) => {
      const costs = costsOf(flags);
      const most = wholeNumber('--candidates', flags.candidates);
      const channel = wholeNumber('--channel', flags.channel, { from: 0 });
      const { store } = flags;
      const [{ openVoiceModel }, { identifyVoice }, { modelOfStore, readStore }, { describeIdentified }] =
        await Promise.all([
          import('../tasks/voices/voice-model.js'),
          import('../tasks/voices/identify-voice.js'),
          import('../tasks/voices/voice-store.js'),
          import('../tasks/voices/describe-voices.js'),
        ]);
      const voices = readStore(store);
      const named = flags.model !== undefined || flags.recipe !== undefined;
      const { modelDir, engine } = named
        ? await findModel(flags)
        : { modelDir: modelOfStore(voices, store), engine: await engineOf(flags) };
      const model = await openVoiceModel({ modelDir, engine, otherRates: flags.otherRates });
      try {
        const identified = await identifyVoice({ model, voices, store, file, channel, costs });
        if (flags.json) printJson(identified);
        else print(describeIdentified(identified, most));
      } finally {
        await model.close();
      }
    },
  );
}

/** @file `acanet embed`: audio or features → embeddings under the same keys. */
import { Option, type Command } from 'commander';
import type { RatePolicy } from '../features/options.js';
import type { EmbeddingFormat } from '../tasks/embedding/embedding-formats.js';
import { listenForInterruption } from './interruption.js';
import { otherRatesOption } from './other-rates-option.js';
import { findModel } from './model-folder.js';
import { createTalk, print, printJson } from './output.js';
import { withExamples, withRecipeOptions, type RecipeFlags } from './recipe-options.js';

interface EmbedFlags extends RecipeFlags {
  model: string;
  out: string;
  asIs?: boolean;
  format: EmbeddingFormat;
  otherRates?: RatePolicy;
}

export function addEmbed(program: Command): void {
  const command = program
    .command('embed')
    .description('embed utterances, each whole and by itself, with a trained model')
    .argument('<input...>', 'audio files, a manifest (.jsonl), wav.scp, feats.scp, or a feature archive (.ark)')
    .requiredOption('--model <name|dir>', 'a system of the recipe; or a model folder, such as exp/demo/average/aca-net')
    .requiredOption('--out <file>', 'the file to write, such as X.ark')
    .option('--as-is', 'features are normalised already')
    .addOption(otherRatesOption('audio of another sample rate than the model (default: as in its training)'))
    .addOption(
      new Option('--format <format>', 'ark (Kaldi, with .scp), text (Kaldi), or npy (with .keys)')
        .choices(['ark', 'text', 'npy'])
        .default('ark'),
    );
  withExamples(
    withRecipeOptions(command),
    'acanet embed a.wav --model aca-net --recipe demo --out embeddings.ark',
    'acanet embed a.wav b.flac --model exp/demo/average/aca-net --out embeddings.ark',
  ).action(async (inputs: string[], flags: EmbedFlags) => {
    const [{ embedInputs }, { embeddingFiles, writeEmbeddingsAs }] = await Promise.all([
      import('../tasks/embedding/embed-files.js'),
      import('../tasks/embedding/embedding-formats.js'),
    ]);
    embeddingFiles(flags.format, flags.out, inputs);
    const { modelDir, engine } = await findModel(flags);
    const talk = createTalk();
    const embeddings = await embedInputs({
      ...talk,
      inputs,
      modelDir,
      engine,
      asIs: flags.asIs ?? false,
      otherRates: flags.otherRates,
      signal: listenForInterruption(),
    });
    talk.stop();
    const written = writeEmbeddingsAs(flags.format, flags.out, embeddings);
    if (flags.json) printJson({ embeddings: embeddings.size, files: written });
    else print(written.join('\n'));
  });
}

/** @file `acanet export`: a trained model as one ONNX file for other programs. */
import { Option, type Command } from 'commander';
import type { ExportInput } from '../tasks/export/exported-graph.js';
import { listenForInterruption } from './interruption.js';
import { findModel } from './model-folder.js';
import { createTalk, print, printJson, say } from './output.js';
import { withExamples, withRecipeOptions, type RecipeFlags } from './recipe-options.js';

interface ExportFlags extends RecipeFlags {
  out: string;
  input: ExportInput;
  quantize?: 'int8';
  audio?: string[];
}

export function addExport(program: Command): void {
  const command = program
    .command('export')
    .description('write a trained model as one ONNX file, compared with the model on speech')
    .argument('<model>', 'a system of the recipe; or a model folder, such as exp/demo/average/aca-net')
    .requiredOption('--out <file>', 'the file to write, such as X.onnx')
    .addOption(
      new Option('--input <kind>', 'fbank: filterbank features, not normalised; audio: samples, features in the file')
        .choices(['fbank', 'audio'])
        .default('fbank'),
    )
    .addOption(
      new Option('--quantize <kind>', 'int8: weights of 8 bits in place of 32; says what that costs').choices(['int8']),
    )
    .option('--audio <file...>', "speech to compare on (default: the recipe's, else artificial voices)");
  withExamples(
    withRecipeOptions(command),
    'acanet export aca-net --recipe demo --out aca-net.onnx',
    'acanet export exp/demo/average/aca-net --input audio --quantize int8 --out aca-net.onnx',
  ).action(async (model: string, flags: ExportFlags) => {
    const [{ exportModel }, { trialsBeside }] = await Promise.all([
      import('../tasks/export/export-model.js'),
      import('../recipe/artifacts/prep.js'),
    ]);
    const { modelDir, engine } = await findModel({ ...flags, model });
    const talk = createTalk();
    const int8 = flags.quantize === 'int8';
    const { manifest, development } = trialsBeside(modelDir, { development: int8 });
    const exported = await exportModel({
      ...talk,
      ...{ modelDir, engine, manifest, development, int8 },
      out: flags.out,
      input: flags.input,
      audio: flags.audio ?? [],
      signal: listenForInterruption(),
    });
    talk.stop();
    if (flags.json) return printJson(exported);
    const { describeExport, describeSherpaOnnx } = await import('../tasks/export/describe-export.js');
    print(describeExport(exported));
    const warning = describeSherpaOnnx(exported);
    if (warning !== undefined) say(warning);
  });
}

/** @file `acanet export`: a trained model as one ONNX file for other programs. */
import { Option, type Command } from 'commander';
import { shellWord } from '../command-line.js';
import type { ExportInput } from '../tasks/export/exported-graph.js';
import { listenForInterruption } from './interruption.js';
import { findModel } from './model-folder.js';
import { createTalk, print, printJson, say } from './output.js';
import { withExamples, withRecipeOptions, type RecipeFlags } from './recipe-options.js';

interface ExportFlags extends RecipeFlags {
  out?: string;
  page?: string;
  input: ExportInput;
  quantize?: 'int8';
  audio?: string[];
}

export function addExport(program: Command): void {
  const command = program
    .command('export')
    .description('write a trained model as one ONNX file, compared with the model on speech; or as a page for browsers')
    .argument('<model>', 'a system of the recipe; or a model folder, such as exp/demo/average/aca-net')
    .option('--out <file>', 'the file to write, such as X.onnx')
    .option('--page <dir>', 'a folder to write: a page that compares voices in the browser, for any web server')
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
    'acanet export aca-net --recipe demo --page voices',
  ).action(async (model: string, flags: ExportFlags) => {
    const { UserError } = await import('../errors.js');
    if ((flags.out === undefined) === (flags.page === undefined)) {
      throw new UserError('expected --out FILE.onnx for one file, or --page DIR for a page');
    }
    if (flags.out === undefined) return exportPage(model, flags.page!, flags);
    const { out } = flags;
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
      out,
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

async function exportPage(model: string, page: string, flags: ExportFlags): Promise<void> {
  const { UserError } = await import('../errors.js');
  const unused = { '--quantize': flags.quantize, '--audio': flags.audio, '--input audio': flags.input === 'audio' || undefined }; // prettier-ignore
  const clash = Object.entries(unused).find(([, value]) => value !== undefined);
  if (clash) throw new UserError(`--page and ${clash[0]} exclude each other: a page computes its own features`);
  const [{ writePage }, { formatBytes }] = await Promise.all([
    import('../tasks/page/write-page.js'),
    import('../report/text/number-format.js'),
  ]);
  const { modelDir } = await findModel({ ...flags, model });
  const written = await writePage(modelDir, page);
  if (flags.json) return printJson(written);
  print(`${page}: ${written.files} files, ${formatBytes(written.bytes)}`);
  say(
    `  to look at it, give the folder to a web server: python3 -m http.server --bind localhost --directory ${shellWord(page)}`,
  );
}

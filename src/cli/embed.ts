/** @file `acanet embed`: audio or features → embeddings under the same keys. */
import { Option, type Command } from 'commander';
import { UserError } from '../errors.js';
import type { RatePolicy } from '../features/options.js';
import type { EmbeddingFormat } from '../tasks/embedding/embedding-formats.js';
import { listenForInterruption } from './interruption.js';
import { otherRatesOption } from './other-rates-option.js';
import { findModel, findModelForJobs } from './model-folder.js';
import { numberBetween } from './number-flag.js';
import { createTalk, print, printJson } from './output.js';
import { withExamples, withExecutorOptions, withRecipeOptions, type RecipeFlags } from './recipe-options.js';

interface EmbedFlags extends RecipeFlags {
  model: string;
  out: string;
  asIs?: boolean;
  format: EmbeddingFormat;
  otherRates?: RatePolicy;
  window?: string;
  hop?: string;
  rttm?: string;
}

export function addEmbed(program: Command): void {
  const command = program
    .command('embed')
    .description('embed utterances, each whole and by itself, or windows of recordings, with a trained model')
    .argument(
      '<input...>',
      'audio files, folders, a manifest (.jsonl), wav.scp, feats.scp, or a feature archive (.ark)',
    )
    .requiredOption('--model <name|dir>', 'a system of the recipe; or a model folder, such as exp/demo/model/aca-net')
    .requiredOption('--out <file>', 'the file to write, such as X.ark')
    .option('--as-is', 'features are normalised already')
    .addOption(otherRatesOption('audio of another sample rate than the model (default: as in its training)'))
    .addOption(
      new Option('--format <format>', 'ark (Kaldi, with .scp), text (Kaldi), npy (with .keys), or csv')
        .choices(['ark', 'text', 'npy', 'csv'])
        .default('ark'),
    )
    .option('--window <seconds>', 'embed windows of this length, for diarisation; their places go into X.segments')
    .option('--hop <seconds>', 'from the start of a window to that of the next (default: half a window)')
    .option('--rttm <file>', 'windows lie in the turns of this file only');
  withExamples(
    withRecipeOptions(withExecutorOptions(command)),
    'acanet embed a.wav --model aca-net --recipe demo --out embeddings.ark',
    'acanet embed a.wav b.flac --model exp/demo/model/aca-net --out embeddings.ark',
    'acanet embed corpus.jsonl --model my-model --out corpus.scp --executor slurm',
    'acanet embed meeting.wav --model my-model --window 1.5 --hop 0.75 --rttm speech.rttm --out windows.csv --format csv',
  ).action(async (inputs: string[], flags: EmbedFlags) => {
    const [{ embedInputs }, { embeddingFiles, writeEmbeddingsAs }] = await Promise.all([
      import('../tasks/embedding/embed-files.js'),
      import('../tasks/embedding/embedding-formats.js'),
    ]);
    const windows = windowOptions(flags);
    if (flags.executor !== undefined && flags.executor !== 'local') return await embedInJobs(inputs, flags, windows);
    if (flags.dryRun) throw new UserError('--dry-run shows jobs: say which with --executor slurm or command');
    const given = [...inputs, ...(flags.rttm === undefined ? [] : [flags.rttm])];
    const outputs = embeddingFiles(flags.format, flags.out, given, { windows: windows !== undefined });
    const { modelDir, engine } = await findModel(flags);
    const talk = createTalk();
    const common = {
      ...talk,
      inputs,
      outputs,
      modelDir,
      engine,
      otherRates: flags.otherRates,
      signal: listenForInterruption(),
    };
    if (windows) {
      const [{ embedWindows }, { writeWindowsAs }] = await Promise.all([
        import('../tasks/embedding/embed-windows.js'),
        import('../tasks/embedding/embedding-formats.js'),
      ]);
      const rows = await embedWindows({ ...common, ...windows, rttm: flags.rttm });
      talk.stop();
      const files = writeWindowsAs(flags.format, flags.out, rows);
      if (flags.json) printJson({ embeddings: rows.length, files });
      else print(files.join('\n'));
      return;
    }
    const embeddings = await embedInputs({ ...common, asIs: flags.asIs ?? false });
    talk.stop();
    const written = writeEmbeddingsAs(flags.format, flags.out, embeddings);
    if (flags.json) printJson({ embeddings: embeddings.size, files: written });
    else print(written.join('\n'));
  });
}

async function embedInJobs(inputs: string[], flags: EmbedFlags, windows: object | undefined): Promise<void> {
  if (windows) throw new UserError('--window: windows are embedded on this machine only; leave --executor out');
  if (flags.format !== 'ark') throw new UserError(`--format ${flags.format}: jobs write Kaldi archives only (ark)`);
  const { embedInJobs: embed } = await import('../recipe/embed-in-jobs.js');
  const { modelDir, engine, executor } = await findModelForJobs(flags);
  const talk = createTalk();
  try {
    const embeddings = await embed({
      ...{ ...talk, inputs, modelDir, engine, executor, out: flags.out },
      ...{ asIs: flags.asIs ?? false, otherRates: flags.otherRates },
      signal: listenForInterruption({ goesOn: true, elsewhere: true }),
      ...(flags.dryRun && { dryRun: print }),
    });
    talk.stop();
    if (embeddings === undefined) return;
    if (flags.json) printJson({ embeddings, files: [flags.out] });
    else print(flags.out);
  } finally {
    talk.stop();
  }
}

/** Frames come every 10 ms. */
const SHORTEST_HOP = 0.009;

/** @throws UserError for lengths that are none, and for options of windows without a window */
function windowOptions({ window, hop, rttm, asIs }: EmbedFlags): { window: number; hop: number } | undefined {
  if (window === undefined) {
    const [alone] = [hop !== undefined && '--hop', rttm !== undefined && '--rttm'].filter(Boolean);
    if (alone) throw new UserError(`${alone} is for windows: say how long they are with --window, such as 1.5`);
    return undefined;
  }
  if (asIs) throw new UserError('--as-is is for features, and windows are cut from audio');
  const length = numberBetween('--window', window, { above: 0 });
  return { window: length, hop: hop === undefined ? length / 2 : numberBetween('--hop', hop, { above: SHORTEST_HOP }) };
}

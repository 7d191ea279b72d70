/** @file `acanet audio convert`: any readable audio → 16-bit WAV, one file or a corpus. */
import { existsSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { audioExtensions } from '../audio/formats.js';
import { UserError } from '../errors.js';
import { listenForInterruption } from './interruption.js';
import { wholeNumber } from './number-flag.js';
import { createTalk, print, printJson, say } from './output.js';
import { withExamples } from './recipe-options.js';

interface ConvertFlags {
  rate?: string;
  channel?: string;
  jobs?: string;
  json?: boolean;
}

export function addAudioConvert(audio: Command): void {
  const convert = audio
    .command('convert')
    .description('write audio as 16-bit WAV, one channel: a file, or all files of folders, lists or a manifest')
    .usage('[options] <in> <out.wav>\n       acanet audio convert [options] <in...> <folder>')
    .argument(
      '<in...>',
      'files, folders, lists of paths (.txt, .lst, .list), wav.scp, or a manifest (.jsonl); last, the file or folder to write',
    )
    .option('--rate <hertz>', "sample rate to write (default: each file's own)")
    .option('--channel <n>', 'the channel to read, from 0; needed where there are several')
    .option('--jobs <n>', 'files at the same time (default: as many as the machine runs at once)')
    .option('--json', 'print results as JSON');
  withExamples(
    convert,
    'acanet audio convert a.wv1 a.wav --rate 8000',
    'acanet audio convert /data/voxceleb2/dev /data/voxceleb2-wav',
    'acanet audio convert manifest.jsonl wav --rate 16000',
  ).action(async (paths: string[], { rate, channel, jobs, json }: ConvertFlags) => {
    const out = paths.at(-1)!;
    const inputs = paths.slice(0, -1);
    if (inputs.length === 0) {
      throw new UserError(`${out}: expected what to read and then what to write; only one name is given`);
    }
    const options = {
      sampleRate: wholeNumber('--rate', rate),
      channel: wholeNumber('--channel', channel, { from: 0 }),
    };
    const ending = audioExtensions.find((extension) => out.toLowerCase().endsWith(extension));
    if (ending === undefined) await convertMany(inputs, out, { ...options, jobs: wholeNumber('--jobs', jobs), json });
    else if (ending !== '.wav') {
      throw new UserError(`${out}: expected a folder, or a name that ends in .wav: WAV is what is written`);
    } else if (inputs.length > 1) {
      throw new UserError(`${out}: ${inputs.length} inputs make as many files; name a folder to write them to`);
    } else await convertOne(inputs[0], out, { ...options, json });
  });
}

interface ConvertOptions {
  sampleRate?: number;
  channel?: number;
  json?: boolean;
}

async function convertOne(input: string, output: string, { json, ...options }: ConvertOptions): Promise<void> {
  const { convertToWav } = await import('../audio/convert.js');
  // `convert *.wav` where there are two: the second is a recording, and no name of what to write.
  const { realPath } = await import('../storage/overwriting.js');
  if (existsSync(output) && statSync(output).isFile() && realPath(input) !== realPath(output)) {
    throw new UserError(`${output}: is there already\n  remove it first, or name another file or a folder`);
  }
  const written = await convertToWav(input, output, options);
  if (written.clipped > 0) {
    say(`! ${output}: ${written.clipped} of ${written.frames} samples were too loud and are clipped\n`);
  }
  if (json) printJson({ file: output, ...written });
  else print(output);
}

async function convertMany(
  paths: string[],
  out: string,
  { json, ...options }: ConvertOptions & { jobs?: number },
): Promise<void> {
  const { convertFiles } = await import('../tasks/conversion/convert-files.js');
  const talk = createTalk();
  const signal = listenForInterruption({ goesOn: true });
  const summary = await convertFiles({ ...options, ...talk, paths, out, signal }).finally(talk.stop);
  const { files, converted, kept, failed, hours, manifest } = summary;
  talk.log(
    `${files} files: ${converted} converted, ${kept} there already, ${failed.length} failed; ${hours.toFixed(2)} h`,
  );
  if (json) printJson(summary);
  else print([out, ...(manifest === undefined ? [] : [manifest])].join('\n'));
  if (failed.length > 0) throw new UserError(`${failed.length} of ${files} files cannot be converted`);
}

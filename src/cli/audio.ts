/**
 * @file `acanet audio info`: what audio files are, and with --verify whether they are whole; `acanet audio convert`:
 * any readable audio → 16-bit WAV.
 */
import type { Command } from 'commander';
import type { AudioInfo } from '../audio/audio-format.js';
import { UserError, messageOf } from '../errors.js';
import { wholeNumber } from './number-flag.js';
import { print, printJson, say } from './output.js';
import { withExamples } from './recipe-options.js';

interface ConvertFlags {
  rate?: string;
  channel?: string;
  json?: boolean;
}

export function addAudio(program: Command): void {
  const command = program.command('audio').description('say what audio files are; convert them to WAV');
  withExamples(command, 'acanet audio info a.wav b.flac', 'acanet audio convert a.mp3 a.wav --rate 16000');

  const info = command
    .command('info')
    .description('format, sample rate, channels and length of audio files; goes on over files that cannot be read')
    .argument('<files...>', 'audio files of any format; which one is seen by the content, not by the name')
    .option('--verify', 'decode everything and compare it with checksums and lengths; without it only headers are read')
    .option('--json', 'print results as JSON');
  withExamples(info, 'acanet audio info a.wav b.flac c.wv1', 'acanet audio info --verify *.flac').action(showInfo);

  const convert = command
    .command('convert')
    .description('write one channel of an audio file as 16-bit WAV')
    .argument('<in>', 'the audio file to read')
    .argument('<out.wav>', 'the file to write')
    .option('--rate <hertz>', "sample rate to write (default: the file's own)")
    .option('--channel <n>', 'the channel to read, from 0; needed where there are several')
    .option('--json', 'print results as JSON');
  withExamples(convert, 'acanet audio convert a.wv1 a.wav --rate 8000').action(convertFile);
}

/** `verified`: what was compared; absent where only the header was read. */
type ShownInfo = { file: string; verified?: string } & AudioInfo;

async function showInfo(files: string[], { json, verify }: { json?: boolean; verify?: boolean }): Promise<void> {
  const look: (file: string) => Promise<AudioInfo & { verified?: string }> = verify
    ? (await import('../audio/verify.js')).verifyAudio
    : (await import('../audio/probe.js')).probeAudio;
  const results: (ShownInfo | { file: string; error: string })[] = [];
  for (const file of files) {
    results.push(
      await look(file).then(
        (info) => ({ file, ...info }),
        (error: unknown) => {
          if (!(error instanceof UserError)) throw error;
          return { file, error: messageOf(error) };
        },
      ),
    );
  }
  const good = results.filter((result) => 'frames' in result);
  const bad = results.filter((result) => 'error' in result);
  if (json) printJson(results);
  else if (good.length > 0) print(await infoTable(good, { verify }));
  for (const { error } of bad) say(`✖ ${error}\n`);
  if (bad.length > 0) throw new UserError(`${bad.length} of ${files.length} files cannot be read`);
}

async function infoTable(infos: ShownInfo[], { verify = false }: { verify?: boolean }): Promise<string> {
  const { formatTable } = await import('../report/text/table.js');
  return formatTable(
    [
      { title: 'file' },
      { title: 'format' },
      { title: 'encoding' },
      { title: 'Hz', align: 'right' },
      { title: 'channels', align: 'right' },
      { title: 'samples', align: 'right' },
      { title: 'seconds', align: 'right' },
      ...(verify ? [{ title: 'verified' }] : []),
    ],
    infos.map(({ file, format, encoding, sampleRate, channels, frames, duration, verified }) => [
      file,
      format,
      encoding,
      `${sampleRate}`,
      `${channels}`,
      `${frames}`,
      duration.toFixed(3),
      ...(verify ? [verified ?? ''] : []),
    ]),
  );
}

async function convertFile(input: string, output: string, { rate, channel, json }: ConvertFlags): Promise<void> {
  if (!/\.wav$/i.test(output))
    throw new UserError(`${output}: expected a name that ends in .wav: WAV is what is written`);
  const sampleRate = wholeNumber('--rate', rate);
  const { convertToWav } = await import('../audio/convert.js');
  const written = await convertToWav(input, output, {
    sampleRate,
    channel: wholeNumber('--channel', channel, { from: 0 }),
  });
  if (written.clipped > 0) {
    say(`! ${output}: ${written.clipped} of ${written.frames} samples were too loud and are clipped\n`);
  }
  if (json) printJson({ file: output, ...written });
  else print(output);
}

/** @file `acanet audio info`: what audio files are, and with --verify whether they are whole. */
import type { Command } from 'commander';
import type { AudioInfo } from '../audio/audio-format.js';
import { UserError, messageOf } from '../errors.js';
import { addAudioConvert } from './audio-convert.js';
import { print, printJson, say } from './output.js';
import { withExamples } from './recipe-options.js';

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

  addAudioConvert(command);
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

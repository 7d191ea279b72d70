/**
 * @file How Kaldi, which reads WAV only, is given other audio: the command that its recipes have in `wav.scp` for a
 * format. Files are told by their first bytes, as a WSJ0 or TIMIT file named .wav may be SPHERE; by their names where
 * they cannot be read.
 */
import { closeSync, openSync } from 'node:fs';
import { extname } from 'node:path';
import { shellWord } from '../../command-line.js';
import { readAt } from '../../storage/read-at.js';

/**
 * A command that writes the file as WAV to its standard output; undefined for WAV.
 * @param sampleRate of the manifest; ffmpeg would give 48 kHz for Opus, whatever it was made from
 */
export function kaldiCommand(path: string, sampleRate: number): string | undefined {
  const file = shellWord(path);
  switch (kindOf(path)) {
    case 'wav':
      return undefined;
    case 'flac':
      return `flac -c -d -s ${file}`;
    case 'sphere':
      return `sph2pipe -f wav -p ${file}`;
    default:
      return `ffmpeg -v 8 -i ${file} -ar ${sampleRate} -f wav -acodec pcm_s16le -`;
  }
}

const magic: Readonly<Record<string, string>> = { RIFF: 'wav', fLaC: 'flac', NIST: 'sphere' };
const extensions: Readonly<Record<string, string>> = {
  ...{ '.wav': 'wav', '.wave': 'wav', '.flac': 'flac' },
  ...{ '.sph': 'sphere', '.wv1': 'sphere', '.wv2': 'sphere' },
};

function kindOf(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return extensions[extname(path).toLowerCase()]; // a manifest may be of another machine's files
  }
  try {
    return magic[readAt(file, 0, 4).toString('latin1')];
  } finally {
    closeSync(file);
  }
}

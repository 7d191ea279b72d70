/** @file One channel of any readable audio file, or a piece of it, at any sample rate, as a 16-bit WAV file. */
import { statSync } from 'node:fs';
import { UserError } from '../errors.js';
import { readAudio, type ReadAudioOptions } from './read.js';
import { writeWav } from './write-wav.js';

export interface Conversion {
  sampleRate: number;
  /** Samples written. */
  frames: number;
  /** Of them, those beyond what 16 bits can hold. */
  clipped: number;
}

/**
 * Writes `input`, or a piece of it, to `output`, whole or not at all; what `output` held before is replaced.
 * @throws UserError naming the file: what `readAudio` and `writeWav` throw, or both paths being the same file
 */
export async function convertToWav(input: string, output: string, piece: ReadAudioOptions = {}): Promise<Conversion> {
  const [from, to] = [input, output].map(identityOf);
  if (from !== undefined && from === to) {
    throw new UserError(`${output}: is the file that is to be read; give the result another name`);
  }
  const audio = await readAudio(input, piece);
  const { clipped } = writeWav(output, audio.samples, audio.sampleRate);
  return { sampleRate: audio.sampleRate, frames: audio.samples.length, clipped };
}

/** The same for all names of a file; undefined where there is none. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined; // reading or writing it will say why
  }
}

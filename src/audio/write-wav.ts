/** @file 16-bit mono WAV, through node-wav. */
import { createRequire } from 'node:module';
import { UserError } from '../errors.js';
import { writeFileAtomic } from '../storage/atomic-write.js';

/** The part of node-wav that is used; the package brings no types. */
const { encode } = createRequire(import.meta.url)('node-wav') as {
  encode(channels: Float64Array[], options: { sampleRate: number; bitDepth: 16 }): Buffer;
};

/**
 * Writes samples as `encodeWav` makes them.
 * @returns how many samples were clipped
 * @throws UserError naming the file if it cannot be written or a sample is not a number
 */
export function writeWav(path: string, samples: Float32Array, sampleRate: number): { clipped: number } {
  const { wav, clipped } = encodeWav(samples, sampleRate, path);
  writeFileAtomic(path, wav);
  return { clipped };
}

/**
 * Samples in −1 … 1 as 16-bit mono WAV: each becomes round(32768·x), clipped to −32768 … 32767, so that what
 * `readAudio` gives for a 16-bit file is written back bit for bit.
 * @param where names the audio in messages
 * @throws UserError if a sample is not a number
 */
export function encodeWav(samples: Float32Array, sampleRate: number, where: string): { wav: Buffer; clipped: number } {
  const values = new Float64Array(samples.length);
  let clipped = 0;
  for (let i = 0; i < samples.length; i++) {
    const wanted = Math.round(samples[i] * 32768);
    const rounded = Math.max(-32768, Math.min(32767, wanted));
    if (rounded !== wanted) clipped++;
    if (Number.isNaN(rounded)) throw new UserError(`${where}: cannot write sample ${i}, which is not a number`);
    // NOTE: node-wav scales positive values by 32767 and negative ones by 32768 and cuts the fraction off; the half
    // keeps its result on the integer that is meant.
    values[i] = rounded > 0 ? (rounded + 0.5) / 32767 : rounded / 32768;
  }
  return { wav: encode([values], { sampleRate, bitDepth: 16 }), clipped };
}

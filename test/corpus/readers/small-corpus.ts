/** @file A small corpus of WAV files made at test time, and manifest records of them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeWav } from '../../../src/audio/write-wav.js';
import type { Utterance } from '../../../src/corpus/manifest/manifest.js';
import { keyedRandom } from '../../../src/random.js';

export const RATE = 8000;

/** Noise of the given level, different for each name. */
export function noise(name: string, seconds: number, amplitude = 0.1): Float32Array {
  const random = keyedRandom(1, name);
  return Float32Array.from({ length: Math.round(seconds * RATE) }, () => amplitude * (2 * random.uniform() - 1));
}

/** Writes `folder/id.wav` and gives its manifest record. */
export function recording(
  folder: string,
  id: string,
  {
    seconds = 1,
    samples = noise(id, seconds),
    ...fields
  }: { seconds?: number; samples?: Float32Array } & Partial<Utterance> = {},
): Utterance {
  const path = join(folder, `${id}.wav`);
  mkdirSync(dirname(path), { recursive: true });
  writeWav(path, samples, RATE);
  return {
    id,
    speaker: id.split('/')[0],
    path,
    duration: samples.length / RATE,
    sampleRate: RATE,
    channels: 1,
    corpus: 'small',
    split: 'train',
    ...fields,
  };
}

/** Writes 32-bit float WAV, which may hold what 16 bits cannot. */
export function writeFloatWav(path: string, samples: Float32Array, { channels = 1, rate = RATE } = {}): void {
  const head = Buffer.alloc(44);
  const bytes = samples.length * 4;
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + bytes, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(3, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * channels * 4, 28);
  head.writeUInt16LE(channels * 4, 32);
  head.writeUInt16LE(32, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(bytes, 40);
  writeFileSync(path, Buffer.concat([head, Buffer.from(samples.buffer, samples.byteOffset, bytes)]));
}

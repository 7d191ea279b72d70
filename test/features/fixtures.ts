/** @file The reference features of test/fixtures/audio_features, and how far ours may be from them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors } from '../../src/storage/safetensors.js';

// Tests run from the project's folder; compiled tests lie elsewhere than the fixtures.
const folder = join(process.cwd(), 'test/fixtures/audio_features');
const tensors = readSafetensors(join(folder, 'features.safetensors'));

export const cases = JSON.parse(readFileSync(join(folder, 'features.json'), 'utf8')) as {
  kaldi: { tensor: string; wav: string; input_scale: string; args: Record<string, number | string | boolean> }[];
  speechbrain: { prefix: string; wav: string; fbank: { sample_rate: number; n_fft: number } }[];
};

export const wavPath = (name: string) => join(folder, name);

export function tensor(name: string): { shape: readonly number[]; data: Float32Array } {
  const { shape, data } = tensors[name];
  if (!(data instanceof Float32Array)) throw new Error(`${name} is not float32`);
  return { shape, data };
}

/** Largest and mean absolute difference. */
export function deviation(got: Float32Array, expected: Float32Array): { worst: number; mean: number } {
  if (got.length !== expected.length) throw new Error(`${got.length} values, expected ${expected.length}`);
  let [worst, sum] = [0, 0];
  for (let i = 0; i < got.length; i++) {
    const difference = Math.abs(got[i] - expected[i]);
    if (!(difference <= worst)) worst = difference;
    sum += difference;
  }
  return { worst, mean: sum / got.length };
}

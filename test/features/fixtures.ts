/** @file The reference features of test/fixtures/audio_features, and how far ours may be from them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FeatureOptions, featureOptions } from '../../src/features/options.js';
import { readSafetensors } from '../../src/storage/safetensors.js';

// Tests run from the project's folder; compiled tests lie elsewhere than the fixtures.
const folder = join(process.cwd(), 'test/fixtures/audio_features');
const tensors = readSafetensors(join(folder, 'features.safetensors'));

export const cases = JSON.parse(readFileSync(join(folder, 'features.json'), 'utf8')) as {
  kaldi: { tensor: string; wav: string; input_scale: string; args: Record<string, number | string | boolean> }[];
  speechbrain: { prefix: string; wav: string; fbank: { sample_rate: number; n_fft: number } }[];
};

/** torchaudio's names for our options. */
const names: Record<string, string> = {
  sample_frequency: 'sampleRate',
  window_type: 'window',
  use_energy: 'useEnergy',
  snip_edges: 'snipEdges',
  low_freq: 'lowFreq',
  high_freq: 'highFreq',
  use_power: 'usePower',
  remove_dc_offset: 'removeDcOffset',
  preemphasis_coefficient: 'preemphasis',
  num_mel_bins: 'bins',
  frame_length: 'frameLength',
  frame_shift: 'frameShift',
};

/** The features that a case of torchaudio's was made with. */
export function kaldiOptions({ args, input_scale: scale }: (typeof cases.kaldi)[number]): FeatureOptions {
  const given = Object.entries(args).filter(([key]) => key !== 'dither');
  return featureOptions.parse({
    ...Object.fromEntries(given.map(([key, value]) => [names[key], value])),
    inputScale: scale === 'int16/32768' ? 1 : 32768,
  });
}

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

/** @file Signals for the tests of augmentation. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { keyedRandom } from '../../../src/random.js';

/** Normally distributed samples. */
export function whiteNoise(length: number, name: string, deviation = 0.1): Float32Array<ArrayBuffer> {
  const random = keyedRandom(1, name);
  return Float32Array.from({ length }, () => deviation * random.normal());
}

export function sine(
  length: number,
  frequency: number,
  sampleRate: number,
  amplitude = 0.5,
): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    { length },
    (_, i) => amplitude * Math.sin((2 * Math.PI * frequency * (i + 0.25)) / sampleRate),
  );
}

/** Energy in dB. */
export function decibels(samples: Float32Array): number {
  return 10 * Math.log10(samples.reduce((sum, value) => sum + value * value, 0));
}

/** The part of a clip that no edge of a filter reaches. */
export function inner(samples: Float32Array, margin = 1000): Float32Array {
  return samples.subarray(margin, samples.length - margin);
}

/** Frequency of a sine in Hz, from its first to its last rise through zero. */
export function frequencyOf(samples: Float32Array, sampleRate: number): number {
  const rises: number[] = [];
  for (let i = 1; i < samples.length; i++) {
    if (samples[i - 1] < 0 && samples[i] >= 0) rises.push(i - samples[i] / (samples[i] - samples[i - 1]));
  }
  return ((rises.length - 1) * sampleRate) / (rises[rises.length - 1] - rises[0]);
}

/** The delay, within ±reach samples, at which `delayed` is most like `original`. */
export function delayOf(delayed: Float32Array, original: Float32Array, reach: number): number {
  let best = { delay: 0, product: -Infinity };
  for (let delay = -reach; delay <= reach; delay++) {
    let product = 0;
    for (let i = reach; i < original.length - reach; i++) product += delayed[i + delay] * original[i];
    if (product > best.product) best = { delay, product };
  }
  return best.delay;
}

/** Writes a WAV file of 32-bit floats, so that several channels and values beyond 16 bits can be tested. */
export function writeFloatWav(path: string, channels: readonly Float32Array[], sampleRate: number): void {
  const frames = channels[0].length;
  const bytes = Buffer.alloc(44 + frames * channels.length * 4);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(3, 20);
  bytes.writeUInt16LE(channels.length, 22);
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(sampleRate * channels.length * 4, 28);
  bytes.writeUInt16LE(channels.length * 4, 32);
  bytes.writeUInt16LE(32, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(bytes.length - 44, 40);
  for (let i = 0; i < frames; i++) {
    channels.forEach((samples, c) => bytes.writeFloatLE(samples[i], 44 + 4 * (i * channels.length + c)));
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

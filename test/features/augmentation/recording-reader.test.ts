/** @file Pieces of recordings: where they start, how short ones repeat, other sample rates, channels. */
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAudio } from '../../../src/audio/read.js';
import {
  createRecordingReader,
  repeatFrom,
  type SourceRecording,
} from '../../../src/features/augmentation/recording-reader.js';
import { keyedRandom } from '../../../src/random.js';
import { frequencyOf, sine, whiteNoise, writeFloatWav } from './signals.js';

describe('features/augmentation/recording-reader', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'reader-'))));
  after(() => rmSync(folder, { recursive: true }));

  const write = (name: string, channels: Float32Array[], sampleRate = 16000): SourceRecording => {
    const path = join(folder, name);
    writeFloatWav(path, channels, sampleRate);
    return { path, duration: channels[0].length / sampleRate, sampleRate, channels: channels.length };
  };
  const ramp = (length: number, from = 0) => Float32Array.from({ length }, (_, i) => (from + i) / 65536);

  it('reads a random piece of a longer recording, every place equally likely', async () => {
    const recording = write('long.wav', [ramp(1010)]);
    const reader = createRecordingReader(16000);
    const starts = new Map<number, number>();
    for (let i = 0; i < 1100; i++) {
      const piece = await reader.piece(recording, 1000, keyedRandom('start', i));
      const start = Math.round(piece[0] * 65536);
      assert.deepEqual(piece, ramp(1000, start));
      starts.set(start, (starts.get(start) ?? 0) + 1);
    }
    assert.deepEqual(
      [...starts.keys()].sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
    // Expected 100 each; five standard deviations.
    for (const count of starts.values()) assert.ok(Math.abs(count - 100) < 50, `${count}`);
  });

  it('repeats a shorter recording from a random start', async () => {
    const recording = write('short.wav', [ramp(300)]);
    const reader = createRecordingReader(16000);
    const piece = await reader.piece(recording, 1000, keyedRandom(5));
    const start = Math.round(piece[0] * 65536);
    assert.deepEqual(
      piece,
      Float32Array.from({ length: 1000 }, (_, i) => ((start + i) % 300) / 65536),
    );
    assert.deepEqual(await reader.piece(recording, 1000, keyedRandom(5)), piece);
  });

  it('repeats a single sample', () => {
    assert.deepEqual(repeatFrom(Float32Array.of(3), 0, 4), Float32Array.of(3, 3, 3, 3));
  });

  it('resamples recordings of another rate, a piece exactly as the whole', async () => {
    const recording = write('8k.wav', [sine(24000, 440, 8000)], 8000);
    const reader = createRecordingReader(16000);
    const piece = await reader.piece(recording, 16000, keyedRandom(2));
    assert.equal(piece.length, 16000);
    // A sine between two of its zeros, read to a thousandth.
    assert.ok(Math.abs(frequencyOf(piece, 16000) - 440) < 0.5);
    const { samples } = await readAudio(recording.path, { sampleRate: 16000 });
    const start = keyedRandom(2).below(48000 - 16000 + 1);
    assert.deepEqual(piece, samples.slice(start, start + 16000));
  });

  it('draws a channel where there are several, unless one is named', async () => {
    const recording = write('stereo.wav', [ramp(100), ramp(100, 1000)]);
    const reader = createRecordingReader(16000);
    const seen = new Set<number>();
    for (let i = 0; i < 20; i++) seen.add((await reader.whole(recording, keyedRandom(i)))[0] * 65536);
    assert.deepEqual(
      [...seen].sort((a, b) => a - b),
      [0, 1000],
    );
    const second = await reader.whole({ ...recording, channel: 1 }, keyedRandom(1));
    assert.deepEqual(second, ramp(100, 1000));
  });

  it('stays within a manifest piece, whose length may be rounded', async () => {
    const recording = { ...write('piece.wav', [ramp(1000)]), offset: 0.05, duration: 0.0126 };
    const piece = await createRecordingReader(16000).piece(recording, 500, keyedRandom(1));
    const values = [...piece].map((value) => Math.round(value * 65536));
    assert.deepEqual([Math.min(...values), Math.max(...values)], [800, 1000 - 1]);
  });

  it('gives pieces of what is decoded as a whole like pieces that are read by range', async () => {
    const recording = write('range.wav', [whiteNoise(3000, 'range')], 8000);
    const copy = { ...recording, path: recording.path.replace('.wav', '.audio') };
    renameSync(recording.path, copy.path);
    const whole = await createRecordingReader(16000).piece(copy, 1000, keyedRandom(3));
    renameSync(copy.path, recording.path);
    assert.deepEqual(await createRecordingReader(16000).piece(recording, 1000, keyedRandom(3)), whole);
  });

  it('gives the same samples whatever it keeps', async () => {
    const recordings = Array.from({ length: 5 }, (_, i) => write(`n${i}.wav`, [whiteNoise(200, `n${i}`)]));
    const generous = createRecordingReader(16000);
    const frugal = createRecordingReader(16000, { keptSamples: 250 });
    for (let i = 0; i < 30; i++) {
      const recording = recordings[keyedRandom('order', i).below(5)];
      assert.deepEqual(
        await frugal.piece(recording, 500, keyedRandom(i)),
        await generous.piece(recording, 500, keyedRandom(i)),
      );
    }
  });
});

/** @file Resampling against torchaudio's values and sox, and pieces against the whole. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAudio } from '../../src/audio/read.js';
import { resample, resampledLength } from '../../src/audio/resample.js';
import { writeWav } from '../../src/audio/write-wav.js';
import { torchaudioResampled } from './torchaudio-resampled.js';
import { wavBytes } from './wav-bytes.js';
import { skip } from '../skip.js';

const testSignal = (count: number) =>
  Float32Array.from({ length: count }, (_, i) => ((i * i * 7919) % 1013) / 1013 - 0.5);

describe('resampling', () => {
  let dir: string;
  before(() => (dir = mkdtempSync(join(tmpdir(), 'acanet-resample-'))));
  after(() => rmSync(dir, { recursive: true, force: true }));

  for (const { count, from, to, expected } of torchaudioResampled) {
    it(`gives torchaudio's samples from ${from} to ${to} Hz`, () => {
      const got = resample(testSignal(count), from, to);
      assert.equal(got.length, expected.length);
      // torchaudio rounds weights and sums to float32: 6e-8 relative each, some 30 terms.
      for (const [i, value] of expected.entries()) assert.ok(Math.abs(got[i] - value) < 1e-6, `sample ${i}`);
    });
  }

  it('has ⌈n·to/from⌉ samples', () => {
    assert.deepEqual(
      [0, 1, 2, 3, 16001].map((count) => resampledLength(count, 16000, 8000)),
      [0, 1, 1, 2, 8001],
    );
    assert.equal(resampledLength(44101, 44100, 16000), 16001);
    assert.equal(resample(new Float32Array(0), 16000, 8000).length, 0);
  });

  it('leaves audio of the wanted rate alone', () => {
    const samples = testSignal(10);
    assert.equal(resample(samples, 8000, 8000), samples);
  });

  it('keeps a constant, apart from the ends', () => {
    // Every phase's weights sum to 1 within the ripple of a filter of 6 zero crossings.
    for (const [from, to] of [
      [16000, 8000],
      [44100, 16000],
      [8000, 11025],
    ]) {
      const samples = resample(new Float32Array(3000).fill(0.5), from, to);
      for (const sample of samples.subarray(60, -60))
        assert.ok(Math.abs(sample - 0.5) < 1e-3, `${from} → ${to}: ${sample}`);
    }
  });

  it('suppresses what the new rate cannot carry', () => {
    const tone = Float32Array.from({ length: 16000 }, (_, i) => Math.sin((2 * Math.PI * 6000 * i) / 16000));
    const samples = resample(tone, 16000, 8000);
    // −50 dB: the first side lobes of a squared-cosine window, as torchaudio has them.
    for (const sample of samples.subarray(50, -50)) assert.ok(Math.abs(sample) < 3e-3, `${sample}`);
  });

  it('refuses rates that are none', () => {
    for (const rate of [0, -8000, 8000.5, NaN]) assert.throws(() => resample(testSignal(4), 16000, rate), /whole Hz/);
    assert.throws(() => resample(testSignal(4), 4_000_000_007, 16000), /cannot resample by 16000\/4000000007/);
  });

  it('reads a piece to the bit as it is in the whole file', async () => {
    const path = join(dir, 'long.wav');
    for (const [from, to] of [
      [16000, 8000],
      [44100, 16000],
      [8000, 16000],
    ]) {
      writeWav(path, testSignal(from + 7), from);
      const { samples: whole, sampleRate } = await readAudio(path, { sampleRate: to });
      assert.equal(sampleRate, to);
      assert.equal(whole.length, resampledLength(from + 7, from, to));
      for (const [start, count] of [
        [0, 1],
        [0, 400],
        [37, 1234],
        [to - 99, 100],
        [to - 1, 1],
      ]) {
        const piece = await readAudio(path, { offset: start / to, duration: count / to, sampleRate: to });
        assert.deepEqual(piece.samples, whole.slice(start, start + count), `${from} → ${to}: ${start}+${count}`);
      }
      const rest = await readAudio(path, { offset: 0.9, sampleRate: to });
      assert.deepEqual(rest.samples, whole.slice(Math.round(0.9 * to)));
      await assert.rejects(
        readAudio(path, { offset: 0.9, duration: 0.2, sampleRate: to }),
        /asked for 0.2 s from 0.9 s/,
      );
    }
  });

  it('gives what sox gives for a sound that both rates can carry', async function () {
    if (spawnSync('sox', ['--version']).status !== 0) skip(this, 'sox is not installed');
    const from = 16000;
    const tones = [200, 710, 1530, 2400];
    const sound = Float32Array.from({ length: from }, (_, i) =>
      tones.reduce((sum, hertz) => sum + 0.2 * Math.sin((2 * Math.PI * hertz * i) / from), 0),
    );
    const input = join(dir, 'tones.wav');
    writeFileSync(input, wavBytes({ tag: 3, bits: 32, sampleRate: from, data: Buffer.from(sound.buffer) }));
    for (const to of [8000, 11025, 22050]) {
      const output = join(dir, `sox-${to}.wav`);
      const { stderr } = spawnSync('sox', [input, '-e', 'float', '-b', '32', output, 'rate', '-v', `${to}`]);
      const { samples: expected } = await readAudio(output);
      const got = resample(sound, from, to);
      assert.equal(got.length, expected.length, String(stderr));
      // Sox's filter is longer and so flatter: a width of 6 ripples by about 1e-3 in its pass band. The ends, where the
      // sound begins at once, differ by design.
      for (let i = 200; i < got.length - 200; i++) {
        assert.ok(Math.abs(got[i] - expected[i]) < 3e-3, `${to} Hz, sample ${i}: ${got[i]}, sox ${expected[i]}`);
      }
    }
  });
});

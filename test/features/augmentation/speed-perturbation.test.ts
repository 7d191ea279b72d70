/** @file Changed speed: lengths, pitch, and what sox makes of the same samples. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAudio } from '../../../src/audio/read.js';
import {
  changeSpeed,
  lengthAfterSpeed,
  lengthBeforeSpeed,
} from '../../../src/features/augmentation/speed-perturbation.js';
import { decibels, delayOf, frequencyOf, inner, sine, whiteNoise, writeFloatWav } from './signals.js';
import { skip } from '../../skip.js';

const factors = [0.5, 0.9, 0.95, 1.05, 1.1, 1.13, 2];

describe('features/augmentation/speed-perturbation', () => {
  it('has ⌈n / factor⌉ samples, to the sample', () => {
    for (const factor of factors) {
      for (const n of [1, 2, 9, 10, 11, 4801, 48000, 47999]) {
        // In integers: factor·100 and n are exact.
        const expected = Number(
          (BigInt(n) * 100n + BigInt(Math.round(factor * 100)) - 1n) / BigInt(Math.round(factor * 100)),
        );
        assert.equal(changeSpeed(new Float32Array(n), factor).length, expected);
        assert.equal(lengthAfterSpeed(n, factor), expected);
      }
    }
  });

  it('says how many samples to read for a given length: the fewest that suffice', () => {
    for (const factor of factors) {
      for (const n of [1, 7, 100, 48000, 48240]) {
        const needed = lengthBeforeSpeed(n, factor);
        assert.ok(lengthAfterSpeed(needed, factor) >= n, `${n} at ${factor}`);
        assert.ok(lengthAfterSpeed(needed - 1, factor) < n, `${n} at ${factor}`);
      }
    }
    assert.equal(lengthBeforeSpeed(0, 0.9), 0);
  });

  for (const factor of factors) {
    it(`shifts a tone by the factor ${factor} and keeps its level`, () => {
      const tone = sine(32000, 1000, 16000);
      const changed = changeSpeed(tone, factor);
      assert.ok(Math.abs(frequencyOf(inner(changed), 16000) - 1000 * factor) < 0.01);
      const level = decibels(inner(changed)) - 10 * Math.log10(inner(changed).length);
      // The filter's pass band is flat to a hundredth of a dB.
      assert.ok(Math.abs(level - 10 * Math.log10(0.5 ** 2 / 2)) < 0.02, `${level} dB`);
    });
  }

  it('leaves samples alone at factor 1', () => {
    const samples = whiteNoise(100, 'x');
    assert.equal(changeSpeed(samples, 1), samples);
  });

  const sox = spawnSync('sox', ['--version']);
  for (const factor of [0.9, 1.1]) {
    it(`is what sox makes of it: speed ${factor}`, async function () {
      if (sox.error) skip(this, 'sox is not installed');
      const folder = mkdtempSync(join(tmpdir(), 'sox-'));
      try {
        // Noise below 4 kHz, which both filters pass.
        const slow = changeSpeed(changeSpeed(whiteNoise(12000, 'n'), 0.5), 0.5);
        writeFloatWav(join(folder, 'in.wav'), [slow], 16000);
        const args = [
          join(folder, 'in.wav'),
          '-e',
          'float',
          join(folder, 'out.wav'),
          'speed',
          `${factor}`,
          'rate',
          '-v',
          '16000',
        ];
        const { status, stderr } = spawnSync('sox', args, { encoding: 'utf8' });
        assert.equal(status, 0, stderr);
        const { samples: theirs } = await readAudio(join(folder, 'out.wav'));
        const ours = changeSpeed(slow, factor);
        // sox rounds the length, and may round its half sample either way.
        assert.ok(Math.abs(theirs.length - slow.length / factor) <= 1, `sox has ${theirs.length}`);
        assert.ok(ours.length - theirs.length >= 0 && ours.length - theirs.length <= 1, `${ours.length}`);
        const count = Math.min(ours.length, theirs.length);
        assert.equal(delayOf(ours.subarray(0, count), theirs.subarray(0, count), 20), 0);
        const difference = inner(ours.subarray(0, count).map((value, i) => value - theirs[i]));
        const error = decibels(difference) - decibels(inner(theirs.subarray(0, count)));
        assert.ok(error < -60, `${error} dB`);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});

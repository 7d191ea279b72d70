/** @file Gains, in decibels. */
import assert from 'node:assert/strict';
import { changeLevel } from '../../../src/features/augmentation/level.js';
import { decibels, whiteNoise } from './signals.js';

describe('features/augmentation/level', () => {
  it('changes the level by the gain, without clipping', () => {
    const samples = whiteNoise(1000, 'x', 0.3);
    for (const gain of [-20, 0, 6]) {
      // Rounding to float32.
      assert.ok(Math.abs(decibels(changeLevel(samples, gain)) - decibels(samples) - gain) < 1e-5);
    }
    assert.ok(changeLevel(samples, 20).some((value) => Math.abs(value) > 1));
  });
});

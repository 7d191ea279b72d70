/** @file Bands taken out of the waveform, and only they. */
import assert from 'node:assert/strict';
import { drawBands, dropBands } from '../../../src/features/augmentation/drop-frequency.js';
import { keyedRandom } from '../../../src/random.js';
import { decibels, delayOf, inner, sine, whiteNoise } from './signals.js';

function gainAt(fraction: number, bands: [number, number][], width: number): number {
  const tone = sine(16000, fraction * 8000, 16000);
  return decibels(inner(dropBands(tone, bands, width))) - decibels(inner(tone));
}

describe('features/augmentation/drop-frequency', () => {
  it('drops a band and nothing beside it', () => {
    const bands: [number, number][] = [[0.25, 0.35]];
    for (const fraction of [0.29, 0.3, 0.31]) assert.ok(gainAt(fraction, bands, 0.05) < -60, `${fraction}`);
    for (const fraction of [0.1, 0.2, 0.4, 0.9])
      assert.ok(Math.abs(gainAt(fraction, bands, 0.05)) < 0.01, `${fraction}`);
    // Half of the amplitude at the edges.
    for (const fraction of [0.25, 0.35]) assert.ok(Math.abs(gainAt(fraction, bands, 0.05) + 6) < 0.2);
  });

  it('drops several bands at once', () => {
    const bands: [number, number][] = [
      [0.1, 0.2],
      [0.5, 0.6],
    ];
    for (const fraction of [0.15, 0.55]) assert.ok(gainAt(fraction, bands, 0.05) < -60);
    assert.ok(Math.abs(gainAt(0.35, bands, 0.05)) < 0.01);
  });

  it('draws bands within the spectrum and merges those that overlap', () => {
    let merged = 0;
    for (let i = 0; i < 200; i++) {
      const bands = drawBands(3, 0.05, keyedRandom(i));
      if (bands.length < 3) merged++;
      bands.forEach(([low, high], b) => {
        assert.ok(low >= 0 && high <= 1 && high - low > 0.0999);
        if (b > 0) assert.ok(low > bands[b - 1][1]);
      });
    }
    assert.ok(merged > 20);
  });

  it('keeps time and length', () => {
    const samples = whiteNoise(5001, 'x');
    const dropped = dropBands(samples, [[0.25, 0.35]], 0.05);
    assert.equal(dropped.length, 5001);
    assert.equal(delayOf(dropped, samples, 30), 0);
  });
});

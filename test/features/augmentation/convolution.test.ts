/** @file Convolution by transforms against the sum that defines it. */
import assert from 'node:assert/strict';
import { convolve } from '../../../src/features/augmentation/convolution.js';
import { whiteNoise } from './signals.js';

function byDefinition(x: Float32Array, h: Float32Array, n: number): number {
  let sum = 0;
  for (let k = Math.max(0, n - x.length + 1); k < h.length && k <= n; k++) sum += h[k] * x[n - k];
  return sum;
}

describe('features/augmentation/convolution', () => {
  // Lengths around the sizes of the transforms and of their partitions.
  const lengths = [
    [1, 1],
    [5, 3],
    [100, 7],
    [1000, 300],
    [9000, 16],
    [5000, 4096],
    [5000, 4097],
    [9000, 8193],
    [3000, 9000],
    [20000, 13000],
  ];
  for (const [n, taps] of lengths) {
    it(`is the sum of products: ${n} samples, ${taps} taps`, () => {
      const x = whiteNoise(n, 'x', 1);
      const h = whiteNoise(taps, 'h', 1);
      const ranges = [
        [0, n],
        [Math.floor(taps / 3), n],
        [0, n + taps + 9],
        [taps - 1, 2],
      ];
      for (const [from, count] of ranges) {
        const y = convolve(x, h, { from, count });
        assert.equal(y.length, count);
        for (let i = 0; i < count; i += Math.ceil(count / 200)) {
          // The result is rounded to float32 (6e-8 of sums of up to some hundreds).
          assert.ok(Math.abs(y[i] - byDefinition(x, h, from + i)) < 2e-5, `from ${from}, sample ${i}`);
        }
      }
    });
  }

  it('gives zeros for a response of zeros, and nothing for nothing', () => {
    assert.deepEqual(convolve(whiteNoise(5, 'x'), new Float32Array(3), { from: 0, count: 5 }), new Float32Array(5));
    assert.equal(convolve(whiteNoise(5, 'x'), whiteNoise(3, 'h'), { from: 0, count: 0 }).length, 0);
  });
});

/** @file The Fourier transform against its definition, at lengths with all kinds of factors. */
import assert from 'node:assert/strict';
import { createFourierTransform, powerSpectra } from '../../src/features/fourier-transform.js';
import { keyedRandom } from '../../src/random.js';

describe('features/fourier-transform', () => {
  for (const n of [1, 2, 3, 4, 5, 8, 16, 24, 49, 60, 200, 256, 400, 512]) {
    it(`gives the sum that defines it for n = ${n}, and the power of both halves`, () => {
      const random = keyedRandom('fft', n);
      const plan = createFourierTransform(n);
      const a = Float64Array.from({ length: n }, () => random.normal());
      const b = Float64Array.from({ length: n }, () => random.normal());
      const power = [new Float64Array(Math.floor(n / 2) + 1), new Float64Array(Math.floor(n / 2) + 1)];
      // Twice: what a call leaves behind must not matter.
      for (let round = 0; round < 2; round++) {
        plan.re.set(a);
        plan.im.set(b);
        powerSpectra(plan.transform(), n, power[0], power[1]);
      }
      plan.re.set(a);
      plan.im.set(b);
      const { re, im } = plan.transform();
      for (let k = 0; k < n; k++) {
        const [ar, ai] = sumAt(a, k);
        const [br, bi] = sumAt(b, k);
        // Rounding grows with the logarithm of n; values are of the order of √n ≤ 23.
        assert.ok(Math.abs(re[k] - (ar - bi)) < 1e-11 && Math.abs(im[k] - (ai + br)) < 1e-11, `bin ${k}`);
        if (k > n / 2) continue;
        assert.ok(Math.abs(power[0][k] - (ar * ar + ai * ai)) < 1e-9, `power of the first, bin ${k}`);
        assert.ok(Math.abs(power[1][k] - (br * br + bi * bi)) < 1e-9, `power of the second, bin ${k}`);
      }
    });
  }
});

function sumAt(x: Float64Array, k: number): [number, number] {
  const angle = (t: number) => (-2 * Math.PI * ((k * t) % x.length)) / x.length;
  return [
    x.reduce((sum, value, t) => sum + value * Math.cos(angle(t)), 0),
    x.reduce((sum, value, t) => sum + value * Math.sin(angle(t)), 0),
  ];
}

/** @file The Fourier transform against its definition, at lengths with all kinds of factors. */
import assert from 'node:assert/strict';
import { createFourierTransform } from '../../../src/features/augmentation/fourier-transform.js';
import { keyedRandom } from '../../../src/random.js';

describe('features/augmentation/fourier-transform', () => {
  for (const n of [1, 4, 5, 8, 16, 20, 25, 32, 80, 128, 200, 256, 320, 400, 512]) {
    it(`gives the sum that defines it for n = ${n}`, () => {
      const random = keyedRandom('fft', n);
      const plan = createFourierTransform(n);
      const a = Float64Array.from({ length: n }, () => random.normal());
      const b = Float64Array.from({ length: n }, () => random.normal());
      // What a call leaves behind must not matter.
      plan.re.set(b);
      plan.transform();
      plan.re.set(a);
      plan.im.set(b);
      const { re, im } = plan.transform();
      for (let k = 0; k < n; k++) {
        const [ar, ai] = sumAt(a, k);
        const [br, bi] = sumAt(b, k);
        // Rounding grows with the logarithm of n; values are of the order of √n ≤ 23.
        assert.ok(Math.abs(re[k] - (ar - bi)) < 1e-11 && Math.abs(im[k] - (ai + br)) < 1e-11, `bin ${k}`);
      }
    });
  }

  it('refuses lengths with other factors', () => {
    for (const n of [0, -8, 2, 12, 7.5]) assert.throws(() => createFourierTransform(n), /internal: .* length/);
  });
});

function sumAt(x: Float64Array, k: number): [number, number] {
  const angle = (t: number) => (-2 * Math.PI * ((k * t) % x.length)) / x.length;
  return [
    x.reduce((sum, value, t) => sum + value * Math.cos(angle(t)), 0),
    x.reduce((sum, value, t) => sum + value * Math.sin(angle(t)), 0),
  ];
}

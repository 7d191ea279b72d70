import assert from 'node:assert/strict';
import { probit } from '../../../src/report/figures/probit.js';

describe('the probit', () => {
  // Quantiles of the standard normal distribution to ten digits (Abramowitz and Stegun, table 26.5).
  const known: [p: number, z: number][] = [
    [0.5, 0],
    [0.1, -1.2815515655],
    [0.05, -1.644853627],
    [0.025, -1.9599639845],
    [0.02, -2.0537489106],
    [0.01, -2.326347874],
    [0.001, -3.0902323062],
    [0.0001, -3.7190164855],
  ];
  for (const [p, z] of known) {
    it(`of ${p} is ${z}, and of its complement the negative`, () => {
      // The approximation is good to 1.2e-9 of the value.
      assert.ok(Math.abs(probit(p) - z) < 5e-9, String(probit(p)));
      assert.ok(Math.abs(probit(1 - p) + z) < 5e-9);
    });
  }

  it('is infinite at 0 and 1 and nothing outside', () => {
    assert.deepEqual([probit(0), probit(1), probit(-0.1), probit(1.1)], [-Infinity, Infinity, NaN, NaN]);
  });

  it('rises without a step where its parts meet', () => {
    for (const p of [0.02425, 1 - 0.02425]) {
      const below = probit(p - 1e-9);
      const above = probit(p + 1e-9);
      assert.ok(above > below && above - below < 1e-7);
    }
  });
});

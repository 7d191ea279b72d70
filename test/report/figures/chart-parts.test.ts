import assert from 'node:assert/strict';
import { roundUp, shiftOf, systemsWithBars, topOfRates } from '../../../src/report/figures/chart-parts.js';

describe('an axis of rates', () => {
  it('ends its axis above the intervals, but not far above the rates', () => {
    assert.equal(roundUp(0.0437), 0.05);
    assert.equal(roundUp(0.05), 0.05);
    assert.equal(topOfRates([{ rate: 0.04, high: 0.07 }, { rate: 0.02 }]), 0.08);
    assert.equal(topOfRates([{ rate: 0.04, high: 0.9 }]), 0.15); // 3 × 0.04, rounded up
    assert.equal(topOfRates([{ rate: 0 }]), 0.01);
  });
});

describe('intervals of many systems', () => {
  const names = Array.from({ length: 9 }, (_, i) => `s${i}`);

  it('are drawn of the first two alone', () => {
    assert.deepEqual([...systemsWithBars(names)], ['s0', 's1']);
    assert.deepEqual([...systemsWithBars(names.slice(1))], names.slice(1));
  });

  it('stand beside each other where they are few, about the place that they share', () => {
    const room = { most: 0.16, all: 0.6 };
    assert.deepEqual(
      [0, 1, 2].map((system) => shiftOf(system, 3, room)),
      [-0.16, 0, 0.16],
    );
    assert.equal(shiftOf(7, 8, room), (3.5 * 0.6) / 8);
    assert.equal(shiftOf(0, 9, room), 0);
  });
});

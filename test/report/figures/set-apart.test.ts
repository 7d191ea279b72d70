import assert from 'node:assert/strict';
import { setApart } from '../../../src/report/figures/set-apart.js';

describe('values that are set apart', () => {
  it('stay where they are if they are far enough from each other', () => {
    assert.deepEqual(setApart([5, 1, 3], 2), [5, 1, 3]);
    assert.deepEqual(setApart([], 2), []);
  });

  it('stand about their mean in their order where they meet, equal ones in the order given', () => {
    assert.deepEqual(setApart([7, 7, 0], 2), [6, 8, 0]);
    assert.deepEqual(
      setApart([1.5, 1, 1.1], 1),
      [2.2, 0.19999999999999996, 1.2].map((x) => x),
      'mean 1.2',
    );
  });

  it('push their neighbours where these have to give way', () => {
    const places = setApart([0, 0, 0, 2.5], 1);
    const sorted = places.toSorted((a, b) => a - b);
    for (let i = 1; i < sorted.length; i++) assert.ok(sorted[i] - sorted[i - 1] >= 1 - 1e-9);
    assert.ok(Math.abs(places.reduce((sum, x) => sum + x, 0) - 2.5) < 1e-9, 'the mean stays');
  });
});

import assert from 'node:assert/strict';
import { mean, standardDeviation } from '../src/statistics.js';

describe('statistics', () => {
  it('gives the mean of numbers and of typed arrays', () => {
    assert.equal(mean([1, 2, 6]), 3);
    assert.equal(mean(Float64Array.of(0.5, 1.5)), 1);
    assert.ok(Number.isNaN(mean([])));
  });

  it('gives the deviation of a sample, and none of a single value', () => {
    assert.equal(standardDeviation([1, 3]), Math.SQRT2);
    assert.equal(standardDeviation([5, 5, 5]), 0);
    assert.equal(standardDeviation([5]), undefined);
  });
});

import assert from 'node:assert/strict';
import { endsOf, thinned } from '../../../src/report/figures/figure.js';

describe('thinning', () => {
  it('keeps the first and the last row', () => {
    const rows = Array.from({ length: 100 }, (_, i) => i);
    const few = thinned(rows, 10);
    assert.deepEqual([few.length, few[0], few[9]], [10, 0, 99]);
    assert.deepEqual(thinned([1, 2], 10), [1, 2]);
  });
});

describe('the ends of an interval', () => {
  it('are two cells, and two empty ones where there is none', () => {
    assert.deepEqual(endsOf([0.1, 0.2]), [0.1, 0.2]);
    assert.deepEqual(endsOf(undefined), [null, null]);
  });
});

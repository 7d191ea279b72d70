import assert from 'node:assert/strict';
import { keyedRandom } from '../../../src/random.js';
import { ascendingOrder, sortAscending } from '../../../src/scoring/scores/radix-sort.js';

describe('radix-sort', () => {
  const random = keyedRandom('radix-sort.test');
  const doubles = () => (random.uniform() - 0.5) * 10 ** (random.below(40) - 20);
  const sets: [string, () => number][] = [
    ['float32 values', () => Math.fround(random.normal())],
    ['float64 values', doubles],
    ['few distinct values', () => random.below(7) - 3],
    ['zeros of both signs among others', () => [0, -0, 1e-40, -1e-40, Math.fround(1e-40)][random.below(5)]],
    ['the largest and smallest numbers', () => [Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324, -5e-324][random.below(4)]],
  ];
  for (const [what, draw] of sets) {
    for (const count of [0, 1, 100, 20_000]) {
      it(`sorts ${count} of ${what}, and keeps the order of equal ones`, () => {
        const values = Float64Array.from({ length: count }, draw);
        const expected = [...values.keys()].sort((a, b) => values[a] - values[b] || a - b);
        assert.deepEqual([...ascendingOrder(values)], expected);
        const sorted = sortAscending(values.slice());
        assert.ok(sorted.every((value, i) => value === values[expected[i]])); // -0 === 0
      });
    }
  }
});

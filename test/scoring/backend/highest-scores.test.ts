import assert from 'node:assert/strict';
import { keyedRandom } from '../../../src/random.js';
import { createMomentsOfHighest } from '../../../src/scoring/backend/highest-scores.js';

/** By sorting. */
function sorted(row: Float32Array, count: number): [mean: number, squares: number] {
  const highest = [
    ...row
      .slice()
      .sort()
      .slice(row.length - count),
  ];
  const mean = highest.reduce((sum, score) => sum + score, 0) / count;
  return [mean, highest.reduce((sum, score) => sum + (score - mean) ** 2, 0)];
}

describe('mean and spread of the highest scores', () => {
  const random = keyedRandom('highest-scores');
  const kinds: Record<string, (i: number) => number> = {
    normal: () => random.normal(),
    'far from zero': () => -1e4 + random.normal(),
    'with many ties': () => random.below(3) - 1,
    'all the same': () => 0.3,
    rising: (i) => i,
    falling: (i) => -i,
    'high where the sample is': (i) => (i % 64 < 4 ? 5 : random.uniform()),
    'low where the sample is': (i) => (i % 64 < 4 ? -5 : random.uniform()),
    'of both zeros': (i) => (i % 2 === 0 ? 0 : -0),
    'tiny and huge': (i) => (i % 3 === 0 ? 1e-45 : i % 3 === 1 ? -3e38 : 3e38),
  };
  for (const [kind, score] of Object.entries(kinds)) {
    it(`are those of sorting, in a row ${kind}`, () => {
      for (const [length, count] of [
        [5000, 300],
        [5000, 2],
        [5000, 4999],
        [5000, 5000],
        [777, 100],
        [777, 777],
        [67, 3],
        [3, 2],
        [2, 2],
      ]) {
        const momentsOfHighest = createMomentsOfHighest(length);
        for (let repetition = 0; repetition < 3; repetition++) {
          const row = Float32Array.from({ length }, (_, i) => score(i));
          const before = row.slice();
          const [mean, squares] = momentsOfHighest(row, count);
          const [expectedMean, expectedSquares] = sorted(row, count);
          const what = `${count} of ${length}: ${mean}, ${squares}; expected ${expectedMean}, ${expectedSquares}`;
          // Sums of `count` values, in another order. Where all are the same, their spread is nothing at all.
          const largest = Math.max(...row.map(Math.abs));
          assert.ok(Math.abs(mean - expectedMean) <= 1e-14 * largest, what);
          assert.ok(Math.abs(squares - expectedSquares) <= count * 1e-15 * (squares + expectedSquares), what);
          assert.deepEqual(row, before);
        }
      }
    });
  }

  it('spread by nothing where the highest are no finite numbers, so that nobody divides by it', () => {
    for (const wrong of [NaN, Infinity]) {
      const row = Float32Array.from({ length: 100 }, (_, i) => (i < 60 ? wrong : i));
      const [, squares] = createMomentsOfHighest(100)(row, 50);
      assert.ok(!(squares > 0), `${squares}`);
    }
  });
});

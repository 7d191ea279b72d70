/** @file The spectrum of embeddings against covariances made by hand. */
import assert from 'node:assert/strict';
import { keyedRandom } from '../../src/random.js';
import { commonShare, participationRatio, spectrumShares } from '../../src/training/embedding-spread.js';

/**
 * ±value along each axis about a common mean: the covariance is diagonal, its eigenvalues value² (times a constant).
 */
const cross = (...values: number[]) =>
  values.flatMap((value, d) => [1, -1].map((sign) => values.map((_, i) => 5 + (i === d ? sign * value : 0))));
const near = (actual: number, expected: number, what: string) =>
  // Sums of a few dozen products in float64.
  assert.ok(Math.abs(actual - expected) < 1e-12, `${what}: ${actual}, expected ${expected}`);

describe('the spread of embeddings', () => {
  it('has the eigenvalues of a diagonal covariance, as shares, largest first', () => {
    const rows = cross(1, 3, 2); // eigenvalues 1 : 9 : 4
    const shares = spectrumShares(rows.flat(), rows.length);
    for (const [i, expected] of [9 / 14, 4 / 14, 1 / 14].entries()) near(shares[i], expected, `share ${i}`);
    near(participationRatio(rows.flat(), rows.length), 14 ** 2 / (81 + 16 + 1), 'participation ratio');
    assert.equal(spectrumShares(rows.flat(), rows.length, 2).length, 2);
  });

  it('is the same of few long embeddings and of their transposed products', () => {
    const random = keyedRandom(1, 'spread');
    for (const [count, size] of [
      [6, 40],
      [40, 6],
    ]) {
      const x = Float64Array.from({ length: count * size }, () => random.normal());
      const padded = Float64Array.from({ length: count * 50 }, (_, i) =>
        i % 50 < size ? x[Math.floor(i / 50) * size + (i % 50)] : 0,
      );
      const [few, wide] = [spectrumShares(x, count, 5), spectrumShares(padded, count, 5)];
      for (const [i, share] of few.entries()) near(share, wide[i], `share ${i} of ${count} × ${size}`);
      near(participationRatio(x, count), participationRatio(padded, count), 'participation ratio');
      const ratio = 1 / spectrumShares(x, count, 100).reduce((sum, share) => sum + share ** 2, 0);
      assert.ok(Math.abs(ratio / participationRatio(x, count) - 1) < 1e-9, 'both say the same');
    }
  });

  it('is one direction where all values rise and fall together, and no spread where nothing varies', () => {
    const line = [-2, 1, 4, 0].flatMap((value) => [value, value, value]);
    near(commonShare(line, 4), 1, 'common share');
    near(participationRatio(line, 4), 1, 'participation ratio');
    near(commonShare(cross(1, 1, 1, 1).flat(), 8), 1 / 4, 'common share of independent values');
    assert.deepEqual(spectrumShares(new Float32Array(12), 4), []);
    assert.ok(Number.isNaN(commonShare(new Float32Array(12), 4)));
    assert.ok(Number.isNaN(participationRatio([1, 2, 3, 4], 2)), 'two embeddings always lie on a line');
  });
});

import assert from 'node:assert/strict';
import { keyedRandom } from '../../../src/random.js';
import { detCurve } from '../../../src/scoring/measures/det-curve.js';
import { computeCllr } from '../../../src/scoring/measures/cllr.js';
import { curveMinCllr } from '../../../src/scoring/measures/min-cllr.js';
import { hullCllr, hullCorners } from '../../../src/scoring/measures/pav.js';

describe('pav', () => {
  /**
   * Isotonic regression by its min-max formula: max over starts of min over ends of the mean label; equal scores
   * pooled.
   */
  const isotonic = (scores: number[], labels: number[]) => {
    const levels = [...new Set(scores)].sort((a, b) => a - b);
    const ofLevel = levels.map((level) => labels.filter((_, i) => scores[i] === level));
    const mean = (from: number, to: number) => {
      const pooled = ofLevel.slice(from, to + 1).flat();
      return pooled.reduce((a, b) => a + b, 0) / pooled.length;
    };
    const fitted = levels.map((_, k) =>
      Math.max(
        ...Array.from({ length: k + 1 }, (_unused, from) =>
          Math.min(...levels.slice(k).map((_level, i) => mean(from, k + i))),
        ),
      ),
    );
    return scores.map((score) => fitted[levels.indexOf(score)]);
  };

  /** Cllr in bits of posteriors at the trials' own share of targets. */
  const cllrOfPosteriors = (posteriors: number[], labels: number[]) => {
    const targets = labels.reduce((a, b) => a + b, 0);
    const odds = targets / (labels.length - targets);
    const cost = (label: number) =>
      posteriors
        .filter((_, i) => labels[i] === label)
        .map((p) => Math.log2(1 + (label === 1 ? ((1 - p) / p) * odds : p / (1 - p) / odds)))
        .reduce((sum, value, _i, all) => sum + value / all.length, 0);
    return (cost(1) + cost(0)) / 2;
  };

  it('leaves the Cllr of isotonic regression, on small sets with ties', () => {
    const random = keyedRandom('pav.test');
    for (let round = 0; round < 200; round++) {
      const labels = Array.from({ length: 3 + random.below(20) }, (_, i) => (i < 2 ? i : random.below(2)));
      const scores = labels.map((label) => random.below(8) + 2 * label);
      const expected = cllrOfPosteriors(isotonic(scores, labels), labels);
      const got = curveMinCllr(detCurve(scores, labels));
      assert.ok(Math.abs(got - expected) < 1e-12, `round ${round}: got ${got}, expected ${expected}`);
    }
  });

  it('is the entropy of a single block where scores say nothing, and 0 where they say all', () => {
    assert.equal(curveMinCllr(detCurve([1, 1, 1], [1, 0, 0])), 1);
    assert.equal(curveMinCllr(detCurve([0, 1], [1, 0])), 1);
    assert.equal(curveMinCllr(detCurve([3, 1, 2], [1, 0, 1])), 0);
  });

  it('approaches the Cllr of scores that are log-likelihood ratios already', () => {
    // Scores of N(±d²/2, d²) are their own log-likelihood ratios.
    const random = keyedRandom('pav.test', 'gaussian');
    const [count, d] = [40_000, 2];
    const labels = Array.from({ length: count }, (_, i) => i % 2);
    const scores = labels.map((label) => (label ? d * d : -d * d) / 2 + d * random.normal());
    const [minCllr, cllr] = [curveMinCllr(detCurve(scores, labels)), computeCllr(scores, labels)];
    assert.ok(minCllr <= cllr && cllr - minCllr < 0.005, `${minCllr}, ${cllr}`); // 40 blocks fit 40,000 trials a little
  });

  it('finds the corners of a hull, without points on its edges', () => {
    const points = { misses: [4, 3, 2, 1, 1, 0, 0], falseAlarms: [0, 0, 1, 2, 3, 3, 4] };
    const corners = new Uint32Array(7);
    const count = hullCorners(points, 7, corners);
    assert.deepEqual([...corners.subarray(0, count)], [0, 1, 5, 6]);
    assert.ok(hullCllr(points, corners, count) > 0);
  });
});

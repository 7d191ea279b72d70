import assert from 'node:assert/strict';
import { UserError } from '../../../src/errors.js';
import { keyedRandom } from '../../../src/random.js';
import { applyCalibration, trainCalibration } from '../../../src/scoring/calibration/calibration.js';
import { computeCllr } from '../../../src/scoring/measures/cllr.js';

describe('calibration', () => {
  const random = keyedRandom('calibration.test');
  const labelled = (count: number) => Uint8Array.from({ length: count }, (_, i) => Number(i % 4 === 0));
  const close = (got: number, expected: number, tolerance: number, what: string) =>
    assert.ok(Math.abs(got - expected) <= tolerance, `${what}: got ${got}, expected ${expected}`);

  it('finds the line that Gaussian scores of equal variance have as their ratios', () => {
    // Scores a + s·z with z from N(±1, v): llr = 2 z / v.
    const [a, s, v, count] = [0.3, 0.1, 0.5, 40_000];
    const labels = labelled(count);
    const scores = Array.from(labels, (label) => a + s * ((label ? 1 : -1) + Math.sqrt(v) * random.normal()));
    for (const prior of [0.5, 0.1]) {
      const { weights, offset, separable } = trainCalibration([scores], labels, { prior });
      close(weights[0], 2 / v / s, 1.5, `weight at prior ${prior}`); // its standard error is about 0.4
      close(offset, (-2 * a) / v / s, 0.5, `offset at prior ${prior}`);
      assert.equal(separable, false);
    }
  });

  it('is where the cost that it states is least', () => {
    const labels = labelled(300);
    const columns = [0, 1].map(() => Array.from(labels, (label) => 5 + label + random.normal()));
    const prior = 0.2;
    const shift = Math.log(prior / (1 - prior));
    const cost = (weights: readonly number[], offset: number) => {
      const llrs = applyCalibration({ weights, offset }, columns);
      const mean = (label: number) => {
        const costs = llrs
          .filter((_, i) => labels[i] === label)
          .map((llr) => Math.log(1 + Math.exp((label ? -1 : 1) * (llr + shift))));
        return costs.reduce((sum, value) => sum + value / costs.length, 0);
      };
      return prior * mean(1) + (1 - prior) * mean(0);
    };
    const { weights, offset } = trainCalibration(columns, labels, { prior });
    const least = cost(weights, offset);
    for (const [dw, dv, d] of [-1, 0, 1].flatMap((x) => [-1, 0, 1].flatMap((y) => [-1, 0, 1].map((z) => [x, y, z])))) {
      const moved = cost([weights[0] + dw * 0.01, weights[1] + dv * 0.01], offset + d * 0.03);
      assert.ok(moved >= least - 1e-9); // the ridge may move it a little
    }
  });

  it('does not depend on the scale of the scores, nor on how many targets there are', () => {
    const labels = labelled(2000);
    const scores = Array.from(labels, (label) => label + 0.7 * random.normal());
    const plain = trainCalibration([scores], labels);
    const scaled = trainCalibration([scores.map((score) => 1000 * score - 7)], labels);
    close(scaled.weights[0] * 1000, plain.weights[0], 1e-6, 'weight');
    const targetsTwice = [...labels, ...labels.filter(Boolean)];
    const twice = trainCalibration([[...scores, ...scores.filter((_, i) => labels[i])]], targetsTwice);
    close(twice.weights[0], plain.weights[0], 1e-3, 'weight with targets twice'); // the ridge is of standardised scores
  });

  it('gains from a second system whose errors are other ones', () => {
    const labels = labelled(4000);
    const systems = [0, 1].map(() => Array.from(labels, (label) => 2 * label + random.normal()));
    const cllrOf = (features: number[][]) =>
      computeCllr(applyCalibration(trainCalibration(features, labels, { prior: 0.5 }), features), labels);
    assert.ok(cllrOf(systems) < 0.8 * cllrOf([systems[0]]));
  });

  it('stays finite and says so where trials separate without error', () => {
    const { weights, offset, separable } = trainCalibration([[1, 2, 3, 4]], [0, 0, 1, 1]);
    assert.ok(separable && weights.every(Number.isFinite) && Number.isFinite(offset) && weights[0] > 0);
    // Equal scores of both kinds at the border leave the scale as open.
    assert.ok(trainCalibration([[0.9, 0.8, 0.5, 0.5, 0.2, 0.1]], [1, 1, 1, 0, 0, 0]).separable);
    assert.ok(!trainCalibration([[0.9, 0.8, 0.4, 0.5, 0.2, 0.1]], [1, 1, 1, 0, 0, 0]).separable);
  });

  const refused: [string, () => unknown, RegExp][] = [
    ['no targets', () => trainCalibration([[1, 2]], [0, 0]), /got 0 target and 2 nontarget trials/],
    ['no nontargets', () => trainCalibration([[1, 2]], [1, 1]), /got 2 target and 0 nontarget trials/],
    ['NaN', () => trainCalibration([[1, NaN]], [0, 1], { names: ['score'] }), /score of trial 2 is NaN/],
    ['scores that are all the same', () => trainCalibration([[1, 1]], [0, 1]), /the same in all trials \(1\)/],
    ['a prior of 0', () => trainCalibration([[1, 2]], [0, 1], { prior: 0 }), /prior between 0 and 1, got 0/],
  ];
  for (const [what, action, message] of refused) {
    it(`refuses ${what}`, () =>
      assert.throws(action, (error) => error instanceof UserError && message.test(error.message)));
  }
});

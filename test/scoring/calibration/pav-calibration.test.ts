import assert from 'node:assert/strict';
import { keyedRandom } from '../../../src/random.js';
import { computeCllr } from '../../../src/scoring/measures/cllr.js';
import { applyPav, trainPav } from '../../../src/scoring/calibration/pav-calibration.js';

describe('pav-calibration', () => {
  it('gives each block its ratio, with one more trial of each kind', () => {
    // Blocks: {0, 1} with the added target, {2, 3} that violate, {5, 6} with the added nontarget.
    const { scores, llrs } = trainPav([0, 1, 2, 3, 5, 6], [0, 0, 1, 0, 1, 1]);
    assert.deepEqual(scores, [0, 1, 2, 3, 5, 6]);
    const ratios = [1 / 2, 1 / 2, 1, 1, 2, 2].map((odds) => Math.log(odds));
    llrs.forEach((llr, i) => assert.ok(Math.abs(llr - ratios[i]) < 1e-12, `${llrs}`));
  });

  it('rises everywhere, is level outside and straight between blocks', () => {
    const knots = { scores: [0, 1, 3, 4], llrs: [-2, -2, 2, 2], targets: 2, nontargets: 2 };
    assert.deepEqual([...applyPav(knots, [-9, 0, 1, 1.5, 2, 3, 3.5, 99])], [-2, -2, -2, -1, 0, 2, 2, 2]);
    const random = keyedRandom('pav-calibration.test');
    const labels = Array.from({ length: 500 }, (_, i) => i % 2);
    const scores = labels.map((label) => label + random.normal());
    const curve = trainPav(scores, labels);
    const llrs = applyPav(
      curve,
      scores.toSorted((a, b) => a - b),
    );
    assert.ok(llrs.every((llr, i) => Number.isFinite(llr) && (i === 0 || llr >= llrs[i - 1])));
    assert.ok(computeCllr(applyPav(curve, scores), labels) < computeCllr(scores, labels));
  });

  it('gives every score the same ratio where all are equal', () => {
    assert.deepEqual(
      [...applyPav(trainPav([1, 1, 1], [0, 1, 0]), [0, 1, 2])].map(Math.exp).map((x) => x.toFixed(9)),
      ['1.000000000', '1.000000000', '1.000000000'],
    );
  });
});

/** @file Thresholds and calibration from development scores, held against the definitions by counting. */
import assert from 'node:assert/strict';
import { keyedRandom } from '../../../src/random.js';
import { learnDecisions } from '../../../src/scoring/profile/learn-decisions.js';

const where = 'dev-scores.txt';

/** Two normal distributions of one width, whose true log-likelihood ratio is a straight line. */
function gaussianScores(count: number, [targets, nontargets]: [number, number]) {
  const random = keyedRandom('learn-decisions');
  const labels = Uint8Array.from({ length: count }, (_, i) => Number(i % 4 === 0));
  const scores = Float64Array.from(labels, (label) => (label ? targets : nontargets) + 0.1 * random.normal());
  return { scores, labels };
}

describe('decisions of a model folder', () => {
  it('recover the straight line of two normal distributions', () => {
    // ln N(s; 0.6, 0.1) − ln N(s; 0.2, 0.1) = 40 s − 16.
    const { scores, labels } = gaussianScores(40_000, [0.6, 0.2]);
    const { calibration, noCalibration } = learnDecisions({ scores, labels, speakers: 10, where });
    assert.equal(noCalibration, undefined);
    // 10^4 targets: the standard error of the weight is near 1 of 40, that of the crossing near 0.002.
    assert.ok(Math.abs(calibration!.weight - 40) < 4, String(calibration!.weight));
    assert.ok(Math.abs(-calibration!.offset / calibration!.weight - 0.4) < 0.01);
  });

  it('have the errors that counting gives, and rise with the prior of nontargets', () => {
    const { scores, labels } = gaussianScores(4000, [0.6, 0.3]);
    const { decisions, development } = learnDecisions({ scores, labels, speakers: 10, where });
    assert.deepEqual([development.trials, development.targets, development.nontargets], [4000, 1000, 3000]);
    assert.ok(decisions.length >= 3);
    for (const { threshold, miss, falseAlarm, from } of decisions) {
      let [missed, accepted] = [0, 0];
      scores.forEach((score, i) => {
        if (labels[i] && score < threshold!) missed++;
        if (!labels[i] && score >= threshold!) accepted++;
      });
      assert.equal(from, 'calibration');
      assert.equal(miss, missed / 1000);
      assert.equal(falseAlarm, accepted / 3000);
    }
    const thresholds = decisions.map(({ threshold }) => threshold!);
    assert.deepEqual(
      thresholds,
      thresholds.toSorted((a, b) => b - a),
    );
    const even = decisions.find(({ pTarget }) => pTarget === 0.5)!;
    // The two normal distributions cross in the middle; calibrated for a prior of 0.01, the line is a little off there.
    assert.ok(Math.abs(even.threshold! - 0.45) < 0.02, String(even.threshold));
  });

  it('come from the trials alone where scores run the wrong way', () => {
    const { scores, labels } = gaussianScores(400, [0.2, 0.6]);
    const { calibration, noCalibration, decisions } = learnDecisions({ scores, labels, speakers: 10, where });
    assert.equal(calibration, undefined);
    assert.match(noCalibration!, /higher scores are not those of targets/);
    assert.ok(decisions.every(({ from }) => from === 'trials'));
    // Nothing costs less than to reject everything.
    assert.equal(decisions[0].threshold, null);
  });

  it('need trials of both kinds', () => {
    assert.throws(
      () => learnDecisions({ scores: Float64Array.of(1, 2), labels: Uint8Array.of(1, 1), speakers: 1, where }),
      /dev-scores\.txt/,
    );
  });
});

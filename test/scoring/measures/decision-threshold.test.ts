import assert from 'node:assert/strict';
import { UserError } from '../../../src/errors.js';
import { decide, describeDecision } from '../../../src/scoring/measures/decision-threshold.js';

describe('decision-threshold', () => {
  const scores = [0.9, 0.8, 0.4, 0.7, 0.1, 0.5, 0.3, 0.2];
  const labels = [1, 1, 1, 1, 0, 0, 0, 0];
  const costs = { cMiss: 1, cFalseAlarm: 1, pTarget: 0.5, calibrated: false, where: 'x' };

  it('takes the threshold that costs least on labelled scores, and says what it does', () => {
    const decision = decide(scores, labels, costs);
    assert.deepEqual(decision.errors, { miss: 0.25, falseAlarm: 0, precision: 1, cost: 0.25 });
    assert.equal(decision.threshold, 0.7);
    assert.equal(decide(scores, labels, { ...costs, cMiss: 10 }).threshold, 0.4);
    assert.equal(
      describeDecision(decision),
      [
        'With a target in 2 trials, a miss that costs 1 and a false alarm that costs 1: accept scores of 0.7 and more.',
        'Of 1000 target trials, about 250 are rejected (P_miss 25 %).',
        'Of 1000 nontarget trials, about 0 are accepted (P_fa 0 %).',
        'Of the accepted trials, 100 % are targets.',
        'This costs 0.250 of what deciding without listening costs.',
        'The threshold was chosen on these very trials: expect somewhat more errors on others.',
      ].join('\n'),
    );
  });

  it('shows a threshold that accepts the score it was taken from', () => {
    const decision = decide([0.12345678912, 0], [1, 0], costs);
    assert.deepEqual([decision.threshold, decision.from], [0.12345678912, 'trials']);
    assert.match(describeDecision(decision), /accept scores of 0\.12345678912 and more\.$/m);
  });

  it('takes the threshold of theory for calibrated scores, with or without labels', () => {
    const calibrated = { ...costs, calibrated: true, pTarget: 0.01, cFalseAlarm: 10 };
    const bare = decide(scores, undefined, calibrated);
    assert.equal(bare.threshold, Math.log(990));
    assert.equal(describeDecision(bare).split('\n').length, 1);
    const { errors, threshold } = decide([9, -9, 9], [1, 0, 0], calibrated);
    assert.equal(threshold, Math.log(990));
    assert.deepEqual([errors!.miss, errors!.falseAlarm], [0, 0.5]);
    assert.match(describeDecision(decide([9, -9, 9], [1, 0, 0], calibrated)), /the scores are of no use here/);
  });

  it('says so where rejecting everything costs least', () => {
    const decision = decide([1, 2], [1, 0], { ...costs, pTarget: 0.01 });
    assert.match(describeDecision(decision), /accept nothing/);
    const all = decide([-Infinity, 2], [1, 0], { ...costs, pTarget: 0.999 });
    assert.equal(all.threshold, -Infinity);
    assert.match(
      describeDecision(all),
      /^With 99\.9 % targets, .*: accept everything; no threshold costs less than that\./,
    );
  });

  it('refuses labels of one kind', () => {
    assert.throws(() => decide([1], [1], costs), UserError);
  });
});

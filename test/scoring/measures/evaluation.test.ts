import assert from 'node:assert/strict';
import { describeScores, evaluateScores } from '../../../src/scoring/measures/evaluation.js';

describe('evaluation', () => {
  const trials = [true, true, true, true, false, false, false, false].map((target) => ({ target }));
  const scores = [0.9, 0.8, 0.4, 0.7, 0.1, 0.5, 0.3, 0.2];

  it('gives counts and rates as fractions', () => {
    assert.deepEqual(evaluateScores(scores, trials), {
      trials: 8,
      targets: 4,
      nontargets: 4,
      eer: 0.25,
      threshold: 0.5,
      minDcf: 0.25,
      minDcf005: 0.25,
      minDcf0001: 0.25,
      minCllr: 0.25, // one of four targets shares its block with one of four nontargets
    });
  });

  it('adds calibration costs only for calibrated scores', () => {
    const { actDcf, cllr } = evaluateScores(scores, trials, { calibrated: true });
    assert.equal(actDcf, 1);
    assert.ok(cllr! > 0.5);
  });

  it('keeps the order of its fields, which JSON has too', () => {
    const any = 'trials targets nontargets eer threshold minDcf minDcf005 minDcf0001 minCllr';
    assert.equal(Object.keys(evaluateScores(scores, trials)).join(' '), any);
    assert.equal(
      Object.keys(evaluateScores(scores, trials, { calibrated: true, partial: 'a part' })).join(' '),
      `${any} actDcf actDcf005 actDcf0001 cllr partial`,
    );
  });

  it('describes itself in one line, in percent', () => {
    assert.equal(
      describeScores(evaluateScores(scores, trials)),
      '8 trials (4 target, 4 nontarget): EER 25.00 %, minDCF(0.01) 0.250',
    );
  });

  it('names the scores that cannot be evaluated', () => {
    assert.throws(
      () => evaluateScores([1], [{ target: true }], { where: 'x/scores.txt' }),
      /^UserError: x\/scores\.txt: metrics need/,
    );
  });
});

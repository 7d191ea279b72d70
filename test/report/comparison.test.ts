import assert from 'node:assert/strict';
import { compareSystems, type ComparedSystem, relativeChange } from '../../src/report/comparison.js';

describe('comparison', () => {
  const counts = {
    trials: 100,
    targets: 20,
    nontargets: 80,
    threshold: 0.3,
    minDcf005: 0.2,
    minDcf0001: 0.5,
    minCllr: 0.3,
  };
  const ecapa: ComparedSystem = {
    ...counts,
    name: 'ecapa',
    model: 'ecapa-tdnn',
    parameters: 20_000_000,
    macs: 3e9,
    bytes: 80_000_000,
    eer: 0.1,
    minDcf: 0.4,
    extractionRate: 100,
  };
  const aca: ComparedSystem = {
    ...ecapa,
    name: 'aca',
    model: 'aca-net',
    positional: 'time',
    parameters: 4_000_000,
    eer: 0.095,
    minDcf: 0.5,
  };
  const bootstrap = {
    speakers: 12,
    resamples: 4,
    seed: 1,
    systems: [
      { observed: {}, measures: { eer: Float64Array.of(0.08, 0.09, 0.1, 0.11) }, points: [] },
      { observed: {}, measures: { eer: Float64Array.of(0.1, 0.1, 0.1, 0.1) }, points: [] },
    ],
  };

  it('gives differences as fractions of the baseline, for all systems but the baseline', () => {
    const { relative, systems, bootstrap: none } = compareSystems({ systems: [aca, ecapa], baseline: 'ecapa' });
    assert.deepEqual(Object.keys(relative), ['aca']);
    assert.ok(Math.abs(relative['aca'].eer - -0.05) < 1e-12);
    assert.ok(Math.abs(relative['aca'].minDcf - 0.25) < 1e-12);
    assert.equal(relative['aca'].parameters, -0.8);
    assert.equal(relative['aca'].macs, 0);
    assert.deepEqual([systems[0].eerInterval, relative['aca'].eerInterval, none], [undefined, undefined, undefined]);
  });

  it('adds intervals and a p-value where there are resamples', () => {
    const {
      relative,
      systems,
      bootstrap: facts,
    } = compareSystems({ systems: [aca, ecapa], baseline: 'ecapa', bootstrap });
    assert.deepEqual(systems[0].eerInterval, [0.08, 0.11]);
    assert.deepEqual(systems[1].eerInterval, [0.1, 0.1]);
    assert.ok(Math.abs(relative['aca'].eerInterval![0] - -0.2) < 1e-12);
    assert.ok(Math.abs(relative['aca'].eerInterval![1] - 0.1) < 1e-12);
    assert.equal(relative['aca'].eerPValue, 1);
    assert.deepEqual(facts, { unit: 'speaker', speakers: 12, resamples: 4, seed: 1 });
  });

  it('keeps an error-free baseline: no change from 0 to 0, else infinite', () => {
    assert.equal(relativeChange(0, 0), 0);
    assert.equal(relativeChange(0.1, 0), Infinity);
  });

  it('refuses a baseline that is not there, names that repeat and systems scored on other trials', () => {
    assert.throws(
      () => compareSystems({ systems: [aca], baseline: 'ecapa' }),
      /"ecapa" is not among the systems: aca$/,
    );
    assert.throws(() => compareSystems({ systems: [aca, aca], baseline: 'aca' }), /two systems are named "aca"/);
    const other = { ...aca, targets: 19 };
    assert.throws(
      () => compareSystems({ systems: [other, ecapa], baseline: 'ecapa' }),
      /aca was scored on 19 target and 80 nontarget trials, the baseline ecapa on 20 and 80/,
    );
  });
});

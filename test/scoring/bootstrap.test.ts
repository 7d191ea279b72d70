import assert from 'node:assert/strict';
import { keyedRandom } from '../../src/random.js';
import {
  bootstrapEers,
  pairedDifference,
  percentileInterval,
  sortByScore,
  speakerPairs,
  weightedEer,
} from '../../src/scoring/bootstrap.js';
import { computeEer } from '../../src/scoring/metrics.js';

describe('bootstrap', () => {
  /** All pairs of the utterances, scored by an overlap of the classes and quantised, so that scores tie. */
  const makeSet = (speakers: number, utterances: number, seed: number, noise = 1) => {
    const random = keyedRandom('bootstrap.test', seed);
    const ids = Array.from({ length: speakers * utterances }, (_, i) => `s${Math.floor(i / utterances)}-${i}`);
    const speakerOf = new Map(ids.map((id) => [id, id.split('-')[0]]));
    const trials = ids.flatMap((enroll, i) =>
      ids.slice(i + 1).map((test) => ({ enroll, test, target: speakerOf.get(enroll) === speakerOf.get(test) })),
    );
    const scores = trials.map(({ target }) => Math.round(4 * (Number(target) + noise * random.normal())) / 4);
    return { trials, scores, speakerOf, labels: trials.map(({ target }) => target) };
  };

  it('gives the plain EER where every speaker weighs 1', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { trials, scores, speakerOf, labels } = makeSet(6, 3, seed);
      const pairs = speakerPairs(trials, speakerOf);
      assert.equal(pairs.speakers, 6);
      const eer = weightedEer(sortByScore(pairs, scores), new Float64Array(6).fill(1));
      assert.equal(eer, computeEer(scores, labels).eer);
    }
  });

  it('gives the EER of trials that are repeated as often as they weigh, for each resample', () => {
    const { trials, scores, speakerOf } = makeSet(5, 3, 1);
    const resamples = 200;
    const { eers } = bootstrapEers(trials, [scores], speakerOf, { resamples, seed: 3 });
    const random = keyedRandom('speaker-bootstrap', 3);
    for (let r = 0; r < resamples;) {
      const drawn = Array.from({ length: 5 }, () => `s${random.below(5)}`);
      const times = (id: string) => drawn.filter((speaker) => speaker === speakerOf.get(id)).length;
      const repeated = trials.flatMap(({ enroll, test, target }, i) =>
        Array.from({ length: target ? times(enroll) : times(enroll) * times(test) }, () => ({
          score: scores[i],
          target,
        })),
      );
      if (new Set(repeated.map(({ target }) => target)).size < 2) continue; // drawn again
      const expected = computeEer(
        repeated.map(({ score }) => score),
        repeated.map(({ target }) => target),
      ).eer;
      assert.equal(eers[0][r], expected, `resample ${r}`);
      r++;
    }
  });

  it('depends on the seed alone, not on the order of the systems', () => {
    const { trials, scores, speakerOf } = makeSet(8, 3, 2);
    const other = scores.map((score, i) => score + (i % 3));
    const options = { resamples: 50, seed: 7 };
    const both = bootstrapEers(trials, [scores, other], speakerOf, options);
    assert.deepEqual(both.eers[0], bootstrapEers(trials, [scores], speakerOf, options).eers[0]);
    assert.deepEqual(both.eers[1], bootstrapEers(trials, [other, scores], speakerOf, options).eers[0]);
    assert.notDeepEqual(both.eers[0], bootstrapEers(trials, [scores], speakerOf, { resamples: 50, seed: 8 }).eers[0]);
  });

  it('finds a clear difference between systems and none between a system and itself', () => {
    const good = makeSet(20, 4, 5, 0.4);
    const bad = makeSet(20, 4, 6, 1.2);
    const { eers } = bootstrapEers(good.trials, [good.scores, bad.scores], good.speakerOf, { resamples: 400 });
    const { difference, relative, pValue } = pairedDifference(eers[0], eers[1]);
    assert.ok(difference[1] < 0 && relative[1] < 0 && relative[0] > -1 && pValue < 0.01);
    assert.deepEqual(pairedDifference(eers[0], eers[0]), { difference: [0, 0], relative: [0, 0], pValue: 1 });
  });

  it('leaves a relative difference from an error-free baseline infinite', () => {
    const { relative, difference } = pairedDifference(Float64Array.of(0.1, 0.1), Float64Array.of(0, 0));
    assert.deepEqual(
      [relative, difference],
      [
        [Infinity, Infinity],
        [0.1, 0.1],
      ],
    );
  });

  it('takes percentiles that cut the same number of values at both ends', () => {
    const values = Array.from({ length: 1000 }, (_, i) => 999 - i);
    assert.deepEqual(percentileInterval(values, 0.95), [25, 974]);
    assert.deepEqual(percentileInterval([4, 2], 0.95), [2, 4]);
  });

  it('refuses unknown ids, labels that contradict the speakers, and a single speaker', () => {
    const { trials, scores, speakerOf } = makeSet(3, 2, 1);
    const options = { resamples: 10 };
    const without = new Map([...speakerOf].slice(1));
    assert.throws(
      () => bootstrapEers(trials, [scores], without, options),
      /1 ids in the trials have no speaker .* s0-0/,
    );
    const flipped = trials.map((trial, i) => (i === 0 ? { ...trial, target: !trial.target } : trial));
    assert.throws(() => bootstrapEers(flipped, [scores], speakerOf, options), /1 trial labels contradict .* s0-0 s0-1/);
    const one = [{ enroll: 'x', test: 'y', target: true }];
    const same = new Map([
      ['x', 's'],
      ['y', 's'],
    ]);
    assert.throws(() => bootstrapEers(one, [[1]], same, options), /at least 2/);
  });

  it('gives up, with a message, on trials that can never be resampled', () => {
    const { trials, scores, speakerOf } = makeSet(4, 2, 1);
    const nontargets = trials.filter(({ target }) => !target);
    assert.throws(() => bootstrapEers(nontargets, [scores.slice(0, nontargets.length)], speakerOf), /too few speakers/);
  });
});

import assert from 'node:assert/strict';
import { keyedRandom } from '../../src/random.js';
import { bootstrapMeasures, pairedDifference, percentileInterval } from '../../src/scoring/bootstrap.js';
import { evaluateScores } from '../../src/scoring/evaluation.js';
import { calibrationMeasures, discriminationMeasures, type MeasureName } from '../../src/scoring/measures.js';
import { speakerPairs } from '../../src/scoring/speaker-pairs.js';
import { tableOfTrials } from '../../src/scoring/trial-table.js';
import { weightedMeasures } from '../../src/scoring/weighted-measures.js';

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
    return { trials, scores, speakerOf, pairs: speakerPairs(tableOfTrials(trials), speakerOf) };
  };

  type Measures = Partial<Record<MeasureName, number>>;
  const names = [...discriminationMeasures, ...calibrationMeasures];
  /** Equal but for the order of a few roundings. */
  const assertSame = (got: Measures, expected: Measures, what: string) => {
    for (const name of names) {
      const difference = Math.abs(got[name]! - expected[name]!);
      assert.ok(difference < 1e-9, `${what}: ${name} ${got[name]}, expected ${expected[name]}`);
    }
  };

  it('gives the plain measures where every speaker weighs 1', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { pairs, scores, trials } = makeSet(6, 3, seed);
      assert.equal(pairs.names.length, 6);
      const { measures } = weightedMeasures(pairs, scores, { calibrated: true })(new Float64Array(6).fill(1))!;
      assertSame(measures, evaluateScores(scores, trials, { calibrated: true }), `set ${seed}`);
    }
  });

  it('gives the measures of trials that are repeated as often as they weigh, for each resample', () => {
    const { trials, pairs, scores, speakerOf } = makeSet(5, 3, 1);
    const resamples = 200;
    const thresholds = [0.3, 0.5, -9, 9];
    const { systems } = bootstrapMeasures(pairs, [scores], { resamples, seed: 3, calibrated: true, thresholds });
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
      const expected = evaluateScores(
        repeated.map(({ score }) => score),
        repeated,
        { calibrated: true },
      );
      const { measures, points } = systems[0];
      assertSame(Object.fromEntries(names.map((name) => [name, measures[name]![r]])), expected, `resample ${r}`);
      thresholds.forEach((threshold, i) => {
        const accepted = repeated.filter(({ score }) => score >= threshold);
        const hits = accepted.filter(({ target }) => target).length;
        const targets = repeated.filter(({ target }) => target).length;
        const close = (a: number, b: number) => assert.ok(Object.is(a, b) || Math.abs(a - b) < 1e-12, `${a}, ${b}`);
        close(points[i].miss[r], 1 - hits / targets);
        close(points[i].falseAlarm[r], (accepted.length - hits) / (repeated.length - targets));
        close(points[i].precision[r], hits / accepted.length);
      });
      r++;
    }
  });

  it('depends on the seed alone, not on the order of the systems', () => {
    const { pairs, scores } = makeSet(8, 3, 2);
    const other = scores.map((score, i) => score + (i % 3));
    const options = { resamples: 50, seed: 7 };
    const both = bootstrapMeasures(pairs, [scores, other], options).systems;
    assert.deepEqual(both[0], bootstrapMeasures(pairs, [scores], options).systems[0]);
    assert.deepEqual(both[1], bootstrapMeasures(pairs, [other, scores], options).systems[0]);
    const reseeded = bootstrapMeasures(pairs, [scores], { resamples: 50, seed: 8 }).systems[0];
    assert.notDeepEqual(both[0].measures.eer, reseeded.measures.eer);
  });

  it('finds a clear difference between systems and none between a system and itself', () => {
    const good = makeSet(20, 4, 5, 0.4);
    const bad = makeSet(20, 4, 6, 1.2);
    const { systems } = bootstrapMeasures(good.pairs, [good.scores, bad.scores], { resamples: 400 });
    const eers = systems.map(({ measures }) => measures.eer!);
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
    const { trials, speakerOf } = makeSet(3, 2, 1);
    const without = new Map([...speakerOf].slice(1));
    assert.throws(
      () => speakerPairs(tableOfTrials(trials), without),
      /1 ids in the trials have no known speaker: s0-0/,
    );
    const flipped = tableOfTrials(trials.map((trial, i) => (i === 0 ? { ...trial, target: !trial.target } : trial)));
    assert.throws(() => speakerPairs(flipped, speakerOf), /1 trial labels contradict .* s0-0 s0-1/);
    const one = tableOfTrials([{ enroll: 'x', test: 'y', target: true }]);
    const same = new Map([
      ['x', 's'],
      ['y', 's'],
    ]);
    assert.throws(() => speakerPairs(one, same), /at least 2/);
  });

  it('refuses trials of one kind', () => {
    const { trials, speakerOf } = makeSet(4, 2, 1);
    const nontargets = trials.filter(({ target }) => !target);
    const pairs = speakerPairs(tableOfTrials(nontargets), speakerOf);
    assert.throws(
      () => bootstrapMeasures(pairs, [nontargets.map((_, i) => i)]),
      /got 0 target and 24 nontarget trials/,
    );
  });
});

import assert from 'node:assert/strict';
import { keyedRandom } from '../../../src/random.js';
import { bootstrapMeasures } from '../../../src/scoring/intervals/bootstrap.js';
import { evaluateScores } from '../../../src/scoring/measures/evaluation.js';
import { type MeasureName, measuresOf } from '../../../src/scoring/measures/measure-table.js';
import { speakerPairs } from '../../../src/scoring/scores/speaker-pairs.js';
import { tableOfTrials } from '../../../src/scoring/scores/trial-table.js';
import { weightedMeasures } from '../../../src/scoring/measures/weighted-measures.js';

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
  const names = measuresOf({ calibrated: true }).map(({ name }) => name);
  /** Equal but for the order of a few roundings. */
  const assertSame = (got: Measures, expected: Measures, what: string) => {
    for (const name of names) {
      const difference = Math.abs(got[name]! - expected[name]!);
      assert.ok(difference < 1e-9, `${what}: ${name} ${got[name]}, expected ${expected[name]}`);
    }
  };

  it('tells how far it is, groups and resamples together', () => {
    const { pairs, scores } = makeSet(6, 3, 1);
    const told: [number, number][] = [];
    bootstrapMeasures(pairs, [scores], { resamples: 4, onProgress: (...progress) => told.push(progress) });
    assert.deepEqual(
      told,
      Array.from({ length: 10 }, (_, i) => [i + 1, 10]),
    );
  });

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

  it('gives the measures of the trials without each speaker', () => {
    const { trials, pairs, scores, speakerOf } = makeSet(6, 3, 3);
    const { observed, without } = bootstrapMeasures(pairs, [scores], { resamples: 1, calibrated: true }).systems[0];
    assertSame(observed.measures, evaluateScores(scores, trials, { calibrated: true }), 'all');
    pairs.names.forEach((name, i) => {
      const left = trials.map((_, t) => t).filter((t) => speakerOf.get(trials[t].enroll) !== name);
      const kept = left.filter((t) => speakerOf.get(trials[t].test) !== name);
      const expected = evaluateScores(
        kept.map((t) => scores[t]),
        kept.map((t) => trials[t]),
        { calibrated: true },
      );
      assertSame(Object.fromEntries(names.map((m) => [m, without.measures[m]![i]])), expected, `without ${name}`);
    });
  });

  it('charges an infinite cost only where its trial is drawn', () => {
    const { trials, pairs, scores, speakerOf } = makeSet(6, 3, 3);
    const wrong = trials.findIndex(({ target }) => !target);
    const [first, second] = [trials[wrong].enroll, trials[wrong].test].map((id) => speakerOf.get(id)!);
    const llrs = scores.with(wrong, Infinity);
    const { observed, without } = bootstrapMeasures(pairs, [llrs], { resamples: 1, calibrated: true }).systems[0];
    assert.equal(observed.measures.cllr, Infinity);
    pairs.names.forEach((name, i) =>
      assert.equal(Number.isFinite(without.measures.cllr![i]), name === first || name === second, name),
    );
  });

  it('leaves out groups of speakers where there are more than 200', () => {
    const { pairs, scores } = makeSet(230, 2, 4);
    const { without } = bootstrapMeasures(pairs, [scores], { resamples: 1 }).systems[0];
    assert.equal(without.measures.eer!.length, 200);
    assert.ok(without.measures.eer!.every((eer) => eer > 0 && eer < 1));
  });

  it('refuses trials whose targets are of one speaker', () => {
    const { trials, scores, speakerOf } = makeSet(4, 2, 1);
    const kept = trials.map((_, t) => t).filter((t) => !trials[t].target || trials[t].enroll.startsWith('s1'));
    const pairs = speakerPairs(tableOfTrials(kept.map((t) => trials[t])), speakerOf);
    assert.throws(
      () => bootstrapMeasures(pairs, [kept.map((t) => scores[t])]),
      /without s1 there are no target or no nontarget trials left: intervals need/,
    );
  });

  it('refuses unknown ids, labels that contradict the speakers, and a single speaker', () => {
    const { trials, speakerOf } = makeSet(3, 2, 1);
    const without = new Map([...speakerOf].slice(1));
    assert.throws(
      () => speakerPairs(tableOfTrials(trials), without),
      /the speaker of 1 id in the trials is not known: s0-0/,
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

import assert from 'node:assert/strict';
import { keyedRandom } from '../../../src/random.js';
import { bootstrapMeasures } from '../../../src/scoring/intervals/bootstrap.js';
import { evaluateScores } from '../../../src/scoring/measures/evaluation.js';
import { measuresOf } from '../../../src/scoring/measures/measure-table.js';
import { weightedMeasures } from '../../../src/scoring/measures/weighted-measures.js';
import { joinFolds } from '../../../src/scoring/scores/folds.js';
import { speakerPairs, whyNoIntervals } from '../../../src/scoring/scores/speaker-pairs.js';
import { tableOfTrials } from '../../../src/scoring/scores/trial-table.js';

/** All pairs of some utterances, with scores in which the classes overlap. */
function makeFold(name: string, speakers: number, seed: number) {
  const random = keyedRandom('folds.test', seed);
  const ids = Array.from({ length: 3 * speakers }, (_, i) => `s${Math.floor(i / 3)}-${i}`);
  const speakerOf = new Map(ids.map((id) => [id, id.split('-')[0]]));
  const trials = ids.flatMap((enroll, i) =>
    ids.slice(i + 1).map((test) => ({ enroll, test, target: speakerOf.get(enroll) === speakerOf.get(test) })),
  );
  // Scores of the folds lie elsewhere, as those of different trainings do: pooled they would say something else.
  const scores = trials.map(({ target }) => 10 * seed + Number(target) + random.normal());
  const table = tableOfTrials(trials);
  return { name, trials, scores, labels: table.labels, speakers: speakerPairs(table, speakerOf) };
}

describe('folds', () => {
  const folds = [makeFold('a', 6, 1), makeFold('b', 8, 2)];
  const { speakers, labels } = joinFolds(folds);
  const scores = folds.flatMap((fold) => fold.scores);
  const names = measuresOf({ calibrated: true }).map(({ name }) => name);

  it('join the trials, with speakers of the same name apart', () => {
    assert.equal(speakers.names.length, 14);
    assert.equal(new Set(speakers.names).size, 14);
    assert.equal(labels.length, folds[0].labels.length + folds[1].labels.length);
    labels.forEach((label, i) => assert.equal(label === 1, speakers.enroll[i] === speakers.test[i]));
  });

  it('have the means of the measures of each', () => {
    const { measures } = weightedMeasures(speakers, scores, { calibrated: true })(new Float64Array(14).fill(1))!;
    const each = folds.map((fold) => evaluateScores(fold.scores, fold.trials, { calibrated: true }));
    for (const name of names) {
      const expected = (each[0][name]! + each[1][name]!) / 2;
      assert.ok(Math.abs(measures[name]! - expected) < 1e-9, `${name} ${measures[name]}, expected ${expected}`);
    }
  });

  it('are resampled each among its own speakers, and lose one speaker at a time', () => {
    const resamples = 40;
    const { systems, groups } = bootstrapMeasures(speakers, [scores], { resamples, seed: 5 });
    assert.equal(groups, 14);
    const alone = folds.map((fold) => weightedMeasures(fold.speakers, fold.scores));
    const eerOf = (multiplicity: readonly Float64Array[]) => {
      const eers = alone.map((measure, i) => measure(multiplicity[i])?.measures.eer);
      return eers.includes(undefined) ? undefined : (eers[0]! + eers[1]!) / 2;
    };
    const random = keyedRandom('speaker-bootstrap', 5);
    for (let r = 0; r < resamples;) {
      const drawn = [6, 8].map((count) => {
        const multiplicity = new Float64Array(count);
        for (let i = 0; i < count; i++) multiplicity[random.below(count)]++;
        return multiplicity;
      });
      const expected = eerOf(drawn);
      if (expected === undefined) continue;
      assert.ok(Math.abs(systems[0].measures.eer![r] - expected) < 1e-12);
      r++;
    }
    const without = [...systems[0].without.measures.eer!].sort();
    const expected = [6, 8].flatMap((count, fold) =>
      Array.from({ length: count }, (_, left) => {
        const all = [6, 8].map((each) => new Float64Array(each).fill(1));
        all[fold][left] = 0;
        return eerOf(all)!;
      }),
    );
    expected.sort().forEach((eer, i) => assert.ok(Math.abs(without[i] - eer) < 1e-12));
  });

  it('have no intervals where one of them has too few speakers', () => {
    const few = joinFolds([makeFold('a', 6, 1), makeFold('b', 3, 2)]);
    assert.match(whyNoIntervals(few.speakers)!, /^fold b: 3 speakers are too few/);
    assert.equal(whyNoIntervals(speakers), undefined);
  });
});

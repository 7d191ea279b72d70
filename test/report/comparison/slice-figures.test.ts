import assert from 'node:assert/strict';
import { keyedRandom } from '../../../src/random.js';
import { measureSlices } from '../../../src/report/comparison/slice-figures.js';
import { slicesTable } from '../../../src/report/comparison/slice-table.js';
import { evaluateLabelled } from '../../../src/scoring/measures/evaluation.js';
import { speakerPairs } from '../../../src/scoring/scores/speaker-pairs.js';
import { sliceTrials, type TrialSide } from '../../../src/scoring/scores/slices.js';
import { tableOfTrials } from '../../../src/scoring/scores/trial-table.js';

describe('parts of a comparison', () => {
  const random = keyedRandom('slice-figures.test');
  const ids = Array.from({ length: 36 }, (_, i) => `s${String(Math.floor(i / 3)).padStart(2, '0')}-${i % 3}`);
  const speakerOf = new Map(ids.map((id) => [id, id.slice(0, 3)]));
  const trials = ids.flatMap((enroll, i) =>
    ids.slice(i + 1).map((test) => ({ enroll, test, target: speakerOf.get(enroll) === speakerOf.get(test) })),
  );
  const table = tableOfTrials(trials);
  const speakers = speakerPairs(table, speakerOf);
  const scoresOf = (shift: number) =>
    Float64Array.from(trials, ({ target }) => shift * Number(target) + random.normal());
  const systems = ['good', 'poor'].map((name, i) => ({ name, runs: [{ name, scores: scoresOf(3 - 2 * i) }] }));
  // Speakers 0 to 5 are adults, the others children; utterance 0 of each says the same sentence.
  const sides = table.ids.map((id): TrialSide => ({
    speaker: speakerOf.get(id)!,
    duration: 1,
    sessions: [],
    paths: [],
    labels: { group: Number(id.slice(1, 3)) < 6 ? 'adult' : 'child', sentence: id.endsWith('-0') ? 'x' : id },
  }));
  const measure = (by: string) =>
    measureSlices(systems, sliceTrials(table, by, sides), {
      labels: table.labels,
      speakers,
      baseline: 'good',
      resamples: 50,
    });

  it('have the figures of their own trials, with intervals from their speakers', () => {
    const slices = measure('group');
    assert.deepEqual(
      slices.map(({ name, speakers, why }) => [name, speakers, why]),
      [
        ['adult', 6, undefined],
        ['child', 6, undefined],
        ['mixed', 12, 'no target trials'],
      ],
    );
    const chosen = trials.flatMap(({ enroll, test }, i) => (enroll < 's06' && test < 's06' ? [i] : []));
    systems.forEach(({ runs: [{ scores }] }, i) => {
      const { eer } = evaluateLabelled(
        chosen.map((trial) => scores[trial]),
        Uint8Array.from(chosen, (trial) => table.labels[trial]),
      );
      assert.ok(Math.abs(slices[0].systems[i].eer - eer) < 1e-12);
      const [low, high] = slices[0].systems[i].eerInterval!;
      assert.ok(low <= eer && eer <= high);
    });
    assert.ok(slices[0].systems[1].relativeEer! > 0 && slices[0].systems[1].difference!.pValue < 1);
    assert.match(slicesTable(slices, { baseline: 'good', confidence: 0.95 }), /group: adult/);
  });

  it('divide targets by what both sides have in common, each with all nontargets', () => {
    const [other, same] = sliceTrials(table, 'same:sentence', sides);
    assert.deepEqual([other.name, same.name], ['other sentence', 'same sentence']);
    const nontargets = table.labels.filter((label) => label === 0).length;
    // No speaker says the sentence twice, so all targets are of other sentences.
    assert.equal(same.trials.length, nontargets);
    assert.equal(other.trials.length, trials.length);
  });

  it('are refused by a name that nothing has', () => {
    assert.throws(() => sliceTrials(table, 'grup', sides), /no slices by grup; there are .*group, sentence/);
  });
});

/** What several folds have in common, and what holds of one training in them. */
import assert from 'node:assert/strict';
import { joinFoldComparisons } from '../../../src/recipe/comparison/join-folds.js';
import type { ReadComparison } from '../../../src/recipe/comparison/read-comparison.js';
import type { TrainingCost } from '../../../src/report/comparison/system-facts.js';

const fold = (training: TrainingCost | undefined, notes: string[], scores: number[]): ReadComparison => ({
  name: 'folded',
  baseline: 'a',
  labels: Uint8Array.of(1, 0),
  speakers: { names: ['x', 'y'], enroll: Uint32Array.of(0, 0), test: Uint32Array.of(0, 1) },
  trials: { ids: [], enroll: new Uint32Array(), test: new Uint32Array(), labels: Uint8Array.of(1, 0) },
  systems: [{ name: 'a', runs: [{ name: 'a', scores, ...(training && { training }) }] }],
  notes,
});

describe('joining the comparisons of folds', () => {
  const one: TrainingCost = { seconds: 3600, finished: '2026-01-01T00:00:00Z', machine: 'M1', peakBytes: 1e9 };
  const two: TrainingCost = { seconds: 60, resumed: true, beside: 2, finished: '2026-02-01T00:00:00Z', machine: 'M2', peakBytes: 9e9 }; // prettier-ignore
  const join = (first: ReadComparison, second: ReadComparison) =>
    joinFoldComparisons([
      { fold: 'one', read: first },
      { fold: 'two', read: second },
    ]);

  it('says of a training what holds in any fold', () => {
    const { systems, labels } = join(fold(one, [], [1, 2]), fold(two, [], [3, 4]));
    const [run] = systems[0].runs;
    assert.deepEqual([...Array.from(run.scores), ...labels], [1, 2, 3, 4, 1, 0, 1, 0]);
    assert.deepEqual(run.training, {
      seconds: 1830,
      resumed: true,
      beside: 2,
      finished: '2026-02-01T00:00:00Z',
      peakBytes: 9e9,
      machine: 'M1; M2',
    });
  });

  it('has no time of a training that one fold does not tell', () => {
    assert.equal(join(fold(one, [], [1, 2]), fold(undefined, [], [3, 4])).systems[0].runs[0].training, undefined);
  });

  it('says once what is said of all, and of the rest where it holds', () => {
    const { notes } = join(fold(one, ['both', 'first'], [1, 2]), fold(two, ['both'], [3, 4]));
    assert.deepEqual(notes, ['both', 'In one: first']);
  });
});

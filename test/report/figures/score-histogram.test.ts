import assert from 'node:assert/strict';
import { scoreHistogram } from '../../../src/report/figures/score-histogram.js';
import { sampleTrials } from '../html/sample-report.js';

describe('a histogram of scores', () => {
  it('counts by hand what it counts', () => {
    const { edges, targets, nontargets } = scoreHistogram([0, 1, 2, 4, 4, 3], [0, 0, 1, 1, 1, 0], 4);
    assert.deepEqual(edges, [0, 1, 2, 3, 4]);
    assert.deepEqual(targets, [0, 0, 1, 2]); // 4 belongs to the last bin
    assert.deepEqual(nontargets, [1, 1, 0, 1]);
  });

  it('holds every trial once', () => {
    const { table, systems } = sampleTrials();
    const { targets, nontargets } = scoreHistogram(systems[0].runs[0], table.labels);
    const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
    const wanted = table.labels.reduce((total, label) => total + label, 0);
    assert.equal(sum(targets), wanted);
    assert.equal(sum(nontargets), table.labels.length - wanted);
  });

  it('has a width where all scores are equal', () => {
    const { edges, targets } = scoreHistogram([1, 1], [1, 1], 2);
    assert.deepEqual(edges, [0.5, 1, 1.5]);
    assert.deepEqual(targets, [0, 2]);
  });
});

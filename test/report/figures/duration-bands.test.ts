import assert from 'node:assert/strict';
import { durationBands, durationEdges } from '../../../src/report/figures/duration-bands.js';
import { computeEer } from '../../../src/scoring/measures/eer.js';
import { sampleTrials } from '../html/sample-report.js';

describe('the EER against the length of the speech', () => {
  it('divides all trials into bands of about the same size, by their shorter side', () => {
    const { table, sides } = sampleTrials();
    // Durations are 2 to 8 s; the shorter of two is mostly near 2, so some edges coincide.
    const edges = durationEdges(table, sides);
    assert.ok(edges.length >= 2 && edges.every((edge, i) => i === 0 || edge > edges[i - 1]), edges.join(' '));
    assert.ok(edges[0] >= 2 && edges.at(-1)! <= 8);
  });

  it('gives each band the EER of its trials', () => {
    const trials = sampleTrials();
    const bands = durationBands(trials);
    assert.ok(bands.length >= 2);
    const edges = durationEdges(trials.table, trials.sides);
    const { enroll, test, labels } = trials.table;
    const shorter = (i: number) => Math.min(trials.sides[enroll[i]].duration, trials.sides[test[i]].duration);
    const members = [...labels.keys()].filter((i) => shorter(i) >= edges[0] && shorter(i) < edges[1]);
    const { eer } = computeEer(
      members.map((i) => trials.systems[0].runs[0][i]),
      members.map((i) => labels[i]),
    );
    const first = bands.find(({ name }) => name.startsWith(`${edges[0]} to`))!;
    assert.equal(first.targets + first.nontargets, members.length);
    assert.ok(Math.abs(first.eers[0].eer - eer) < 1e-12);
    assert.ok(first.eers[0].interval![0] <= eer && eer <= first.eers[0].interval![1]);
  });
});

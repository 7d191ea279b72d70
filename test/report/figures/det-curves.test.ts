import assert from 'node:assert/strict';
import { detCurves, missesAt } from '../../../src/report/figures/det-curves.js';
import { computeEer } from '../../../src/scoring/measures/eer.js';
import { sampleTrials } from '../html/sample-report.js';

describe('the curves of a DET plot', () => {
  it('are read off between operating points in straight lines', () => {
    // Scores 4T 3N 2T 1N: at falling thresholds (P_fa, P_miss) = (0, 1) (0, ½) (½, ½) (½, 0) (1, 0).
    const line = { falseAlarm: [0, 0, 0.5, 0.5, 1], miss: [1, 0.5, 0.5, 0, 0] };
    assert.deepEqual(missesAt(line, [0.1, 0.25, 0.5, 0.75]), [0.5, 0.5, 0.5, 0]);
    // Between (0.2, 0.4) and (0.6, 0.2), a quarter of the way.
    assert.ok(Math.abs(missesAt({ falseAlarm: [0, 0.2, 0.6, 1], miss: [1, 0.4, 0.2, 0] }, [0.3])[0] - 0.35) < 1e-12);
  });

  it('pass through the EER', () => {
    const trials = sampleTrials();
    const { places, systems } = detCurves(trials, [0.01, 0.6]);
    systems.forEach(({ miss, eers }, i) => {
      const { eer } = computeEer(trials.systems[i].runs[0], trials.table.labels);
      assert.equal(eers[0], eer);
      // Both are read off the same line; what remains is rounding.
      assert.ok(Math.abs(miss[places.indexOf(eer)] - eer) < 1e-12);
    });
  });

  it('fall, lie within their bands at the EER, and are the same each time', () => {
    const trials = sampleTrials();
    const { places, systems, resamples } = detCurves(trials, [0.01, 0.6]);
    assert.equal(resamples, 300);
    for (const { miss, eers, band } of systems) {
      assert.ok(miss.every((value, i) => i === 0 || value <= miss[i - 1]));
      const [low, high] = band![places.indexOf(eers[0])];
      assert.ok(low < eers[0] && eers[0] < high, `${low} ${eers[0]} ${high}`);
    }
    assert.deepEqual(detCurves(trials, [0.01, 0.6]).systems[0].band, systems[0].band);
  });

  it('of several trainings are their mean', () => {
    const { systems } = detCurves(sampleTrials({ names: ['a'], runs: 3 }), [0.01, 0.6]);
    const [{ miss, runs }] = systems;
    assert.equal(runs.length, 3);
    assert.ok(Math.abs(miss[50] - (runs[0][50] + runs[1][50] + runs[2][50]) / 3) < 1e-12);
  });

  it('have no band with too few speakers', () => {
    const trials = sampleTrials();
    const few = { ...trials, speakers: { ...trials.speakers, names: ['a', 'b'] } };
    assert.equal(detCurves(few, [0.01, 0.6]).systems[0].band, undefined);
  });
});

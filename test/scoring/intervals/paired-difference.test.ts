import assert from 'node:assert/strict';
import { compareRuns } from '../../../src/scoring/intervals/paired-difference.js';
import { evaluateLabelled } from '../../../src/scoring/measures/evaluation.js';
import { levelOfEer, simulatedTrials, simulateRuns, trueMeasures } from './simulated-systems.js';

describe('compareRuns', () => {
  const trials = simulatedTrials(18, 4);
  const [weak, strong] = [levelOfEer(0.15), levelOfEer(0.02)];

  it('takes means over seeds and keeps the seeds apart', () => {
    const [first, second] = simulateRuns(trials, [weak, strong], { key: 1, seeds: 3, seedSpread: 0.1 });
    const result = compareRuns({
      speakers: trials,
      systems: [
        { name: 'weak', runs: first },
        { name: 'strong', runs: second },
      ],
      baseline: 'weak',
      resamples: 100,
    });
    const labels = trials.enroll.map((speaker, i) => Number(speaker === trials.test[i]));
    const eers = first.map((scores) => evaluateLabelled(scores, labels).eer);
    const { value, seedValues, seSeeds, seSpeakers, interval } = result.systems[0].figures.eer!;
    seedValues.forEach((eer, i) => assert.ok(Math.abs(eer - eers[i]) < 1e-12));
    assert.ok(Math.abs(value - (eers[0] + eers[1] + eers[2]) / 3) < 1e-12);
    assert.ok(seSeeds! > 0 && seSpeakers > 0 && interval[0] < value && value < interval[1]);
    const { difference, pValue, relative, relativeInterval } = result.differences['strong'].eer!;
    assert.ok(difference < 0 && relativeInterval[0] < relative && relative < relativeInterval[1]);
    assert.ok(pValue < 0.05 && relativeInterval[1] < 0, `p ${pValue}, to ${relativeInterval[1]}`);
    assert.deepEqual(Object.keys(result.differences), ['strong']);
    assert.equal(result.systems[0].figures.cllr, undefined);
  });

  it('says nothing of seeds where there is one', () => {
    const [[scores]] = simulateRuns(trials, [weak], { key: 2 });
    const { systems, differences } = compareRuns({
      speakers: trials,
      systems: [{ name: 'one', runs: [scores] }],
      measures: ['eer', 'cllr'],
      calibrated: true,
      resamples: 50,
    });
    assert.deepEqual(Object.keys(systems[0].figures), ['eer', 'cllr']);
    assert.equal(systems[0].figures.eer!.seSeeds, undefined);
    assert.deepEqual(differences, {});
  });

  // `bench/coverage.mjs` counts with 500 simulations a case what is counted here with few.
  it('holds true EERs and true differences about as often as it says, and finds differences where there are none seldom', () => {
    const simulations = 60;
    const small = simulatedTrials(18, 3);
    const truth = trueMeasures(weak).eer;
    let [figures, differences, found] = [0, 0, 0];
    const within = (value: number, [low, high]: readonly [number, number]) => Number(low <= value && value <= high);
    for (let key = 0; key < simulations; key++) {
      const [base, alike] = simulateRuns(small, [weak, weak], { key });
      const { systems, differences: of } = compareRuns({
        speakers: small,
        systems: [
          { name: 'base', runs: base },
          { name: 'alike', runs: alike },
        ],
        baseline: 'base',
        measures: ['eer'],
        resamples: 50,
      });
      figures += within(truth, systems[0].figures.eer!.interval);
      differences += within(0, of['alike'].eer!.interval);
      found += Number(of['alike'].eer!.pValue < 0.05);
    }
    // Of 60 draws that hold 95 times in 100, fewer than 52 hold in 1 of 150 cases.
    assert.ok(figures >= 52, `${figures} of ${simulations} EERs`);
    assert.ok(differences >= 52, `${differences} of ${simulations} differences`);
    assert.equal(found, simulations - differences);
  });
});

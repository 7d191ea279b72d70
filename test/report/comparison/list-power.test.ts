import assert from 'node:assert/strict';
import { assumedSpread, listPower, measuredSpreads } from '../../../src/report/comparison/list-power.js';
import { compareSystems } from '../../../src/report/comparison/comparison.js';
import { joinFolds } from '../../../src/scoring/scores/folds.js';
import { levelOfEer, simulatedTrials, simulateRuns, trueMeasures } from '../../scoring/intervals/simulated-systems.js';

describe('what a list could show', () => {
  const list = { speakers: 125, targets: 1000, nontargets: 4000 };
  const spreads = [{ measure: 'eer' as const, baseline: 0.05, perSpeaker: 0.04 }];

  it('follows the usual formula', () => {
    const [{ measures }] = listPower({ lists: [list], spreads, change: -0.1, trainings: [1, 1] });
    const [{ standardError, smallest, smallestRelative, powerForChange, speakersForChange }] = measures;
    assert.ok(Math.abs(standardError - 0.04 / Math.sqrt(125)) < 1e-12);
    // (1.979 + 0.845) standard errors, with quantiles of t for 124 degrees of freedom.
    assert.ok(Math.abs(smallest / standardError - 2.8238) < 5e-4, `${smallest / standardError}`);
    assert.equal(smallestRelative, smallest / 0.05);
    // P(T > 1.979 − 0.005 / 0.003578)
    assert.ok(Math.abs(powerForChange! - 0.281) < 2e-3, `${powerForChange}`);
    // 2.8016² · 0.04² / 0.005² is 502.4 with normal quantiles.
    assert.ok(Math.abs(speakersForChange! - 504) <= 2, `${speakersForChange}`);
  });

  it('takes all folds together first, and unequal ones for fewer speakers than they have', () => {
    const lists = [
      { ...list, name: 'one' },
      { ...list, name: 'two', speakers: 25 },
    ];
    const [all, one, two] = listPower({ lists, spreads, change: -0.1, trainings: [1, 1] });
    assert.deepEqual([all.name, all.speakers, all.targets], ['all folds', 150, 2000]);
    const errors = [one, two].map(({ measures: [{ standardError }] }) => standardError);
    assert.ok(Math.abs(all.measures[0].standardError - Math.hypot(...errors) / 2) < 1e-12);
  });

  it('counts seeds where there are several and their spread is known, over the trainings of all folds', () => {
    const known = [{ ...spreads[0], perTraining: [0.003, 0.004] as const }];
    const lists = ['one', 'two'].map((name) => ({ ...list, name }));
    const errorOf = (trainings: readonly [number, number]) =>
      listPower({ lists, spreads: known, trainings })[0].measures[0].standardError;
    const ofSpeakers = 0.04 / Math.sqrt(250);
    assert.ok(Math.abs(errorOf([1, 1]) - ofSpeakers) < 1e-12);
    assert.ok(Math.abs(errorOf([3, 3]) - Math.hypot(ofSpeakers, 0.005 / Math.sqrt(6))) < 1e-12);
    assert.ok(Math.abs(errorOf([1, 3]) - Math.hypot(ofSpeakers, 0.004 / Math.sqrt(6))) < 1e-12);
  });

  it('assumes a spread that grows with the root of the EER, unless one is given', () => {
    assert.ok(Math.abs(assumedSpread(0.04).perSpeaker - 0.04) < 1e-12);
    assert.equal(assumedSpread(0.04, 0.03).perSpeaker, 0.03);
  });

  // Whole trial lists, whose EERs are compared as `acanet compare` does it.
  const comparison = (levels: readonly [number, number], key: number, { speakers = 20, folds = 1, seeds = 1 } = {}) => {
    const trials = Array.from({ length: folds }, () => simulatedTrials(speakers, 3));
    const runs = trials.map((each, fold) =>
      simulateRuns(each, levels, { key: 100 * key + fold, seeds, seedSpread: 0.1 }),
    );
    const parts = trials.map((each, fold) => ({
      name: `fold ${fold}`,
      labels: Uint8Array.from(each.enroll, (speaker, i) => Number(speaker === each.test[i])),
      speakers: each,
    }));
    const [{ labels, speakers: pairs }] = folds > 1 ? [joinFolds(parts)] : parts;
    const systems = ['base', 'other'].map((name, system) => ({
      name,
      runs: runs[0][system].map((_, seed) => ({
        name: `${name}@${seed + 1}`,
        scores: Float64Array.from(runs.flatMap((each) => [...each[system][seed]])),
      })),
    }));
    return compareSystems({ systems, baseline: 'base', labels, speakers: pairs, resamples: 1, seed: 1 });
  };

  it('comes true: a planned difference is found about as often as foreseen, by a spread that another list showed', () => {
    const simulations = 150;
    const levels = [levelOfEer(0.15), levelOfEer(0.08)] as const;
    const [base, other] = levels.map((level) => trueMeasures(level).eer);
    // From a list of other speakers, and more of them.
    const [{ perSpeaker }] = measuredSpreads(comparison(levels, 1000, { speakers: 60 }), 'other');
    const spread = { measure: 'eer' as const, baseline: base, perSpeaker };
    const [{ measures }] = listPower({
      lists: [{ ...list, speakers: 20 }],
      spreads: [spread],
      change: other / base - 1,
      trainings: [1, 1],
    });
    let found = 0;
    for (let key = 0; key < simulations; key++) {
      const { pValue, difference } = comparison(levels, key).differences['other'].eer!;
      found += Number(pValue < 0.05 && difference < 0);
    }
    // Three standard errors of 150 draws, and as much for a spread that 60 speakers tell to about a tenth.
    assert.ok(
      Math.abs(found / simulations - measures[0].powerForChange!) < 0.2,
      `${found}, ${measures[0].powerForChange}`,
    );
    assert.ok(measures[0].powerForChange! > 0.3 && measures[0].powerForChange! < 0.9, `${measures[0].powerForChange}`);
  });

  it('reads the spread of a comparison so that the same list gives its standard errors again', () => {
    const levels = [levelOfEer(0.15), levelOfEer(0.1)] as const;
    const seen = comparison(levels, 5, { speakers: 12, folds: 2, seeds: 3 });
    const known = measuredSpreads(seen, 'other');
    assert.deepEqual(
      known.map(({ measure }) => measure),
      ['eer', 'minDcf', 'minCllr'],
    );
    const lists = seen.folds!.map(({ name, speakers, targets, nontargets }) => ({
      name,
      speakers,
      targets,
      nontargets,
    }));
    const [all] = listPower({ lists, spreads: known, trainings: [3, 3] });
    for (const { measure, standardError } of all.measures) {
      const { seSpeakers, seSeeds } = seen.differences['other'][measure]!;
      assert.ok(Math.abs(standardError - Math.hypot(seSpeakers, seSeeds!)) < 1e-12, measure);
    }
  });
});

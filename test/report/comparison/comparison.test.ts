import assert from 'node:assert/strict';
import { compareSystems, type ComparisonInput } from '../../../src/report/comparison/comparison.js';
import { relativeChange } from '../../../src/report/comparison/relative-change.js';
import type { SystemInput } from '../../../src/report/comparison/system-facts.js';
import type { SpeakerPairs } from '../../../src/scoring/scores/speaker-pairs.js';

/** Every utterance of 6 speakers with 2 each against every other: 6 target and 60 nontarget trials. */
function everyPair(): { labels: Uint8Array; speakers: SpeakerPairs } {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const pairs = Array.from({ length: 12 }, (_, i) => i).flatMap((i) =>
    Array.from({ length: 12 - i - 1 }, (_, j) => [Math.floor(i / 2), Math.floor((i + j + 1) / 2)]),
  );
  return {
    labels: Uint8Array.from(pairs, ([a, b]) => Number(a === b)),
    speakers: {
      names,
      enroll: Uint32Array.from(pairs, ([a]) => a),
      test: Uint32Array.from(pairs, ([, b]) => b),
    },
  };
}

describe('comparison', () => {
  const { labels, speakers } = everyPair();
  /** Targets score 1, nontargets 0, but the first targets or nontargets are wrong. */
  const scoresWith = ({ misses = 0, falseAlarms = 0 }) => {
    const wrong = [falseAlarms, misses];
    return Float64Array.from(labels, (label) => (wrong[label]-- > 0 ? 1 - label : label));
  };
  const system = (name: string, ...errors: { misses?: number; falseAlarms?: number }[]): SystemInput => ({
    name,
    runs: errors.map((error, i) => ({
      name: i === 0 ? name : `${name}@${i + 1}`,
      seed: i + 1,
      scores: scoresWith(error),
    })),
  });
  const good = system('good', { falseAlarms: 6 });
  const base = system('base', { falseAlarms: 12 });
  const compare = (systems: SystemInput[], options: Partial<ComparisonInput> = {}) =>
    compareSystems({ systems, baseline: 'base', labels, speakers, resamples: 50, ...options });

  it('gives the figures of single runs as `metrics` defines them, with counts of the trials', () => {
    const { trials, targets, nontargets, systems } = compare([good, base]);
    assert.deepEqual([trials, targets, nontargets], [66, 6, 60]);
    // 6 of 60 nontargets as high as all targets: the line from (0.1, 0) to (0, 1) crosses the diagonal at 1 / 11.
    assert.ok(Math.abs(systems[0].eer - 1 / 11) < 1e-12);
    assert.ok(Math.abs(systems[1].eer - 1 / 6) < 1e-12);
    assert.deepEqual([systems[0].runs[0].name, systems[0].runs[0].seed], ['good', 1]);
    assert.equal(systems[0].runs[0].eer, systems[0].eer);
  });

  it('gives differences as fractions of the baseline, for all systems but the baseline', () => {
    const sized = { ...good, parameters: 4_000_000, macs: 3e9 };
    const { relative } = compare([sized, { ...base, parameters: 20_000_000, macs: 3e9 }]);
    assert.deepEqual(Object.keys(relative), ['good']);
    assert.ok(Math.abs(relative.good.eer! - (1 / 11 - 1 / 6) * 6) < 1e-12);
    assert.deepEqual([relative.good.parameters, relative.good.macs], [-0.8, 0]);
    assert.ok(!('bytes' in relative.good), 'what is not known is left out');
  });

  it('takes the mean over seeds, whose variation is in the interval', () => {
    const seeds = [{ falseAlarms: 2 }, { falseAlarms: 6 }, { falseAlarms: 10 }];
    const [{ eer, runs, figures }] = compare([system('base', ...seeds)]).systems;
    const eers = [2, 6, 10].map((wrong) => wrong / (60 + wrong)); // as above: f / (1 + f) of the share f
    runs.forEach((run, i) => assert.ok(Math.abs(run.eer - eers[i]) < 1e-12));
    assert.ok(Math.abs(eer - (eers[0] + eers[1] + eers[2]) / 3) < 1e-12);
    const deviation = Math.sqrt(eers.reduce((sum, value) => sum + (value - eer) ** 2, 0) / 2);
    assert.ok(Math.abs(figures!.eer!.seSeeds! - deviation / Math.sqrt(3)) < 1e-12);
    assert.equal(compare([base]).systems[0].figures!.eer!.seSeeds, undefined);
  });

  it('gives intervals and p-values that agree', () => {
    const { relative, differences, bootstrap } = compare([good, base], { seed: 3 });
    const { eer, minDcf, minCllr } = differences.good;
    assert.deepEqual([relative.good.eerInterval, relative.good.eerPValue], [eer!.relativeInterval, eer!.pValue]);
    for (const { interval, pValue } of [eer!, minDcf!, minCllr!]) {
      assert.equal(pValue < 0.05, interval[0] > 0 || interval[1] < 0);
    }
    assert.deepEqual(bootstrap, { unit: 'speaker', speakers: 6, groups: 6, resamples: 50, seed: 3 });
  });

  it('has actDCF and Cllr of those systems that are calibrated in all runs', () => {
    const calibrated = (given: SystemInput): SystemInput => ({
      ...given,
      runs: given.runs.map((run) => ({ ...run, llrs: Float64Array.from(run.scores, (score) => 10 * score - 5) })),
    });
    const both = compare([calibrated(good), calibrated(base)]);
    assert.ok(both.differences.good.cllr && both.systems[0].figures?.cllr);
    const { systems, differences } = compare([calibrated(good), base]);
    assert.equal(systems[0].cllr, both.systems[0].cllr);
    assert.deepEqual(systems[0].figures?.cllr, both.systems[0].figures?.cllr);
    assert.deepEqual(systems[0].figures?.eer, both.systems[0].figures?.eer);
    assert.deepEqual([systems[1].cllr, differences.good.cllr], [undefined, undefined]);
    // softplus(±5) of right ones and of the 6 wrong nontargets
    const [right, wrong] = [Math.log1p(Math.exp(-5)), Math.log1p(Math.exp(5))];
    const expected = (right + (6 * wrong + 54 * right) / 60) / 2 / Math.LN2;
    assert.ok(Math.abs(systems[0].cllr! - expected) < 1e-12);
  });

  it('refuses ratios that are not those of the scores', () => {
    const [run] = base.runs;
    const other = { ...base, runs: [{ ...run, llrs: good.runs[0].scores }] };
    assert.throws(() => compare([good, other]), /base: the log-likelihood ratios are not of these scores/);
  });

  it('says why there are no intervals', () => {
    const { noIntervals, systems, verdicts } = compare([good, base], { speakers: { unknown: 'nobody knows' } });
    assert.deepEqual([noIntervals, systems[0].figures, systems[0].eerInterval], ['nobody knows', undefined, undefined]);
    assert.equal(verdicts[0].outcome, 'cannot tell');
    assert.match(verdicts[0].sentence, /is not known: nobody knows\.$/);
    const few = compare([good, base], { speakers: { ...speakers, names: ['a', 'b', 'c'] } });
    assert.match(few.noIntervals!, /^3 speakers are too few to resample, at least 5 are needed$/);
  });

  it('keeps an error-free baseline: no change from 0 to 0, else infinite', () => {
    assert.equal(relativeChange(0, 0), 0);
    assert.equal(relativeChange(0.1, 0), Infinity);
    const { relative } = compare([good, system('base', {})]);
    assert.equal(relative.good.eer, Infinity);
  });

  it('says what of many comparisons holds for all together', () => {
    const { notes } = compare([good, system('other', { falseAlarms: 13 }), base], { notes: ['further'] });
    assert.match(
      notes[0],
      /^Each p is of one comparison by itself\. Of all 2 together \(Holm's procedure\), no EER differs /,
    );
    assert.equal(notes.at(-1), 'further');
    assert.doesNotMatch(compare([good, base]).notes.join('\n'), /Holm/);
    // p = 0.044: enough alone, not beside another one.
    const clear = system('clear', { falseAlarms: 31 });
    const [alone] = compare([clear, base]).verdicts;
    const [among] = compare([clear, system('other', { falseAlarms: 13 }), base]).verdicts;
    assert.deepEqual([alone.outcome, alone.upheld], ['worse', undefined]);
    assert.deepEqual([among.outcome, among.upheld], ['cannot tell', false]);
    assert.ok(among.limits.includes('p = 0.044 would be enough for a single comparison, but not for one of 2 (Holm).'));
  });

  it('warns of a system whose targets have the lower scores', () => {
    const turned: SystemInput = {
      name: 'turned',
      runs: [{ name: 'turned', scores: scoresWith({}).map((score) => -score) }],
    };
    assert.match(compare([turned, base]).notes[0], /^turned: the EER of 100\.0 % is above the 50 % of guessing/);
    assert.doesNotMatch(compare([good, base]).notes.join(), /guessing/);
  });

  it('says which runs have the same scores, and that they are not trainings of their own', () => {
    const twice = system('twice', { falseAlarms: 6 }, { falseAlarms: 6 });
    const { notes } = compare([twice, base, system('copy', { falseAlarms: 12 })]);
    assert.ok(
      notes.includes(
        'These give every trial the same score: twice, twice@2. They are not different trainings, so intervals are too narrow.',
      ),
    );
    assert.ok(notes.includes('These give every trial the same score: base, copy.'));
  });

  it('says which intervals rest on few errors', () => {
    // 1 / 11 of 6 targets and 1 / 6 of them
    assert.deepEqual(compare([good, base]).notes, [
      'EER rests on few errors here, so its intervals and what is said of it are rough: good (1 miss), base (1 miss).',
      'minDCF(0.01) rests on few errors here, so its intervals and what is said of it are rough: good (0 false alarms), base (0 false alarms).',
    ]);
  });

  it('refuses a baseline that is not there, names that repeat and scores that are no numbers', () => {
    assert.throws(() => compare([good]), /"base" is not among the systems: good$/);
    assert.throws(() => compare([good, good, base]), /two systems are named "good"/);
    const scores = scoresWith({});
    scores[3] = NaN;
    assert.throws(() => compare([{ name: 'bad', runs: [{ name: 'bad', scores }] }, base]), /bad: .*NaN/);
  });
});

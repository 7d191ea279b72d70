import assert from 'node:assert/strict';
import type { Interval, MeasuredDifference } from '../../../src/scoring/intervals/confidence-interval.js';
import { formatPValue, reachVerdict, type VerdictInput } from '../../../src/report/comparison/verdict.js';

describe('verdict', () => {
  const runs = [1, 2, 3];
  const aca = { name: 'aca-net', eer: 0.0948, parameters: 4_553_601, macs: 1.15e9, runs };
  const ecapa = { name: 'ecapa-tdnn', eer: 0.1, parameters: 20_767_552, macs: 5.62e9, runs };
  const differing = (relativeInterval: Interval, pValue: number, eer = 0.0948): MeasuredDifference => ({
    difference: eer - 0.1,
    interval: [relativeInterval[0] * 0.1, relativeInterval[1] * 0.1],
    relative: eer / 0.1 - 1,
    relativeInterval,
    pValue,
    seSpeakers: 0.004,
    freedom: 17,
  });
  const judge = (input: Partial<VerdictInput>) =>
    reachVerdict({
      system: aca,
      baseline: ecapa,
      difference: differing([-0.14, 0.039], 0.24),
      speakers: 18,
      ...input,
    });

  it('leaves undecided what may be chance', () => {
    const { outcome, sentence, speakersToDecide } = judge({});
    assert.equal(outcome, 'undecided');
    // d / SE = 1.3 on 18 speakers; 80 % power at the 5 % level needs about 2.8, hence 18 · (2.8 / 1.3)², more as t is wider
    assert.equal(speakersToDecide, 86);
    assert.equal(
      sentence,
      'aca-net against ecapa-tdnn: relative EER change -5.2 % [-14.0, +3.9], p = 0.24; parameters 0.22×, MACs 0.20×; 3 seeds each, 18 speakers: undecided; about 86 speakers would decide a difference of this size between these trainings',
    );
  });

  it('says where no number of speakers decides, and nothing of the kind without any difference', () => {
    const seeded = (seSeeds: number) => ({ ...differing([-0.9, 0.9], 0.8), seSeeds, seedFreedom: 4 });
    const { sentence } = judge({ difference: seeded(0.0028) });
    // |d| / SE of the seeds alone is 1.9; it takes 2.8 or more, which more seeds reach by their root.
    assert.match(
      sentence,
      /; the seeds vary too much for more speakers alone to decide it: (9|15) seeds each and about/,
    );
    assert.match(judge({ difference: seeded(0.05) }).sentence, /for more speakers alone to decide it$/);
    const none = { ...differing([0, 0], 1), difference: 0, seSpeakers: 0 };
    assert.match(judge({ difference: none }).sentence, /18 speakers: undecided$/);
  });

  it('confirms fewer errors, and does not confirm where there are more', () => {
    const fewer = judge({ difference: differing([-0.09, -0.01], 0.012) });
    assert.deepEqual([fewer.outcome, fewer.sentence.split(': ').at(-1)], ['confirmed', 'lower EER, confirmed']);
    const more = judge({ system: { ...aca, eer: 0.13 }, difference: differing([0.1, 0.5], 0.0004, 0.13) });
    assert.equal(more.outcome, 'not confirmed');
    assert.match(more.sentence, /\+30\.0 % \[\+10\.0, \+50\.0\], p < 0\.001;.*: not confirmed: higher EER$/);
  });

  it('says what does not remain among many comparisons', () => {
    const clear = differing([-0.09, -0.01], 0.012);
    const lost = judge({ difference: clear, together: { comparisons: 7, upheld: false } });
    assert.deepEqual([lost.outcome, lost.upheld], ['confirmed', false]);
    assert.match(lost.sentence, /: lower EER, confirmed by itself, but not among all 7 comparisons \(Holm\)$/);
    const kept = judge({ difference: clear, together: { comparisons: 7, upheld: true } });
    assert.match(kept.sentence, /: lower EER, confirmed$/);
    assert.equal(judge({ together: { comparisons: 7, upheld: false } }).upheld, undefined);
  });

  it('writes a p-value on the side of 0.05 that it is on', () => {
    const written = [0.04998, 0.05, 0.0502, 0.0496, 0.09951, 0.2, 0.00099].map(formatPValue);
    assert.deepEqual(written, [
      'p = 0.04998',
      'p = 0.050',
      'p = 0.050',
      'p = 0.0496',
      'p = 0.10',
      'p = 0.20',
      'p < 0.001',
    ]);
  });

  it('says that one seed each shows nothing of other trainings', () => {
    const one = { system: { ...aca, runs: [1] }, baseline: { ...ecapa, runs: [1] } };
    const { sentence } = judge({ ...one, difference: differing([-0.09, -0.01], 0.012) });
    assert.match(
      sentence,
      /; 1 seed each, 18 speakers: lower EER, confirmed for these trainings \(what other seeds would give /,
    );
    const base = judge({ baseline: one.baseline, difference: differing([-0.09, -0.01], 0.012) }).sentence;
    assert.match(
      base,
      /confirmed for these trainings \(what other seeds of ecapa-tdnn would give is not in the interval\)$/,
    );
    const uneven = judge({ ...one, baseline: ecapa }).sentence;
    assert.match(uneven, /; 1 seed against 3, 18 speakers: undecided; about /);
  });

  it('speaks of points where the baseline makes no errors, or might make none', () => {
    const none = { ...differing([-1, Infinity], 0.03, 0.01), difference: 0.01, interval: [0.001, 0.019] as const };
    const { sentence, outcome } = judge({
      system: { ...aca, eer: 0.01 },
      baseline: { ...ecapa, eer: 0 },
      difference: none,
    });
    assert.match(
      sentence,
      /: EER 1\.00 % against 0\.00 %, a difference of \+1\.00 points \[\+0\.10, \+1\.90\], p = 0\.030;/,
    );
    assert.equal(outcome, 'not confirmed');
    assert.doesNotMatch(sentence, /inf|NaN/i);
    const might = judge({ difference: { ...differing([-0.9, Infinity], 0.6), interval: [-0.02, 0.01] } }).sentence;
    assert.match(might, /EER 9\.48 % against 10\.00 %, a difference of -0\.52 points \[-2\.00, \+1\.00\], p = 0\.60;/);
  });

  it('holds a claim against the interval', () => {
    const claim = { system: 'aca-net', baseline: 'ecapa-tdnn', eer: -0.05, parameters: 0.22, source: 'the paper' };
    const within = judge({ claim });
    assert.match(
      within.sentence,
      /; the claim of the paper, -5\.0 % with 0\.22× parameters, lies within the interval, and so does no difference at all$/,
    );
    assert.equal(within.claim?.withinInterval, true);
    const outside = judge({ claim, difference: differing([0.01, 0.2], 0.03) });
    assert.match(outside.sentence, /lies outside the interval$/);
  });

  it('judges nothing where speakers are not known', () => {
    const { outcome, sentence } = judge({ difference: undefined, speakers: undefined });
    assert.equal(outcome, 'unknown');
    assert.match(sentence, /relative EER change -5\.2 %; .*3 seeds each: undecided, as which speaker/);
  });
});

import assert from 'node:assert/strict';
import type { Interval, MeasuredDifference } from '../../../src/scoring/intervals/confidence-interval.js';
import { type JudgedDifference, reachVerdict, type VerdictInput } from '../../../src/report/comparison/verdict.js';

describe('verdict', () => {
  const runs = [1, 2, 3];
  const aca = { name: 'aca-net', eer: 0.0948, runs };
  const ecapa = { name: 'ecapa-tdnn', eer: 0.1, runs };
  const differing = (relativeInterval: Interval, pValue: number, eer = 0.0948): MeasuredDifference => ({
    difference: eer - 0.1,
    interval: [relativeInterval[0] * 0.1, relativeInterval[1] * 0.1],
    relative: eer / 0.1 - 1,
    relativeInterval,
    pValue,
    seSpeakers: 0.004,
    freedom: 17,
  });
  const clear = differing([-0.09, -0.01], 0.012);
  const judge = (eer: JudgedDifference | undefined, input: Partial<VerdictInput> = {}) =>
    reachVerdict({ system: aca, baseline: ecapa, differences: eer && { eer }, speakers: 18, ...input });

  it('cannot tell what may be chance, and says what it would take', () => {
    const verdict = judge(differing([-0.14, 0.039], 0.24));
    assert.equal(verdict.outcome, 'cannot tell');
    assert.equal(
      verdict.headline,
      'Cannot tell whether aca-net differs from ecapa-tdnn: EER 9.48 % against 10.00 % (p = 0.24)',
    );
    assert.equal(
      verdict.sentence,
      'On these trials aca-net makes 5.2 % fewer errors than ecapa-tdnn, but other speakers could give anything from 14 % fewer to 3.9 % more.',
    );
    // d / SE = 1.3 on 18 speakers; 80 % power at the 5 % level needs about 2.8, hence 18 · (2.8 / 1.3)², more as t is
    // wider
    assert.equal(verdict.speakersToDecide, 86);
    assert.deepEqual(verdict.limits, [
      'To show a difference of this size takes about 86 speakers like those here; there are 18.',
    ]);
  });

  it('says where no number of speakers would do, and nothing of the kind without any difference', () => {
    const seeded = (seSeeds: number) => ({ ...differing([-0.9, 0.9], 0.8), seSeeds, seedFreedom: 4 });
    const { limits, sentence } = judge(seeded(0.0028));
    assert.match(sentence, /but other speakers and trainings could give anything from 90 % fewer to 90 % more\.$/);
    // |d| / SE of the seeds alone is 1.9; it takes 2.8 or more, which more seeds reach by their root.
    assert.match(
      limits[0],
      /^Trainings vary too much for more speakers alone .*: it takes (9|15) trainings each and about [\d,]+ speakers; there are 18\.$/,
    );
    assert.match(judge(seeded(0.05)).limits[0], /for more speakers alone to show this difference\.$/);
    const none = { ...differing([0, 0], 1), difference: 0, seSpeakers: 0 };
    assert.deepEqual(judge(none).limits, []);
  });

  it('calls fewer errors better and more errors worse where chance would seldom show as much', () => {
    const fewer = judge(clear);
    assert.deepEqual([fewer.outcome, fewer.limits], ['better', []]);
    assert.equal(fewer.headline, 'aca-net is better than ecapa-tdnn here: EER 9.48 % against 10.00 % (p = 0.012)');
    assert.equal(
      fewer.sentence,
      'On these trials aca-net makes 5.2 % fewer errors than ecapa-tdnn; if both were equally good, chance would show a difference this large in about 1 of 100 tests.',
    );
    const more = judge(differing([0.1, 0.5], 0.0004, 0.13), { system: { ...aca, eer: 0.13 } });
    assert.equal(more.outcome, 'worse');
    assert.equal(more.headline, 'aca-net is worse than ecapa-tdnn here: EER 13.00 % against 10.00 % (p < 0.001)');
    assert.match(more.sentence, /makes 30 % more errors .* in fewer than 1 of 1000 tests\.$/);
  });

  it('cannot tell what does not remain among many comparisons', () => {
    const lost = judge({ ...clear, upheld: false }, { comparisons: 7 });
    assert.deepEqual([lost.outcome, lost.upheld, lost.speakersToDecide], ['cannot tell', false, undefined]);
    assert.match(lost.sentence, / in about 1 of 100 tests, and this is one of 7 tests\.$/);
    assert.deepEqual(lost.limits, ['p = 0.012 would be enough for a single comparison, but not for one of 7 (Holm).']);
    const kept = judge({ ...clear, upheld: true }, { comparisons: 7 });
    assert.deepEqual([kept.outcome, kept.upheld, kept.limits], ['better', true, []]);
    // What would not be enough for a single comparison is told as where there is one.
    const open = judge({ ...differing([-0.14, 0.039], 0.24), upheld: false }, { comparisons: 7 });
    assert.equal(open.upheld, undefined);
    assert.match(open.sentence, /, but other speakers could give anything from 14 % fewer to 3\.9 % more\.$/);
    assert.match(open.limits[0], /^To show a difference of this size in one comparison by itself takes about 86 /);
  });

  it('asks for the speakers that each fold has too few of, and for no number of trainings where one is known', () => {
    const open = differing([-0.14, 0.039], 0.24);
    const [all, folds] = [judge(open, { speakers: 66 }), judge(open, { speakers: [6, 60] })];
    assert.ok(folds.speakersToDecide! > all.speakersToDecide!);
    assert.match(folds.limits[0], /there are 66\.$/);
    const seeded = { ...open, seSeeds: 0.01, seedFreedom: 2 };
    const { limits } = judge(seeded, { system: { ...aca, runs: [1] } });
    assert.ok(
      limits.includes('Trainings vary too much for more speakers alone to show this difference.'),
      limits.join(),
    );
  });

  it('says that one training shows nothing of others', () => {
    const one = { system: { ...aca, runs: [1] }, baseline: { ...ecapa, runs: [1] } };
    assert.deepEqual(judge(clear, one).limits, ['One training each; other seeds may differ.']);
    assert.deepEqual(judge(clear, { baseline: one.baseline }).limits, [
      'One training of ecapa-tdnn; its other seeds may differ.',
    ]);
    assert.deepEqual(judge(clear, { system: one.system }).limits, [
      'One training of aca-net; its other seeds may differ.',
    ]);
  });

  it('judges other measures beside the EER', () => {
    const [system, baseline] = [
      { ...aca, minDcf: 0.5, minCllr: 0.3 },
      { ...ecapa, minDcf: 0.6, minCllr: 0.31 },
    ];
    const differences = { eer: clear, minDcf: clear, minCllr: differing([-0.14, 0.039], 0.24) };
    const { limits, figures } = judge(clear, { system, baseline, differences });
    assert.deepEqual(limits, [
      'minDCF(0.01): better, 0.500 against 0.600 (p = 0.012).',
      'minCllr: cannot tell, 0.300 against 0.310 (p = 0.24).',
    ]);
    const lost = { eer: clear, minDcf: { ...clear, upheld: false } };
    assert.ok(
      judge(clear, { system, baseline, differences: lost, comparisons: 3 }).limits.includes(
        'minDCF(0.01): cannot tell among 3 (Holm), 0.500 against 0.600 (p = 0.012).',
      ),
    );
    assert.deepEqual(
      figures.map(({ measure, outcome, value }) => [measure, outcome, value]),
      [
        ['eer', 'better', 0.0948],
        ['minDcf', 'better', 0.5],
        ['minCllr', 'cannot tell', 0.3],
      ],
    );
  });

  it('speaks of points where the baseline makes no errors, or might make none', () => {
    const none = { ...differing([-1, Infinity], 0.3, 0.01), difference: 0.01, interval: [-0.001, 0.019] as const };
    const { sentence, headline } = judge(none, { system: { ...aca, eer: 0.01 }, baseline: { ...ecapa, eer: 0 } });
    assert.equal(
      sentence,
      'On these trials aca-net makes errors and ecapa-tdnn makes none, but other speakers could give EERs that differ by -0.10 to +1.90 points.',
    );
    assert.doesNotMatch(headline + sentence, /inf|NaN/i);
    const might = judge({ ...differing([-0.9, Infinity], 0.6), interval: [-0.02, 0.01] }).sentence;
    assert.match(might, /makes 5\.2 % fewer errors .* EERs that differ by -2\.00 to \+1\.00 points\.$/);
  });

  it('hands a claim on with what decides it', () => {
    const claim = { system: 'aca-net', baseline: 'ecapa-tdnn', eer: -0.05 };
    assert.equal(judge(clear, { claim }).claim?.outcome, 'supported');
    assert.equal(judge({ ...clear, upheld: false }, { claim }).claim?.outcome, 'cannot tell');
    assert.equal(judge(clear, { claim, untested: 'another corpus' }).claim?.outcome, 'not tested here');
  });

  it('cannot tell where speakers are not known, and says why', () => {
    const { outcome, sentence, headline, limits, figures } = judge(undefined, {
      speakers: undefined,
      noIntervals: 'who speaks is not known',
    });
    assert.deepEqual([outcome, limits, figures], ['cannot tell', [], []]);
    assert.match(headline, /: EER 9\.48 % against 10\.00 %$/);
    assert.equal(
      sentence,
      'On these trials aca-net makes 5.2 % fewer errors than ecapa-tdnn. Whether that is more than chance is not known: who speaks is not known.',
    );
  });
});

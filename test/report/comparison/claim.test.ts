import assert from 'node:assert/strict';
import { type Claim, type ClaimEvidence, judgeClaim, whyUntested } from '../../../src/report/comparison/claim.js';
import type { Interval } from '../../../src/scoring/intervals/confidence-interval.js';

describe('claim', () => {
  const claim: Claim = {
    system: 'aca-net',
    baseline: 'ecapa-tdnn',
    eer: -0.05,
    parameters: 0.2,
    source: 'a paper',
    protocol: 'wsj0-1talker',
  };
  const judge = (relativeInterval: Interval, more: Partial<ClaimEvidence> = {}) => {
    const decided = relativeInterval[0] > 0 || relativeInterval[1] < 0;
    const difference = {
      ...{ difference: 0.001, relative: 0.01, relativeInterval, seSpeakers: 0.004, freedom: 17 },
      interval: [-1, 1] as const,
      pValue: decided ? 0.01 : 0.5,
    };
    return judgeClaim(claim, { difference, baselineEer: 0.1, decided, speakers: 18, confidence: 0.95, ...more });
  };

  it('is supported, contradicted or open, by the interval of the change', () => {
    const cases: [Interval, string, RegExp][] = [
      [[-0.14, -0.01], 'supported', /holds the claimed change, but not 0\.$/],
      [[-0.4, -0.2], 'supported', /is better than the claim\.$/],
      [[-0.14, 0.04], 'cannot tell', /leaves both open: the claim, and no difference at all\. To show/],
      [[-0.02, 0.04], 'contradicted', /does not hold the claimed change\.$/],
      [[0.01, 0.2], 'contradicted', /The interval, \+1\.0 to \+20\.0 %, does not hold the claimed change\.$/],
    ];
    for (const [interval, outcome, ending] of cases) {
      const judged = judge(interval);
      assert.equal(judged.outcome, outcome, interval.join());
      assert.match(judged.sentence, ending);
      assert.ok(
        judged.sentence.startsWith(`The claim of a paper, 5 % fewer errors with 0.20× the parameters: ${outcome}.`),
      );
    }
  });

  it('is a bound where it is of no fewer errors', () => {
    const atMost = (eer: number, relativeInterval: Interval) => {
      const { difference, ...rest } = { difference: { difference: 0, relative: 0, relativeInterval, seSpeakers: 0.004, freedom: 17, interval: [-1, 1] as const, pValue: 0.5 }, baselineEer: 0.1, decided: false, speakers: 18, confidence: 0.95 }; // prettier-ignore
      return judgeClaim({ ...claim, eer }, { difference, ...rest });
    };
    assert.equal(atMost(0.05, [-0.03, 0.03]).outcome, 'supported');
    assert.equal(atMost(0.05, [0.01, 3]).outcome, 'cannot tell');
    assert.equal(atMost(0.05, [0.06, 0.2]).outcome, 'contradicted');
    assert.equal(atMost(0, [-0.03, 0.03]).outcome, 'cannot tell');
    assert.equal(atMost(0, [-0.03, -0.01]).outcome, 'supported');
    assert.match(atMost(0.05, [-0.03, 0.03]).sentence, /a paper, at most 5 % more errors with .* not go beyond the claimed change\.$/); // prettier-ignore
    assert.match(atMost(0, [-0.03, -0.01]).sentence, /, no more errors with/);
  });

  it('is open where its difference does not remain among many', () => {
    const judged = judge([-0.14, -0.01], { decided: false });
    assert.deepEqual([judged.outcome, judged.withinInterval], ['cannot tell', true]);
  });

  it('is not tested on other trials than those of its protocol, or on a part of them', () => {
    assert.equal(whyUntested(claim, { protocol: 'wsj0-1talker' }), undefined);
    assert.equal(whyUntested({ ...claim, protocol: undefined }, {}), undefined);
    assert.match(whyUntested(claim, {})!, /^it was made on wsj0-1talker, and these are other trials$/);
    const partial = 'partial WSJ0-1talker: 303 of 20,000 training files';
    assert.equal(whyUntested(claim, { protocol: 'wsj0-1talker', partial }), partial);
    const judged = judge([-0.14, -0.01], { untested: partial });
    assert.deepEqual([judged.outcome, judged.withinInterval], ['not tested here', undefined]);
    assert.ok(
      judged.sentence.includes(
        `: not tested here. Why: ${partial}. To show a difference of the claimed size takes about`,
      ),
    );
  });

  it('says how many speakers the claimed difference needs, whatever difference was observed', () => {
    // d / SE = 0.005 / 0.004 on 18 speakers; 80 % power at the 5 % level needs about 2.8: 18 · (2.8 / 1.25)² = 90, more
    // as t is wider.
    assert.equal(judge([-0.14, 0.04]).speakersToDecide, 93);
    assert.match(judge([-0.14, 0.04]).sentence, /takes about 93 speakers like those here; there are 18\.$/);
  });

  it('is open where there is no interval', () => {
    const judged = judgeClaim(claim, { baselineEer: 0.1, decided: false, confidence: 0.95 });
    assert.deepEqual([judged.outcome, judged.speakersToDecide], ['cannot tell', undefined]);
  });
});

/** @file Answers in words: their directions, their numbers, and what is said where nothing is known. */
import assert from 'node:assert/strict';
import { answer } from '../../src/page/verdict.js';

const scoring = { calibration: { weight: 20, offset: -8 } };

describe('page/verdict', () => {
  for (const [cosine, prior, kind, words] of [
    [0.9, 0.5, 'same', /^Such recordings are 22,026 times as likely from one speaker as from two .*more than 99\.9 %/],
    [0.1, 0.5, 'different', /403 times as likely from two speakers as from one .*0\.2 %/],
    [0.45, 0.5, 'unsure', /2\.7 times as likely from one speaker.*73 %/],
    [0.4, 0.5, 'unsure', /1\.0 times as likely.*50 %/],
    [0.6, 0.001, 'different', /55 times as likely from one speaker.*5 %/],
    [1.5, 0.5, 'same', /more than a million times as likely.*more than 99\.9 %/],
  ] as const) {
    it(`says of a score of ${cosine} at a prior of ${prior}: ${kind}`, () => {
      const { kind: found, because, llr } = answer(cosine, scoring, prior);
      assert.ok(Math.abs(llr! - (20 * cosine - 8)) < 1e-12);
      assert.match(because, words);
      // 0.6 at 0.001: 55 : 1 against 999 : 1 is 18 : 1 for two people.
      assert.equal(found, kind);
    });
  }

  it('leans to neither side where both are about as likely', () => {
    assert.match(answer(0.42, scoring, 0.5).verdict, /^Undecided/);
    assert.match(answer(0.45, scoring, 0.5).verdict, /^Rather the same person/);
    assert.match(answer(0.35, scoring, 0.5).verdict, /^Rather different people/);
  });

  it('gives no verdict without a calibration, and says why', () => {
    const { kind, verdict, because, llr } = answer(0.7, { without: 'Nobody knows.' }, 0.5);
    assert.deepEqual([kind, because, llr], ['none', 'Nobody knows.', undefined]);
    assert.match(verdict, /no calibration/);
  });
});

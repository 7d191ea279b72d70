/**
 * @file Made trials: complete where nothing caps them, sampled without repetition otherwise, free of the input's order.
 */
import assert from 'node:assert/strict';
import type { Utterance } from '../../../src/corpus/manifest/manifest.js';
import { makeTrials, trialOptions } from '../../../src/corpus/trials/trial-making.js';
import type { Trial } from '../../../src/corpus/trials/trials.js';

/** `speakers` × `each` utterances; even speakers are women; two utterances a session. */
function corpus(speakers: number, each: number): Utterance[] {
  return Array.from({ length: speakers * each }, (_, index) => {
    const speaker = Math.floor(index / each);
    const number = index % each;
    return {
      id: `s${speaker}-${number}`,
      speaker: `s${speaker}`,
      path: '/x.wav',
      duration: 1,
      sampleRate: 16000,
      channels: 1,
      gender: speaker % 2 === 0 ? 'f' : 'm',
      session: `s${speaker}-${number >> 1}`,
      corpus: 'test',
      split: 'test',
    };
  });
}

const speakerOf = (id: string) => Number(/^s(\d+)-/.exec(id)![1]);
const pairOf = ({ enroll, test }: Trial) => [enroll, test].sort().join(' ');
const targetsOf = (trials: Trial[]) => trials.filter(({ target }) => target);
const nontargetsOf = (trials: Trial[]) => trials.filter(({ target }) => !target);

describe('makeTrials', () => {
  it('makes every unordered pair once without caps', () => {
    const trials = makeTrials(corpus(4, 3), { seed: 1 });
    assert.equal(trials.length, (12 * 11) / 2);
    assert.equal(new Set(trials.map(pairOf)).size, trials.length);
    for (const { enroll, test, target } of trials) assert.equal(target, speakerOf(enroll) === speakerOf(test));
  });

  it('does not depend on the order of the utterances', () => {
    const utterances = corpus(10, 6);
    const options = { seed: 3, maxTargets: 40, maxNontargets: 100, sameGender: 0.5 };
    assert.deepEqual(makeTrials(utterances.toReversed(), options), makeTrials(utterances, options));
  });

  it('depends on the seed', () => {
    const caps = { maxTargets: 10, maxNontargets: 10 };
    assert.notDeepEqual(makeTrials(corpus(5, 4), { seed: 1, ...caps }), makeTrials(corpus(5, 4), { seed: 2, ...caps }));
  });

  for (const maxNontargets of [50, 1500]) {
    it(`samples ${maxNontargets} of 1620 nontarget pairs without repetition`, () => {
      const trials = makeTrials(corpus(10, 6), { seed: 1, maxTargets: 20, maxNontargets });
      assert.equal(targetsOf(trials).length, 20);
      assert.equal(nontargetsOf(trials).length, maxNontargets);
      assert.equal(new Set(trials.map(pairOf)).size, trials.length);
    });
  }

  it('samples pairs uniformly', () => {
    // 2000 draws of 10 of 40 pairs: each is expected 500 times, standard deviation 19; 100 is more than 5 of those.
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 2000; seed++) {
      const trials = makeTrials(corpus(5, 2), { seed, maxTargets: 1, maxNontargets: 10 });
      for (const trial of nontargetsOf(trials)) counts.set(pairOf(trial), (counts.get(pairOf(trial)) ?? 0) + 1);
    }
    assert.equal(counts.size, 40);
    for (const [pair, count] of counts) assert.ok(Math.abs(count - 500) < 100, `${pair}: ${count}`);
  });

  for (const share of [0, 0.5, 1]) {
    it(`keeps a same-gender share of ${share}, also where one kind runs out`, () => {
      for (const maxNontargets of [100, Infinity]) {
        const nontargets = nontargetsOf(makeTrials(corpus(10, 4), { seed: 1, maxNontargets, sameGender: share }));
        const same = nontargets.filter(({ enroll, test }) => speakerOf(enroll) % 2 === speakerOf(test) % 2).length;
        assert.ok(nontargets.length >= 100);
        assert.ok(Math.abs(same - share * nontargets.length) <= 1, `${same} of ${nontargets.length}`);
      }
    });
  }

  it('pairs targets across sessions only when asked', () => {
    const sessionOf = new Map(corpus(4, 4).map(({ id, session }) => [id, session]));
    const targets = targetsOf(makeTrials(corpus(4, 4), { seed: 1, sessions: 'cross' }));
    assert.equal(targets.length, 4 * 4);
    for (const { enroll, test } of targets) assert.notEqual(sessionOf.get(enroll), sessionOf.get(test));
  });

  it('draws which side enrolls', () => {
    const trials = makeTrials(corpus(10, 4), { seed: 1 });
    const ascending = trials.filter(({ enroll, test }) => enroll < test).length / trials.length;
    assert.ok(Math.abs(ascending - 0.5) < 0.1, `${ascending}`); // 780 coins: 0.1 is more than 5 standard deviations
  });

  it('says why it cannot make trials', () => {
    const unknown = corpus(3, 2).map(({ gender: _, ...rest }) => rest);
    assert.throws(
      () => makeTrials(corpus(5, 1), { seed: 1 }),
      /none of 5 speakers \(5 utterances\) has two utterances or more/,
    );
    assert.throws(() => makeTrials(corpus(5, 2), { seed: 1, sessions: 'cross' }), /has two sessions or more/);
    assert.throws(() => makeTrials(corpus(1, 4), { seed: 1 }), /cannot make nontarget trials/);
    assert.throws(() => makeTrials(unknown, { seed: 1, sameGender: 0.5 }), /the gender of speaker s0 is unknown/);
  });

  it("keeps a corpus's other defaults when a recipe sets one option", () => {
    const schema = trialOptions({ sessions: 'cross', sameGender: 0.5 });
    assert.deepEqual(schema.parse({ maxTargets: 7 }), {
      maxTargets: 7,
      maxNontargets: 100_000,
      sameGender: 0.5,
      sessions: 'cross',
    });
  });
});

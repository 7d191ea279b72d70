/** @file Trials drawn from ranges: exact counts, every restriction kept, uniform, free of the input's order. */
import assert from 'node:assert/strict';
import { drawTrials } from '../../../src/corpus/trials/trial-drawing.js';
import { makeTrialList, makeTrials } from '../../../src/corpus/trials/trial-making.js';
import type { TrialUtterance } from '../../../src/corpus/trials/trial-sampling.js';
import type { MadeTrials, TrialListOptions } from '../../../src/corpus/trials/trial-shortage.js';
import type { Trial } from '../../../src/corpus/trials/trials.js';

/** `speakers` × `each` utterances; even speakers are women; two utterances a session; durations 1, 2, … `each` s. */
const corpus = (speakers: number, each: number): TrialUtterance[] =>
  Array.from({ length: speakers * each }, (_, index) => {
    const speaker = Math.floor(index / each);
    const number = index % each;
    return {
      id: `s${speaker}-${number}`,
      speaker: `s${speaker}`,
      gender: speaker % 2 === 0 ? 'f' : 'm',
      session: `day${number >> 1}`,
      duration: number + 1,
    };
  });

const pairOf = ({ enroll, test }: Trial) => [enroll, test].sort().join(' ');

/** Checks what holds for every list. */
function checkList({ trials, enrolment }: MadeTrials, utterances: TrialUtterance[], options: TrialListOptions): void {
  const known = new Map(utterances.map((utterance) => [utterance.id, utterance]));
  assert.equal(
    new Set(trials.map((trial) => (enrolment ? `${trial.enroll} ${trial.test}` : pairOf(trial)))).size,
    trials.length,
  );
  for (const { enroll, test, target } of trials) {
    const own = enrolment ? enrolment.get(enroll)! : [enroll];
    assert.equal(own.length, options.enrollUtterances ?? 1);
    assert.ok(!own.includes(test));
    const tested = known.get(test)!;
    for (const id of own) {
      const { speaker, session } = known.get(id)!;
      assert.equal(target, speaker === tested.speaker);
      if (target && options.sessions === 'cross') assert.notEqual(session, tested.session);
    }
    const bands = options.durations ?? [];
    assert.ok(bands.length === 0 || bands.some(({ from, to }) => from <= tested.duration && tested.duration < to));
  }
}

const count = (trials: readonly Trial[], target: boolean) => trials.filter((trial) => trial.target === target).length;

describe('drawTrials', () => {
  const utterances = corpus(10, 12);
  const cases: [what: string, options: Partial<TrialListOptions>][] = [
    ['single utterances', {}],
    ['single utterances across sessions', { sessions: 'cross' }],
    ['models of three', { enrollUtterances: 3 }],
    ['models of two across sessions', { enrollUtterances: 2, sessions: 'cross' }],
    ['a share of one gender', { sameGender: 0.75 }],
    ['bands of duration', { durations: [{ from: 2, to: 4 }, { from: 6, to: Infinity }] }], // prettier-ignore
    ['models and bands at once', { enrollUtterances: 2, sessions: 'cross', sameGender: 0.5, durations: [{ from: 3, to: 5 }, { from: 5, to: 9 }] }], // prettier-ignore
  ];
  for (const [what, extra] of cases) {
    for (const maxTargets of [21, 60]) {
      it(`draws ${maxTargets} target and 90 nontarget trials of ${what}`, () => {
        const options: TrialListOptions = { seed: 1, maxTargets, maxNontargets: 90, ...extra };
        const made = drawTrials(utterances, options);
        checkList(made, utterances, options);
        assert.deepEqual(made.shortfalls, []);
        assert.deepEqual([count(made.trials, true), count(made.trials, false)], [maxTargets, 90]);
        assert.deepEqual(drawTrials(utterances.toReversed(), options), made);
      });
    }
  }

  it('makes every pair where all are wanted', () => {
    const all: [Partial<TrialListOptions>, targets: number, nontargets: number][] = [
      [{}, 10 * 66, 120 * 54],
      [{ sessions: 'cross' }, 10 * 60, 120 * 54],
      [{ enrollUtterances: 4 }, 10 * 3 * 8, 10 * 3 * 108],
      [{ enrollUtterances: 2, sessions: 'cross' }, 10 * 6 * 10, 10 * 6 * 108],
      [{ sameGender: 1 }, 10 * 66, (120 * 48) / 2],
      // Tests of 12 s only: one utterance of each speaker, against 11 others; 45 of the nontarget pairs test either
      // way.
      [{ durations: [{ from: 12, to: 13 }] }, 10 * 11, 10 * 108 - 45],
    ];
    for (const [options, targets, nontargets] of all) {
      const made = drawTrials(utterances, { seed: 1, ...options });
      checkList(made, utterances, { seed: 1, ...options });
      assert.deepEqual(
        [count(made.trials, true), count(made.trials, false)],
        [targets, nontargets],
        JSON.stringify(options),
      );
    }
  });

  it('gives each band its share, and says which band lacks trials', () => {
    const durations = [{ from: 1, to: 3 }, { from: 12, to: 13 }]; // prettier-ignore
    const options = { seed: 1, maxTargets: 301, maxNontargets: 100, durations };
    const { trials, shortfalls } = drawTrials(utterances, options);
    assert.deepEqual(
      shortfalls.map(({ kind, wanted, band }) => [kind, wanted, band]),
      [['target', 150, durations[1]]],
    );
    const last = trials.filter(({ test, target }) => !target && test.endsWith('-11')).length;
    assert.equal(last, 50);
  });

  it('draws pairs uniformly', () => {
    // 3000 draws of 10 of 40 pairs: each is expected 750 times, standard deviation 24; 120 is 5 of those.
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 3000; seed++) {
      // Wanting few draws and rejects (4 of 40); wanting many walks.
      const { trials } = drawTrials(corpus(5, 2), { seed, maxTargets: 1, maxNontargets: seed % 2 === 0 ? 4 : 16 });
      for (const trial of trials) if (!trial.target) counts.set(pairOf(trial), (counts.get(pairOf(trial)) ?? 0) + 1);
    }
    assert.equal(counts.size, 40);
    for (const [pair, times] of counts) assert.ok(Math.abs(times - 750) < 120, `${pair}: ${times}`);
  });

  it('keeps a speaker in one piece where some utterances do not say the gender', () => {
    const some = utterances.map((utterance, index) =>
      index % 5 === 0 ? { ...utterance, gender: undefined } : utterance,
    );
    checkList(drawTrials(some, { seed: 1 }), some, { seed: 1 });
  });

  it('is used for more utterances than can be walked through, in little time', () => {
    const many = corpus(1000, 30);
    const options = { seed: 1, maxTargets: 5000, maxNontargets: 20_000, sameGender: 0.5, sessions: 'cross' as const };
    const made = makeTrialList(many, options);
    checkList(made, many, options);
    assert.equal(made.trials.length, 25_000);
  });

  it('refuses more trials than fit, with what exists', () => {
    assert.throws(
      () => makeTrials(corpus(2, 6000), { seed: 1 }),
      /cannot make more than 16777215 trials, and 35994000 exist: ask for a number of them \(target trials\)/,
    );
  });

  it('says why it cannot make trials', () => {
    assert.throws(() => drawTrials(corpus(5, 3), { seed: 1, enrollUtterances: 3 }), /has 4 utterances or more/);
    assert.throws(
      () => drawTrials(corpus(5, 2), { seed: 1, durations: [{ from: 9, to: 10 }] }),
      /one to test with that is in the duration bands/,
    );
    const unplaced = corpus(5, 4).map((utterance) => ({ ...utterance, session: undefined }));
    assert.throws(
      () => makeTrials(unplaced, { seed: 1, sessions: 'cross' }),
      /no utterance of the manifest has a session/,
    );
  });
});

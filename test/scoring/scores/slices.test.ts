import assert from 'node:assert/strict';
import { UserError } from '../../../src/errors.js';
import { type SliceKind, sliceTrials, type TrialSide, worstTrials } from '../../../src/scoring/scores/slices.js';
import { tableOfTrials } from '../../../src/scoring/scores/trial-table.js';

describe('slices', () => {
  const facts: Record<string, TrialSide> = {
    a1: { speaker: 'a', gender: 'f', duration: 1, sessions: ['x'], paths: [] },
    a2: { speaker: 'a', gender: 'f', duration: 5, sessions: ['x'], paths: [] },
    a3: { speaker: 'a', gender: 'f', duration: 20, sessions: ['y', 'z'], paths: [] },
    b1: { speaker: 'b', gender: 'm', duration: 3, sessions: ['w'], paths: [] },
    b2: { speaker: 'b', gender: 'm', duration: 30, sessions: [], paths: [] },
  };
  const pairs = ['a1 a2', 'a1 a3', 'a2 b1', 'b1 b2', 'a3 b2'].map((pair) => pair.split(' '));
  const trials = tableOfTrials(pairs.map(([enroll, test]) => ({ enroll, test, target: enroll[0] === test[0] })));
  const sides = trials.ids.map((id) => facts[id]);
  const slicesBy = (by: SliceKind) =>
    Object.fromEntries(sliceTrials(trials, by, sides).map(({ name, trials: own }) => [name, [...own]]));

  it('divides by the genders of both sides', () => {
    assert.deepEqual(slicesBy('gender'), { female: [0, 1], male: [3], 'one of each': [2, 4] });
  });

  it('divides by the shorter side, in order of duration', () => {
    assert.deepEqual(slicesBy('duration'), { '0 to 2 s': [0, 1], '2 to 4 s': [2, 3], '16 s and more': [4] });
  });

  it('divides target trials by session and gives both parts all nontarget trials', () => {
    assert.deepEqual(slicesBy('session'), {
      'within a session': [0, 2, 4],
      'across sessions': [1, 2, 4],
      unknown: [3],
    });
  });

  it('gives a speaker the trials with the speaker on either side, once each', () => {
    assert.deepEqual(slicesBy('speaker'), { a: [0, 1, 2, 4], b: [2, 3, 4] });
  });

  it('refuses slices by what nothing is known of', () => {
    const bare = sides.map(({ speaker, duration, paths }) => ({ speaker, duration, paths, sessions: [] }));
    assert.throws(() => sliceTrials(trials, 'gender', bare), UserError);
    assert.throws(() => sliceTrials(trials, 'session', bare), UserError);
  });

  it('lists the worst trials of each kind, the worst first', () => {
    const { targets, nontargets } = worstTrials([0.1, 0.9, 0.8, 0.5, 0.7, 0.3], Uint8Array.of(1, 0, 0, 1, 1, 0), 2);
    assert.deepEqual(
      [targets, nontargets],
      [
        [0, 3],
        [1, 2],
      ],
    );
    assert.deepEqual(worstTrials([1, 2], Uint8Array.of(1, 0), 5), { targets: [0], nontargets: [1] });
  });
});

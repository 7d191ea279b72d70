/** @file What a list is made of, counted. */
import assert from 'node:assert/strict';
import { describePicture } from '../../../src/corpus/trials/trial-picture.js';

const known = new Map(
  ['a11', 'a12', 'a21', 'b11', 'b21', 'c11'].map((id) => [
    id,
    {
      id,
      speaker: id[0],
      gender: id.startsWith('a') ? ('f' as const) : ('m' as const),
      session: id.slice(0, 2),
      duration: 1,
    },
  ]),
);

describe('describePicture', () => {
  it('counts what a list is made of', () => {
    const trials = [
      { enroll: 'a11', test: 'a21', target: true },
      { enroll: 'a11', test: 'a12', target: true },
      { enroll: 'a11', test: 'b11', target: false },
      { enroll: 'b11', test: 'c11', target: false },
      { enroll: 'a11', test: 'x', target: false },
    ];
    assert.deepEqual(describePicture(trials, known), {
      trials: 5,
      targets: 2,
      nontargets: 3,
      utterances: 6,
      speakers: 3,
      female: 1,
      male: 2,
      sessions: 4,
      sameGender: 0.5,
      crossSession: 0.5,
    });
  });
});

import assert from 'node:assert/strict';
import type { Utterance } from '../../src/corpus/manifest/manifest.js';
import { trainingUtterances } from '../../src/training/training-speakers.js';

describe('the speakers that are trained on', () => {
  const utterance = (speaker: number, nth: number, split: Utterance['split'] = 'train'): Utterance => ({
    ...{
      id: `s${speaker}-${nth}`,
      speaker: `s${speaker}`,
      path: `${speaker}/${nth}.wav`,
      duration: 1,
      sampleRate: 8000,
    },
    ...{ channels: 1, corpus: 'test', gender: speaker % 3 === 0 ? ('f' as const) : ('m' as const), split },
  });
  const manifest = [0, 1, 2].flatMap((nth) => Array.from({ length: 30 }, (_, speaker) => utterance(speaker, nth)));
  const all = [...manifest, utterance(50, 0, 'dev'), utterance(51, 0, 'test')];
  const drawn = (speakers: number | undefined, seed = 1, list = all) => trainingUtterances(list, { speakers }, seed);
  const speakersOf = (utterances: readonly Utterance[]) => new Set(utterances.map(({ speaker }) => speaker));

  it('are all of the training set, unless a number is given', () => {
    assert.deepEqual(drawn(undefined), manifest);
    assert.deepEqual(drawn(30), manifest);
    assert.throws(() => drawn(31), /training\.speakers: expected at most the 30 speakers of the training set, got 31/);
  });

  it('are so many, with all that they say, in the shares of the genders, fewer among more', () => {
    const sets = [6, 12, 21].map((count) => {
      const utterances = drawn(count);
      const speakers = speakersOf(utterances);
      assert.deepEqual([speakers.size, utterances.length], [count, 3 * count]);
      const women = new Set(utterances.filter(({ gender }) => gender === 'f').map(({ speaker }) => speaker));
      assert.equal(women.size, count / 3);
      return speakers;
    });
    for (const [few, more] of [sets.slice(0, 2), sets.slice(1)]) assert.ok([...few].every((each) => more.has(each)));
  });

  it('are drawn by the seed, whatever the order of the list', () => {
    const of = (seed: number, list = all) => [...speakersOf(drawn(8, seed, list))].sort();
    assert.deepEqual(of(1, [...all].reverse()), of(1));
    assert.notDeepEqual(of(2), of(1));
  });
});

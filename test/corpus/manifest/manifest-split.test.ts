/** @file Splits by speaker: disjoint, seeded, with the genders in their shares. */
import assert from 'node:assert/strict';
import { splitBySpeaker, splitIntoFolds } from '../../../src/corpus/manifest/manifest-split.js';
import type { Utterance } from '../../../src/corpus/manifest/manifest.js';

const speakers = (count: number, { each = 3, genders = true } = {}) =>
  Array.from({ length: count * each }, (_, i): Utterance => {
    const speaker = `s${i % count}`;
    return {
      id: `${speaker}-${i}`,
      speaker,
      path: `/${i}.wav`,
      duration: 1,
      sampleRate: 16000,
      channels: 1,
      ...(genders && { gender: (i % count) % 4 === 0 ? 'f' : 'm' }),
      corpus: 'x',
      split: 'train',
    };
  });
const sides = (utterances: readonly Utterance[]) => {
  const sideOf = new Map<string, Set<string>>();
  for (const { speaker, split } of utterances) sideOf.set(speaker, (sideOf.get(speaker) ?? new Set()).add(split));
  return sideOf;
};

describe('split by speaker', () => {
  it('puts every speaker on one side, and keeps the utterances and their order', () => {
    const given = speakers(40);
    const split = splitBySpeaker(given, { test: { speakers: 8 }, dev: { fraction: 0.1 }, seed: 1 });
    assert.deepEqual(
      split.map(({ id }) => id),
      given.map(({ id }) => id),
    );
    const counts = { train: 0, dev: 0, test: 0 } as Record<string, number>;
    for (const own of sides(split).values()) {
      assert.equal(own.size, 1);
      counts[[...own][0]]++;
    }
    assert.deepEqual(counts, { train: 28, dev: 4, test: 8 });
  });

  it('keeps the share of the genders in each part', () => {
    const split = splitBySpeaker(speakers(40), { test: { speakers: 8 }, dev: { speakers: 8 }, seed: 3 });
    for (const part of ['test', 'dev']) {
      const women = new Set(split.filter((u) => u.split === part && u.gender === 'f').map(({ speaker }) => speaker));
      assert.equal(women.size, 2, part); // a quarter of 8
    }
  });

  it('depends on the seed and on the set of utterances, not on their order', () => {
    const given = speakers(30, { genders: false });
    const testOf = (utterances: Utterance[], seed: number) =>
      [...sides(splitBySpeaker(utterances, { test: { fraction: 0.2 }, seed }))]
        .flatMap(([speaker, own]) => (own.has('test') ? [speaker] : []))
        .sort();
    assert.deepEqual(testOf(given, 1), testOf([...given].reverse(), 1));
    assert.notDeepEqual(testOf(given, 1), testOf(given, 2));
    assert.equal(testOf(given, 1).length, 6);
  });

  it('holds out only speakers of whom target trials can be made', () => {
    const single = speakers(10, { each: 1 }).map((utterance) => ({
      ...utterance,
      id: `x${utterance.id}`,
      speaker: `x${utterance.speaker}`,
    }));
    const split = splitBySpeaker([...single, ...speakers(4)], { test: { speakers: 4 }, seed: 1 });
    assert.ok(split.every(({ speaker, split: side }) => (side === 'test') === !speaker.startsWith('x')));
    assert.throws(
      () => splitBySpeaker([...single, ...speakers(4)], { test: { speakers: 5 }, seed: 1 }),
      /expected 5 speakers with two utterances or more to hold out, found 4 of 14/,
    );
    assert.throws(
      () => splitBySpeaker(speakers(4), { test: { speakers: 3 }, seed: 1 }),
      /1 of 4 speakers would stay in training/,
    );
  });
});

describe('folds of a manifest', () => {
  const utterances = Array.from({ length: 24 }, (_, i): Utterance => ({
    id: `u${i}`,
    speaker: `s${Math.floor(i / 2)}`,
    path: `u${i}.wav`,
    duration: 1,
    sampleRate: 16000,
    channels: 1,
    gender: i < 12 ? 'f' : 'm',
    corpus: 'x',
    split: 'train',
  }));

  it('test every speaker once, and each fold has both genders', () => {
    const folds = splitIntoFolds(utterances, { folds: 3, seed: 4 });
    const tested = folds.flatMap((fold) => [
      ...new Set(fold.filter(({ split }) => split === 'test').map(({ speaker }) => speaker)),
    ]);
    assert.deepEqual(tested.toSorted(), [...new Set(utterances.map(({ speaker }) => speaker))].toSorted());
    for (const fold of folds) {
      const genders = fold.filter(({ split }) => split === 'test').map(({ gender }) => gender);
      assert.equal(genders.filter((gender) => gender === 'f').length, 4);
      assert.equal(genders.length, 8);
    }
  });

  it('are refused where a fold would have one speaker', () => {
    assert.throws(() => splitIntoFolds(utterances, { folds: 7, seed: 1 }), /got 7 folds and 12 such speakers/);
  });
});

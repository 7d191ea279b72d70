/** @file Held-out development data: who is held out, how it is cut, and what is refused. */
import assert from 'node:assert/strict';
import { developmentOptions, holdOutDevelopment } from '../../../src/corpus/trials/development.js';
import { validateManifest, type Utterance } from '../../../src/corpus/manifest/manifest.js';

/** Training speakers of `each` utterances of 10 s, half of them women's, and two test speakers. */
function corpus(speakers: number, each: number): Utterance[] {
  const of = (split: 'train' | 'test', count: number) =>
    Array.from({ length: count * each }, (_, index): Utterance => {
      const speaker = Math.floor(index / each);
      return {
        id: `${split}${speaker}-${index % each}`,
        speaker: `${split}${speaker}`,
        path: `/${split}${index}.wav`,
        duration: 10,
        sampleRate: 16000,
        channels: 1,
        gender: speaker % 2 === 0 ? 'f' : 'm',
        corpus: 'test',
        split,
      };
    });
  return [...of('train', speakers), ...of('test', 2)];
}
const hold = (utterances: Utterance[], options: Record<string, unknown>) =>
  holdOutDevelopment(utterances, developmentOptions.parse(options));
const inSplit = (utterances: readonly Utterance[], split: string) =>
  utterances.filter((utterance) => utterance.split === split);
const speakersOf = (utterances: readonly Utterance[]) => [...new Set(utterances.map(({ speaker }) => speaker))];

describe('holdOutDevelopment', () => {
  it('makes trials within each part of a pool, and says where there are none', () => {
    const all = ['one', 'two'].flatMap((part) =>
      corpus(10, 3).map((each) => ({
        ...each,
        ...{ id: `${part}/${each.id}`, speaker: `${part}/${each.speaker}`, path: `/${part}${each.path}` },
      })),
    );
    const partOf = ({ id }: Utterance) => id.split('/')[0];
    const options = developmentOptions.parse({ speakers: 10, trials: { maxNontargets: 20 } });
    const { trials } = holdOutDevelopment(all, options, { partOf });
    assert.ok(trials.every(({ enroll, test }) => enroll.split('/')[0] === test.split('/')[0]));
    const nontargets = trials.filter(({ target }) => !target).map(({ test }) => test.split('/')[0]);
    assert.deepEqual(
      ['one', 'two'].map((part) => nontargets.filter((each) => each === part).length),
      [10, 10],
    );
    const isDev = ({ id }: Utterance) => /^(one\/train[0-3]|two\/train0)-/.test(id);
    const own = all.map((each): Utterance => (isDev(each) ? { ...each, split: 'dev' } : each));
    const alone = holdOutDevelopment(own, developmentOptions.parse({}), { partOf });
    assert.ok(alone.trials.length > 0 && alone.trials.every(({ test }) => test.startsWith('one/')));
    assert.ok(alone.notes.some((note) => note.startsWith('development: no trials within two: ')));
  });

  for (const [speakers, expected] of [
    [4, 4],
    [0.1, 2],
    [0.25, 5],
  ] as const) {
    it(`holds out speakers: ${speakers} of 20`, () => {
      const all = corpus(20, 3);
      const { utterances, trials } = hold(all, { speakers });
      const dev = inSplit(utterances, 'dev');
      const train = speakersOf(inSplit(utterances, 'train'));
      assert.equal(speakersOf(dev).length, expected);
      assert.equal(train.length, 20 - expected);
      assert.ok(speakersOf(dev).every((speaker) => !train.includes(speaker)));
      assert.equal(utterances.length, all.length);
      assert.deepEqual(inSplit(utterances, 'test'), inSplit(all, 'test'));
      const ids = new Set(dev.map(({ id }) => id));
      assert.ok(trials.every(({ enroll, test }) => ids.has(enroll) && ids.has(test)));
    });
  }

  it('holds out both genders alike', () => {
    const dev = inSplit(hold(corpus(20, 2), { speakers: 6 }).utterances, 'dev');
    assert.equal(speakersOf(dev.filter(({ gender }) => gender === 'f')).length, 3);
  });

  it('depends on the seed and not on the order of the utterances', () => {
    const options = { speakers: 5, segment: 3, trials: { maxTargets: 10, maxNontargets: 10 } };
    const [first, reversed] = [corpus(20, 2), corpus(20, 2).toReversed()].map((all) => hold(all, options));
    assert.deepEqual(reversed.trials, first.trials);
    assert.deepEqual(inSplit(reversed.utterances, 'dev'), inSplit(first.utterances, 'dev'));
    const other = hold(corpus(20, 2), { ...options, seed: 2 });
    assert.notDeepEqual(inSplit(other.utterances, 'dev'), inSplit(first.utterances, 'dev'));
  });

  it('cuts single utterances into pieces that cover them', () => {
    const { utterances } = hold(corpus(20, 1), { speakers: 4, segment: 3 });
    validateManifest(utterances, { where: 'm' });
    const dev = inSplit(utterances, 'dev');
    assert.equal(dev.length, 4 * 3);
    const own = dev.filter(({ speaker }) => speaker === dev[0].speaker);
    assert.deepEqual(
      own.map(({ id, offset, duration }) => [id.replace(/^.*_/, ''), offset, duration]),
      [
        ['s0', 0, 3],
        ['s1', 3, 3],
        ['s2', 6, 4],
      ], // a rest of 1 s, below half a piece, stays with the last
    );
  });

  it('keeps a rest of half a piece or more as a piece, and adds to an offset', () => {
    const all = corpus(20, 1).map((utterance) => ({ ...utterance, offset: 100 }));
    const dev = inSplit(hold(all, { speakers: 2, segment: 4 }).utterances, 'dev').slice(0, 3);
    assert.deepEqual(
      dev.map(({ offset, duration }) => [offset, duration]),
      [
        [100, 4],
        [104, 4],
        [108, 2],
      ],
    );
  });

  it('holds out utterances of every speaker who keeps one', () => {
    const all = corpus(4, 5).filter(({ id }) => !/^train3-[1-4]/.test(id));
    const { utterances, notes } = hold(all, { utterances: 2 });
    assert.equal(inSplit(utterances, 'dev').length, 3 * 2);
    assert.equal(inSplit(utterances, 'train').length, 3 * 3 + 1);
    assert.ok(notes.includes('development: 1 speakers have 2 utterances or fewer and stay in training whole'));
  });

  it('says what is too few', () => {
    assert.throws(() => hold(corpus(20, 1), { speakers: 4 }), {
      name: 'UserError',
      message:
        /expected 4 speakers with two pieces or more, found 0\nHold out fewer speakers, or cut .*development\.segment/,
    });
    assert.throws(() => hold(corpus(20, 1), { speakers: 4, segment: 9 }), /two pieces of 9 s or more, found 0/);
    assert.throws(() => hold(corpus(20, 5), { utterances: 1 }), /found 0\nRaise development\.utterances/);
    assert.throws(() => hold(corpus(4, 2), { speakers: 3 }), /1 speakers would stay in training, expected 2 or more/);
  });

  describe('with development utterances of the corpus', () => {
    /**
     * Four speakers of four training utterances; so many development utterances of each, and of a speaker who has no
     * others.
     */
    const withOwn = (each: number) => {
      const all = corpus(4, 4);
      const own = [...speakersOf(inSplit(all, 'train')), 'stranger'].flatMap((speaker) =>
        Array.from({ length: each }, (_, i): Utterance => {
          const id = `${speaker}-dev${i}`;
          return { ...all[0], id, path: `/${id}.wav`, speaker, split: 'dev', gender: undefined };
        }),
      );
      return [...all, ...own];
    };

    it('takes them as they are', () => {
      const all = withOwn(2);
      const { utterances, trials, notes } = hold(all, {});
      assert.deepEqual(inSplit(utterances, 'train'), inSplit(all, 'train'));
      assert.deepEqual(inSplit(utterances, 'dev'), inSplit(all, 'dev'));
      assert.equal(trials.filter(({ target }) => target).length, 5);
      assert.deepEqual(notes, ['development: 10 utterances of 5 speakers from the corpus, 4 of them in training too']);
    });

    it('cuts them in halves where speakers have one, and says so', () => {
      const { utterances, notes } = hold(withOwn(1), {});
      assert.deepEqual(
        inSplit(utterances, 'dev').map(({ duration }) => duration),
        Array.from({ length: 10 }, () => 5),
      );
      assert.match(notes.join(), /cut in halves, as there is one utterance a speaker/);
    });

    it('leaves out those of speakers who are trained on where speakers are held out', () => {
      const { utterances, notes } = hold(withOwn(2), { speakers: 2 });
      const trained = speakersOf(inSplit(utterances, 'train'));
      const dev = inSplit(utterances, 'dev');
      assert.equal(trained.length, 2);
      assert.deepEqual(
        speakersOf(dev).filter((speaker) => trained.includes(speaker)),
        [],
      );
      assert.equal(dev.length, 2 * (4 + 2) + 2);
      assert.ok(notes.includes('development: 4 utterances of the corpus left out, as their speakers are trained on'));
    });

    it('needs them where nothing is to be held out', () => {
      assert.throws(() => hold(corpus(4, 4), {}), /brings no development utterances.*\nSet development\.speakers/);
    });
  });

  it('holds out every entry of the same audio, once and without silence', () => {
    const all = corpus(4, 3).flatMap((utterance): Utterance[] => [
      { ...utterance, repeats: 3 },
      { ...utterance, id: `${utterance.id}+x`, trailingSilence: 1.5 },
    ]);
    const test = all.filter(({ split, trailingSilence }) => split === 'train' || trailingSilence === undefined);
    const { utterances } = hold(test, { utterances: 2 });
    const dev = inSplit(utterances, 'dev');
    assert.equal(dev.length, 4 * 2);
    assert.ok(dev.every(({ repeats, trailingSilence }) => repeats === undefined && trailingSilence === undefined));
    const paths = new Set(dev.map(({ path }) => path));
    assert.equal(inSplit(utterances, 'train').length, 4 * 2);
    assert.ok(inSplit(utterances, 'train').every(({ path }) => !paths.has(path)));
  });

  it('wants at most one way of holding out', () => {
    for (const wrong of [{ speakers: 3, utterances: 1 }, { speakers: 2.5 }, { speakers: 0 }, { speaker: 3 }]) {
      assert.equal(developmentOptions.safeParse(wrong).success, false, JSON.stringify(wrong));
    }
    assert.ok(developmentOptions.safeParse({ speakers: null, utterances: 2 }).success);
  });
});

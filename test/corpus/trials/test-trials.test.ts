/** @file Test trials with models of several utterances, as corpora read them beside a list or make them. */
import assert from 'node:assert/strict';
import { corpusOptions } from '../../../src/corpus/readers/registry.js';
import { corpusTree, idsOf, noteOf, prepare, type CorpusTree } from '../readers/corpus-tree.js';

describe('test trials', () => {
  let tree: CorpusTree;
  const speakers = ['a', 'b', 'c', 'd'];
  beforeEach(() => {
    tree = corpusTree();
    for (const speaker of speakers) {
      for (const n of [1, 2, 3, 4]) tree.wav(`audio/${speaker}/${speaker}${n}.wav`, n / 10);
    }
    tree.text('lists/trials.txt', 'A a/a3 target', 'A b/b3.wav nontarget', 'B b/b3 target');
    tree.text('lists/enroll.map', 'A a1.wav a/a2', 'B b1 b2', 'C c1');
  });
  afterEach(() => tree.remove());
  const folder = (options: Record<string, unknown> = {}) =>
    prepare({ type: 'folder', source: tree.at('audio'), ...options });
  const models = new Map([
    ['A', ['a/a1', 'a/a2']],
    ['B', ['b/b1', 'b/b2']],
  ]);

  it('take the map that lies beside the list, and its speakers as test speakers', async () => {
    const corpus = await folder({ trials: tree.at('lists/trials.txt') });
    assert.deepEqual(corpus.enrolment, models);
    assert.deepEqual(corpus.trials, [
      { enroll: 'A', test: 'a/a3', target: true },
      { enroll: 'A', test: 'b/b3', target: false },
      { enroll: 'B', test: 'b/b3', target: true },
    ]);
    assert.deepEqual(
      idsOf(corpus, 'test'),
      ['a', 'b'].flatMap((speaker) => [1, 2, 3, 4].map((n) => `${speaker}/${speaker}${n}`)),
    );
    assert.match(noteOf(corpus, /^enrolment/), /^enrolment: 2 models of enroll\.map, which has 1 more that no trial/);
  });

  it('take no utterance for another that differs behind a dot', async () => {
    tree.wav('audio/a/a1.2.wav', 0.5);
    tree.text('dots.txt', 'a/a1.3 a/a2 target', 'a/a1 b/b1 nontarget');
    await assert.rejects(folder({ trials: tree.at('dots.txt') }), /a\/a1\.3/);
  });

  it('take the map that is named, under any name', async () => {
    tree.text('lists/pairs', 'A a3 target', 'A b3 nontarget');
    await assert.rejects(folder({ trials: tree.at('lists/pairs') }), /corpus\.enrolment in a recipe/);
    const options = { trials: tree.at('lists/pairs'), enrolment: tree.at('lists/enroll.map') };
    assert.deepEqual((await folder(options)).enrolment, new Map([['A', ['a/a1', 'a/a2']]]));
    tree.text('lists/other', 'A a1 a/a1.wav');
    await assert.rejects(
      folder({ ...options, enrolment: tree.at('lists/other') }),
      /other: model A names one utterance twice: a\/a1 a\/a1/,
    );
    tree.text('lists/other', 'A a1 x1');
    await assert.rejects(
      folder({ ...options, enrolment: tree.at('lists/other') }),
      /enrolment: 1 enrolment utterance is not in the manifest:\n {2}model A: x1/,
    );
    await assert.rejects(folder({ enrolment: tree.at('lists/enroll.map') }), /corpus\.enrolment: .* name that list/);
  });

  it('are read with their map from the usual place of a Kaldi folder, and by a manifest', async () => {
    const ids = speakers.flatMap((speaker) => [1, 2, 3, 4].map((n) => `${speaker}${n}`));
    tree.text('kaldi/wav.scp', ...ids.map((id) => `${id} ${tree.at('audio', id[0], `${id}.wav`)}`));
    tree.text('kaldi/utt2spk', ...ids.map((id) => `${id} ${id[0]}`));
    tree.text('kaldi/trials', 'A a3 target', 'B a3 nontarget');
    tree.text('kaldi/enroll.map', 'A a1 a2', 'B b1 b2');
    const corpus = await prepare({ type: 'kaldi', source: tree.at('kaldi') });
    assert.deepEqual(corpus.enrolment?.get('B'), ['b1', 'b2']);
    tree.text('manifest.jsonl', ...corpus.utterances.map((utterance) => JSON.stringify(utterance)));
    const again = await prepare({
      type: 'manifest',
      source: tree.at('manifest.jsonl'),
      trials: tree.at('kaldi/trials'),
    });
    assert.deepEqual(again.enrolment, corpus.enrolment);
  });

  it('are made of models and duration bands as the recipe says', async () => {
    const corpus = await folder({
      testShare: 0.5,
      trials: { maxTargets: 1, enrollUtterances: 2, durations: '0.1-0.25,0.25-' },
    });
    assert.ok(corpus.enrolment && corpus.trials);
    const tested = new Set(corpus.trials.map(({ enroll }) => enroll));
    for (const model of tested) assert.equal(corpus.enrolment.get(model)?.length, 2);
    assert.equal(noteOf(corpus, /^trials/), 'trials: made among the test utterances, models of 2 utterances');
    const bad = corpusOptions.safeParse({ type: 'folder', trials: { durations: '2-4,3-5' } });
    assert.match(bad.error?.message ?? '', /2-4 s and 3-5 s overlap/);
    tree.text('audio/trials.txt', 'a1 a2 target');
    await assert.rejects(
      folder({ trials: { enrollUtterances: 2 } }),
      /enrollUtterances and durations say how trials are made, but there is .*trials\.txt/,
    );
  });
});

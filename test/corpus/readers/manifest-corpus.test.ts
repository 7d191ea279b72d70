/** @file Corpus `manifest`: its own splits, a second manifest for the test, or chosen test speakers. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { corpusOptions, prepareCorpus } from '../../../src/corpus/readers/registry.js';
import type { Utterance } from '../../../src/corpus/manifest/manifest.js';

describe('corpus manifest', () => {
  let dir: string;
  before(() => (dir = mkdtempSync(join(tmpdir(), 'manifest-corpus-'))));
  after(() => rmSync(dir, { recursive: true }));

  const utterances = (speakers: string[], split: Utterance['split']) =>
    speakers.flatMap((speaker) =>
      [1, 2, 3].map((n) => ({
        id: `${speaker}-${n}`,
        speaker,
        path: `audio/${speaker}/${n}.wav`,
        duration: 2,
        sampleRate: 16000,
        channels: 1,
        corpus: 'mine',
        split,
      })),
    );
  const write = (name: string, lines: object[]) => {
    const path = join(dir, name);
    writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return path;
  };
  const prepare = (options: Record<string, unknown>) =>
    prepareCorpus(corpusOptions.parse({ type: 'manifest', ...options }), { audioDir: dir });
  const speakersOf = (split: string, { utterances: all }: { utterances: Utterance[] }) =>
    [...new Set(all.filter((utterance) => utterance.split === split).map(({ speaker }) => speaker))].sort();

  it('keeps the splits of the manifest and resolves its paths', async () => {
    const source = write('split.jsonl', [
      ...utterances(['a', 'b'], 'train'),
      ...utterances(['d'], 'dev'),
      ...utterances(['x', 'y'], 'test'),
    ]);
    const corpus = await prepare({ source });
    assert.deepEqual(
      ['train', 'dev', 'test'].map((split) => speakersOf(split, corpus)),
      [['a', 'b'], ['d'], ['x', 'y']],
    );
    assert.equal(corpus.utterances[0].path, join(dir, 'audio/a/1.wav'));
    assert.equal(corpus.trials?.length, 15); // all pairs of 6 utterances
  });

  it('takes the test from a second manifest, and its trials from a list', async () => {
    const source = write('train.jsonl', utterances(['a', 'b'], 'train'));
    const test = write('test.jsonl', utterances(['x', 'y'], 'train'));
    const trials = join(dir, 'trials.txt');
    writeFileSync(trials, 'x-1 x-2 target\r\nx-1 y-1 nontarget\r\n');
    const corpus = await prepare({ source, test, trials });
    assert.deepEqual(speakersOf('test', corpus), ['x', 'y']);
    assert.deepEqual(
      corpus.trials?.map(({ target }) => target),
      [true, false],
    );
    await assert.rejects(
      prepare({ source: write('both.jsonl', utterances(['a'], 'test')), test }),
      /corpus\.test: .* is to be the test, but 3 utterances of corpus\.source are/,
    );
    await assert.rejects(prepare({ source, test: source }), /the same id|both in training and in test/);
  });

  it('draws the test speakers where the manifest says nothing about them', async () => {
    const source = write('open.jsonl', utterances(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'], 'train'));
    const drawn = speakersOf('test', await prepare({ source }));
    assert.equal(drawn.length, 2);
    assert.deepEqual(speakersOf('test', await prepare({ source })), drawn);
    assert.deepEqual(speakersOf('test', await prepare({ source, testSpeakers: ['c', 'e'] })), ['c', 'e']);
  });

  it('refuses a speaker on both sides, a manifest with problems, and none', async () => {
    const both = write('overlap.jsonl', [
      ...utterances(['a', 'b'], 'train'),
      ...utterances(['b', 'c'], 'test').map((u) => ({ ...u, id: `t${u.id}` })),
    ]);
    await assert.rejects(prepare({ source: both }), /1 speaker is both in training and in test/);
    await assert.rejects(prepare({ source: write('bad.jsonl', [{ id: 'x' }]) }), /bad\.jsonl:1: x: missing fields/);
    await assert.rejects(prepare({ source: join(dir, 'none.jsonl') }), /none\.jsonl: cannot read the manifest/);
    await assert.rejects(prepare({}), /corpus\.source is not set/);
  });
});

/** @file LibriSpeech: the released layout in small, and the excerpt with lists if it is at hand. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { writeWav } from '../../../src/audio/write-wav.js';
import { describeCorpus } from '../../../src/corpus/manifest/manifest.js';
import { corpusOptions, prepareCorpus } from '../../../src/corpus/readers/registry.js';
import { skip } from '../../skip.js';

const prepare = (source: string, options: Record<string, unknown> = {}) =>
  prepareCorpus(corpusOptions.parse({ type: 'librispeech', source, ...options }), { audioDir: source });

describe('corpus librispeech, released layout', () => {
  let root: string;
  let source: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'librispeech-'));
    source = join(root, 'LibriSpeech');
    for (const [subset, speaker] of [
      ['train-clean-100', 19],
      ['train-other-500', 26],
      ['dev-clean', 84],
      ['test-clean', 61],
      ['test-clean', 121],
    ] as const) {
      for (const chapter of [100, 200]) utterance(subset, speaker, chapter);
    }
    writeFileSync(
      join(source, 'SPEAKERS.TXT'),
      '; ID | SEX | SUBSET\n19   | F | train-clean-100 | 25 | A\n26|M|train-other-500|25|B\n61 | M | test-clean | 8 | C\n121 | F | test-clean | 8 | D\n',
    );
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function utterance(subset: string, speaker: number, chapter: number): void {
    const folder = join(source, subset, String(speaker), String(chapter));
    mkdirSync(folder, { recursive: true });
    writeWav(join(folder, `${speaker}-${chapter}-0000.wav`), new Float32Array(8000).fill(0.1), 16000);
    writeFileSync(join(folder, `${speaker}-${chapter}.trans.txt`), 'WORDS');
  }

  it('splits by subset, with genders and chapters as sessions, and makes cross-chapter trials', async () => {
    const { utterances, trials, notes } = await prepare(root);
    assert.deepEqual(describeCorpus(utterances), [
      'train: 2 speakers (1 f, 1 m), 4 utterances, 0.00 h, 16000 Hz',
      'test: 2 speakers (1 f, 1 m), 4 utterances, 0.00 h, 16000 Hz',
    ]);
    assert.equal(utterances.find(({ id }) => id === '61-200-0000')!.session, '61-200');
    assert.equal(trials!.filter(({ target }) => target).length, 2);
    assert.ok(notes.includes('subsets not used: dev-clean'), notes.join('\n'));
  });

  it('takes the subsets that are named', async () => {
    const { utterances } = await prepare(source, { train: ['train-clean-100'], test: ['test-clean'] });
    assert.equal(utterances.length, 6);
    await assert.rejects(
      prepare(source, { train: ['train-clean-360'] }),
      /no subset train-clean-360; found: dev-clean, /,
    );
  });

  it('reports a speaker in training and test', async () => {
    utterance('test-clean', 19, 300);
    await assert.rejects(prepare(source), /1 speaker is both in training and in test:\n {2}19: /);
  });

  it('explains a wrong folder', async () => {
    await assert.rejects(prepare(join(source, 'test-clean')), /expected LibriSpeech's subsets .*found: 121, 61\n/);
    await assert.rejects(prepare(join(root, 'none')), /none: cannot read the corpus/);
    utterance('test-clean', 61, 300);
    rmSync(join(source, 'test-clean/61/300/61-300-0000.wav'));
    writeWav(join(source, 'test-clean/61/300/stray.wav'), new Float32Array(8000), 16000);
    await assert.rejects(prepare(source), /1 files are not at speaker\/chapter\/.*\n.*stray\.wav/);
  });

  it('names the line of a bad SPEAKERS.TXT', async () => {
    writeFileSync(join(source, 'SPEAKERS.TXT'), '; ID\n19 | X | train-clean-100\n');
    await assert.rejects(prepare(source), /SPEAKERS\.TXT:2: expected a gender .*, got "X"/);
  });
});

describe('corpus librispeech, excerpt with lists', () => {
  const source = resolve('../shared/corpus/librispeech_mini_open');

  it('reads the small open excerpt', async function () {
    if (!existsSync(source)) skip(this, 'the excerpt is not part of the project');
    const { utterances, trials } = await prepare(source);
    assert.deepEqual(describeCorpus(utterances), [
      'train: 248 speakers (124 f, 124 m), 248 utterances, 0.87 h, 16000 Hz',
      'test: 13 speakers (6 f, 7 m), 145 utterances, 0.37 h, 16000 Hz',
    ]);
    assert.equal(trials!.length, 10_440);
    assert.equal(trials!.filter(({ target }) => target).length, 765);
  });

  it('names the line of a bad list and every missing file', async () => {
    const excerpt = mkdtempSync(join(tmpdir(), 'excerpt-'));
    try {
      writeFileSync(join(excerpt, 'train.list'), '1-2-3 1\n');
      writeFileSync(join(excerpt, 'test.list'), '4-5-6 4 4/4-5-6.flac\n');
      await assert.rejects(prepare(excerpt), /train\.list:1: expected 3 fields \(id speaker path\), got 2: "1-2-3 1"/);
      writeFileSync(join(excerpt, 'train.list'), '1-2-3 1 1/1-2-3.flac\n');
      await assert.rejects(prepare(excerpt), /2 of 2 audio files cannot be used:\n.*1-2-3\.flac.*\n.*4-5-6\.flac/);
    } finally {
      rmSync(excerpt, { recursive: true });
    }
  });
});

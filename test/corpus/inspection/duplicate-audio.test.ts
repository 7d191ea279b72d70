/** @file The same audio under two ids. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectBatch } from '../../../src/corpus/inspection/audio-inspection-task.js';
import { findDuplicates, tallyOverlap, withoutDuplicates } from '../../../src/corpus/inspection/duplicate-audio.js';
import type { Utterance } from '../../../src/corpus/manifest/manifest.js';
import { RATE, recording } from '../readers/small-corpus.js';

describe('duplicate audio', () => {
  let dir: string;
  let corpus: Utterance[];
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'duplicates-'));
    const copyOf = (id: string, original: Utterance, change: Partial<Utterance>): Utterance => {
      const path = join(dir, `${id}.wav`);
      copyFileSync(original.path, path);
      return { ...original, id, path, ...change };
    };
    const [a, b, c] = ['a', 'b', 'c'].map((id) => recording(dir, id));
    const silence = new Float32Array(RATE);
    corpus = [
      a,
      b,
      c,
      copyOf('a2', a, {}),
      copyOf('b2', b, { speaker: 'other', split: 'test' }),
      { ...a, id: 'a3' },
      recording(dir, 'q1', { samples: silence, speaker: 'q' }),
      recording(dir, 'q2', { samples: silence, speaker: 'q' }),
      { ...c, id: 'c-piece', duration: 0.5 },
    ];
  });
  after(() => rmSync(dir, { recursive: true }));

  it('groups equal samples and says what is wrong with a group', async () => {
    const groups = findDuplicates(corpus, await inspectBatch(corpus));
    const short = groups.map(({ utterances, samePiece, speakersDiffer, splitsDiffer, silent }) => [
      utterances.map(({ id }) => id).join(' '),
      { samePiece, speakersDiffer, splitsDiffer, silent },
    ]);
    assert.deepEqual(short, [
      ['a a2 a3', { samePiece: false, speakersDiffer: false, splitsDiffer: false, silent: false }],
      ['b b2', { samePiece: false, speakersDiffer: true, splitsDiffer: true, silent: false }],
      ['q1 q2', { samePiece: false, speakersDiffer: false, splitsDiffer: false, silent: true }],
    ]);
    const [samePiece] = findDuplicates([corpus[0], corpus[5]], await inspectBatch([corpus[0], corpus[5]]));
    assert.equal(samePiece.samePiece, true);
  });

  it('tells what is both tested and trained on, under whichever ids', async () => {
    const overlap = tallyOverlap();
    const silent = { ...corpus[7], split: 'test' as const };
    const utterances = [...corpus.slice(0, 7), silent];
    const results = await inspectBatch(utterances);
    results.forEach((result, index) => overlap.add(result, utterances[index]));
    assert.deepEqual(overlap.pairs(), ['b2 = b']);
  });

  it('keeps the first of each group, and asks what to do where speakers differ', async () => {
    const groups = findDuplicates(corpus, await inspectBatch(corpus));
    const ids = (conflicts: 'refuse' | 'first' | 'drop') =>
      withoutDuplicates(corpus, groups, { conflicts }).map(({ id }) => id);
    assert.deepEqual(ids('first'), ['a', 'b', 'c', 'q1', 'c-piece']);
    assert.deepEqual(ids('drop'), ['a', 'c', 'q1', 'c-piece']);
    assert.throws(() => ids('refuse'), /under several speakers, 1 times: b \(b\) = b2 \(other\)\nNothing was written/);
  });

  it('compares nothing where something cannot be read', async () => {
    const gone = [...corpus, { ...corpus[0], id: 'gone', path: join(dir, 'gone.wav') }];
    const results = await inspectBatch(gone);
    assert.throws(
      () => findDuplicates(gone, results),
      /1 utterance cannot be read[^]*gone: .*gone\.wav[^]*--drop-unreadable/,
    );
  });
});

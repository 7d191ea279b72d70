/** @file Manifests in other forms: what is written is read again as the same utterances. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { writeLhotseManifests, writeUtteranceTable } from '../../../src/corpus/export/manifest-export.js';
import { compareIds, type Utterance } from '../../../src/corpus/manifest/manifest.js';
import { corpusOptions, prepareCorpus } from '../../../src/corpus/readers/registry.js';
import { recording, RATE, writeFloatWav } from '../readers/small-corpus.js';

describe('manifest export', () => {
  let dir: string;
  let corpus: Utterance[];
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'export, "quoted" '));
    const stereo = recording(dir, 's/stereo');
    writeFloatWav(stereo.path, new Float32Array(2 * RATE).fill(0.1), { channels: 2 });
    const long = recording(dir, 'x/long', { seconds: 3, split: 'test', gender: 'f' });
    corpus = [
      ...['a', 'b'].flatMap((speaker) => [1, 2].map((n) => recording(dir, `${speaker}/${n}`, { gender: 'm' }))),
      { ...stereo, channels: 2, channel: 1 },
      { ...long, id: 'x/1', offset: 0.5, duration: 1.25 },
      { ...long, id: 'x/2', offset: 2, duration: 1 },
      recording(dir, 'y/1', { split: 'test', session: 'monday' }),
      recording(dir, 'y/2', { split: 'test' }),
    ];
  });
  after(() => rmSync(dir, { recursive: true }));

  /** What both sides can say. */
  const essence = (utterances: readonly Utterance[]) =>
    utterances
      .map(({ id, speaker, path, offset = 0, duration, sampleRate, channels, channel, gender, split }) => ({
        ...{ id, speaker, path, offset, duration, sampleRate, channels, channel, gender, split },
      }))
      .sort((a, b) => compareIds(a.id, b.id));
  const readAgain = async (options: Record<string, unknown>) =>
    essence((await prepareCorpus(corpusOptions.parse(options), { audioDir: dir })).utterances);

  it('writes tables that the corpus csv reads', async () => {
    const table = join(dir, 'corpus.csv');
    writeUtteranceTable(table, corpus);
    assert.deepEqual(await readAgain({ type: 'csv', source: table }), essence(corpus));
  });

  it('writes lhotse manifests that the corpus lhotse reads', async () => {
    const folder = join(dir, 'lhotse');
    const files = await writeLhotseManifests(folder, corpus);
    assert.deepEqual(
      files.map((file) => basename(file)),
      [
        'small_recordings_train.jsonl.gz',
        'small_supervisions_train.jsonl.gz',
        'small_recordings_test.jsonl.gz',
        'small_supervisions_test.jsonl.gz',
      ],
    );
    assert.deepEqual(await readAgain({ type: 'lhotse', source: folder }), essence(corpus));
    const { utterances } = await prepareCorpus(corpusOptions.parse({ type: 'lhotse', source: folder }), {
      audioDir: dir,
    });
    const [sessions, written] = [utterances, corpus].map(
      (side) => new Map(side.flatMap(({ id, session }) => (session === undefined ? [] : [[id, session]]))),
    );
    assert.ok(written.size > 0);
    for (const [id, session] of written) assert.equal(sessions.get(id), session);
  });

  it('refuses what lhotse cannot be told', async () => {
    const repeated = [{ ...corpus[0], repeats: 2 }];
    await assert.rejects(writeLhotseManifests(join(dir, 'l2'), repeated), /a\/1: counts 2 times/);
  });
});

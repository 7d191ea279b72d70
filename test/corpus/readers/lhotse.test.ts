/** @file lhotse's manifests: supervisions with recordings, cuts, channels, splits by name, and what is refused. */
import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { corpusTree, idsOf, noteOf, prepare, type CorpusTree } from './corpus-tree.js';

describe('corpus lhotse', () => {
  let tree: CorpusTree;
  beforeEach(() => (tree = corpusTree()));
  afterEach(() => tree.remove());

  const recording = (id: string, more: Record<string, unknown> = {}) => ({
    id,
    sources: [{ type: 'file', channels: [0], source: tree.at('audio', `${id}.wav`) }],
    sampling_rate: 8000,
    num_samples: 8000,
    duration: 1,
    channel_ids: [0],
    ...more,
  });
  const supervision = (id: string, recordingId: string, speaker: string, more: Record<string, unknown> = {}) => ({
    id,
    recording_id: recordingId,
    start: 0,
    duration: 1,
    channel: 0,
    text: 'words',
    speaker,
    ...more,
  });
  const jsonl = (name: string, rows: unknown[]) => tree.text(name, ...rows.map((row) => JSON.stringify(row)));
  const jsonlGz = (name: string, rows: unknown[]) =>
    writeFileSync(tree.at(name), gzipSync(rows.map((row) => `${JSON.stringify(row)}\n`).join('')));
  /** Recordings and supervisions of speakers with two utterances each. */
  const make = (suffix: string, speakers: string[], write = jsonl) => {
    const ids = speakers.flatMap((speaker) => [`${speaker}-1`, `${speaker}-2`]);
    for (const id of ids) tree.wav(`audio/${id}.wav`, 1);
    write(
      `m/x_recordings${suffix}`,
      ids.map((id) => recording(id)),
    );
    write(
      `m/x_supervisions${suffix}`,
      ids.map((id) => supervision(id, id, id.slice(0, -2), { gender: 'female' })),
    );
  };
  const read = (options: Record<string, unknown> = {}) => prepare({ type: 'lhotse', source: tree.at('m'), ...options });
  const two = { testSpeakers: ['a', 'b'] };

  it('takes all supervisions of a folder, with the split that their names say', async () => {
    make('_train.jsonl', ['a', 'b']);
    make('_dev.jsonl', ['k', 'l']);
    make('_test-clean.jsonl.gz', ['y', 'z'], jsonlGz);
    const corpus = await read();
    assert.deepEqual(idsOf(corpus, 'train'), ['a-1', 'a-2', 'b-1', 'b-2']);
    assert.deepEqual(idsOf(corpus, 'dev'), ['k-1', 'k-2', 'l-1', 'l-2']);
    assert.deepEqual(idsOf(corpus, 'test'), ['y-1', 'y-2', 'z-1', 'z-2']);
    const { gender, session, offset } = corpus.utterances.find(({ id }) => id === 'a-1')!;
    assert.deepEqual({ gender, session, offset }, { gender: 'f', session: 'a-1', offset: undefined });
    assert.match(
      noteOf(corpus, /^manifests/),
      /x_supervisions_dev\.jsonl, x_supervisions_test-clean\.jsonl\.gz, x_super/,
    );
    make('_more.jsonl', ['q', 'r']);
    await assert.rejects(
      read(),
      /which split is x_supervisions_more\.jsonl\? .*name all with corpus\.train and corpus\.test/,
    );
  });

  it('goes by what stands behind the kind: a corpus may be called train, or haircuts', async () => {
    make('_train.jsonl', ['a', 'b']);
    make('_test.jsonl', ['y', 'z']);
    for (const split of ['train', 'test'])
      for (const kind of ['recordings', 'supervisions'])
        renameSync(tree.at(`m/x_${kind}_${split}.jsonl`), tree.at(`m/train-haircuts_${kind}_${split}.jsonl`));
    assert.deepEqual(idsOf(await read(), 'test'), ['y-1', 'y-2', 'z-1', 'z-2']);
  });

  it('chooses test speakers where there is one manifest, and takes files that are named', async () => {
    make('.jsonl', ['a', 'b', 'c', 'd']);
    assert.deepEqual(idsOf(await read(two), 'test'), ['a-1', 'a-2', 'b-1', 'b-2']);
    renameSync(tree.at('m/x_recordings.jsonl'), tree.at('m/audio.jsonl'));
    await assert.rejects(
      read(two),
      /expected its recordings in x_recordings\.jsonl beside it; name them with corpus\.recordings/,
    );
    assert.equal((await read({ ...two, recordings: 'audio.jsonl' })).utterances.length, 8);
    const named = await read({ ...two, recordings: ['audio.jsonl'], train: 'x_supervisions.jsonl' });
    assert.equal(named.utterances.length, 8);
  });

  it('reads pieces, channels of one file and of several', async () => {
    make('.jsonl', ['a', 'b', 'c', 'd']);
    tree.wav('audio/left.wav', 2);
    tree.wav('audio/right.wav', 2);
    const sources = ['left', 'right'].map((name, channel) => ({
      type: 'file',
      channels: [channel],
      source: tree.at('audio', `${name}.wav`),
    }));
    jsonl('m/y_recordings.jsonl', [recording('both', { sources, duration: 2 })]);
    jsonl('m/y_supervisions.jsonl', [
      supervision('e-3', 'both', 'e', { channel: 1, start: 0.5, duration: 0.75, custom: { gender: 'M' } }),
      supervision('d-3', 'both', 'd', { channel: [0, 1], duration: 2 }),
    ]);
    const { utterances } = await read(two);
    const pick = (wanted: string) => {
      const { path, offset, duration, gender, session } = utterances.find(({ id }) => id === wanted)!;
      return { path, offset, duration, gender, session };
    };
    assert.equal(pick('d-3').path, tree.at('audio/left.wav'));
    assert.equal(pick('d-3').offset, undefined);
    assert.deepEqual(
      {
        path: pick('e-3').path,
        offset: pick('e-3').offset,
        duration: pick('e-3').duration,
        session: pick('e-3').session,
        gender: pick('e-3').gender,
      },
      { path: tree.at('audio/right.wav'), offset: 0.5, duration: 0.75, session: 'both', gender: 'm' },
    );
  });

  it('reads cuts', async () => {
    make('.jsonl', ['a', 'b', 'c', 'd']);
    const cuts = ['a', 'b', 'c', 'd'].flatMap((speaker) =>
      ['1', '2'].map((n) => ({
        id: `${speaker}-${n}-cut`,
        type: 'MonoCut',
        start: 0.25,
        duration: 0.5,
        channel: 0,
        supervisions: [supervision('s', `${speaker}-${n}`, speaker)],
        recording: recording(`${speaker}-${n}`),
      })),
    );
    jsonl('cuts/my_cuts.jsonl', cuts);
    const corpus = await read({ ...two, source: tree.at('cuts') });
    const { id, offset, duration } = corpus.utterances[0];
    assert.deepEqual({ id, offset, duration }, { id: 'a-1-cut', offset: 0.25, duration: 0.5 });
    jsonl('cuts/my_cuts.jsonl', [{ ...cuts[0], supervisions: [...cuts[0].supervisions, ...cuts[2].supervisions] }]);
    await assert.rejects(read({ source: tree.at('cuts') }), /my_cuts\.jsonl:1: expected one speaker, got a, b|got a$/);
    jsonl('cuts/my_cuts.jsonl', [{ id: 'mix', type: 'MixedCut', start: 0, duration: 1, tracks: [] }]);
    await assert.rejects(read({ source: tree.at('cuts') }), /cut mix has no recording of its own \(mixed, padding/);
  });

  it('names the line of what it cannot read', async () => {
    const cases: [Record<string, unknown>, Record<string, unknown>, RegExp][] = [
      [
        { transforms: [{ name: 'Speed' }] },
        {},
        /x_recordings\.jsonl:1: recording a is changed when read \(transforms\)/,
      ],
      [
        { sources: [{ type: 'command', channels: [0], source: 'cat' }] },
        {},
        /recordings\.jsonl:1: .*type file, got command: not/,
      ],
      [{}, { channel: 3 }, /x_supervisions\.jsonl:1: recording a has no channel 3; there are 0/],
      [{}, { recording_id: 'b' }, /x_supervisions\.jsonl:1: supervision a: there is no recording b/],
      [{}, { speaker: undefined }, /x_supervisions\.jsonl:1: expected one speaker, got none/],
      [{}, { gender: 'robot' }, /x_supervisions\.jsonl:1: expected a gender .*, got "robot"/],
      [{}, { start: 'soon' }, /x_supervisions\.jsonl:1: not one of lhotse's supervisions: start: /],
    ];
    for (const [ofRecording, ofSupervision, message] of cases) {
      jsonl('m/x_recordings.jsonl', [recording('a', ofRecording)]);
      jsonl('m/x_supervisions.jsonl', [supervision('a', 'a', 'a', ofSupervision)]);
      await assert.rejects(read(), message);
    }
    tree.text('m/x_supervisions.jsonl', '{"id": ');
    await assert.rejects(read(), /x_supervisions\.jsonl:1: expected one JSON value on the line, got: \{"id":/);
    await assert.rejects(
      read({ source: tree.at('none') }),
      /none: no such file or folder; expected lhotse's manifests/,
    );
    tree.text('empty/readme', '');
    await assert.rejects(read({ source: tree.at('empty') }), /expected \*supervisions\*\.jsonl\.gz with/);
  });
});

/** @file One's own recordings: ids, sessions, test speakers, trials, and what is refused. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeWav } from '../../../src/audio/write-wav.js';
import { corpusOptions, prepareCorpus } from '../../../src/corpus/readers/registry.js';
import { trialFingerprint } from '../../../src/corpus/trials/trial-fingerprint.js';
import { readTrials } from '../../../src/corpus/trials/trials.js';

describe('corpus folder', () => {
  let source: string;
  beforeEach(() => (source = mkdtempSync(join(tmpdir(), 'folder-'))));
  afterEach(() => rmSync(source, { recursive: true }));

  const wav = (file: string, seconds = 0.5) => {
    mkdirSync(dirname(join(source, file)), { recursive: true });
    writeWav(join(source, file), new Float32Array(16000 * seconds).fill(0.1), 16000);
  };
  const speakers = (count: number, each: number) => {
    for (let s = 0; s < count; s++) for (let u = 0; u < each; u++) wav(`sp${s}/day${u >> 1}/u${u}.wav`);
  };
  const prepare = (options: Record<string, unknown> = {}) =>
    prepareCorpus(corpusOptions.parse({ type: 'folder', source, ...options }), { audioDir: source });

  it('notes folders without recordings and files that are reached twice', async () => {
    speakers(4, 4);
    mkdirSync(join(source, 'empty/day0'), { recursive: true });
    symlinkSync(join(source, 'sp1/day0'), join(source, 'sp1/again'));
    const { utterances, notes } = await prepare();
    assert.equal(utterances.length, 18);
    assert.ok(notes.includes('1 folder without audio files: empty'), notes.join('\n'));
    assert.match(notes.join('\n'), /^2 files reached twice, .*: .*sp1\/day0\/u0\.wav is .*sp1\/again\/u0\.wav, /m);
  });

  it('makes ids, speakers and sessions from the paths', async () => {
    speakers(4, 4);
    const { utterances } = await prepare();
    assert.equal(utterances.length, 16);
    const { id, speaker, session, duration, sampleRate, channels, path } = utterances[5];
    assert.deepEqual(
      { id, speaker, session, duration, sampleRate, channels, path },
      {
        id: 'sp1/day0/u1',
        speaker: 'sp1',
        session: 'sp1/day0',
        duration: 0.5,
        sampleRate: 16000,
        channels: 1,
        path: join(source, 'sp1/day0/u1.wav'),
      },
    );
  });

  it('draws test speakers by seed and makes trials among them', async () => {
    speakers(10, 2);
    const [first, again, other] = await Promise.all([prepare(), prepare(), prepare({ seed: 2, testShare: 0.5 })]);
    const testOf = ({ utterances }: typeof first) => [
      ...new Set(utterances.filter(({ split }) => split === 'test').map(({ speaker }) => speaker)),
    ];
    assert.deepEqual(first, again);
    assert.equal(testOf(first).length, 2);
    assert.equal(testOf(other).length, 5);
    assert.equal(first.trials!.length, 6);
  });

  it('takes the named test speakers', async () => {
    speakers(4, 2);
    const { utterances } = await prepare({ testSpeakers: ['sp3', 'sp1'] });
    for (const { speaker, split } of utterances)
      assert.equal(split, ['sp1', 'sp3'].includes(speaker) ? 'test' : 'train');
    await assert.rejects(prepare({ testSpeakers: ['sp3', 'zoe'] }), /corpus\.testSpeakers: no such speaker in .*: zoe/);
  });

  it("uses the folder's trials.txt and its speakers as test speakers", async () => {
    speakers(4, 2);
    writeFileSync(
      join(source, 'trials.txt'),
      'sp0/day0/u0.wav sp0/day0/u1 target\nsp0/day0/u0 sp2/day0/u1.wav nontarget\n',
    );
    const { utterances, trials, notes } = await prepare();
    assert.deepEqual(trials, [
      { enroll: 'sp0/day0/u0', test: 'sp0/day0/u1', target: true },
      { enroll: 'sp0/day0/u0', test: 'sp2/day0/u1', target: false },
    ]);
    assert.equal(utterances.filter(({ split }) => split === 'test').length, 4);
    assert.ok(
      notes.some((note) => /^trials: 2 of trials\.txt, SHA-256 [0-9a-f]{64}$/.test(note)),
      notes.join('\n'),
    );
  });

  it('finds the utterances of a list in files that a converter named u0.m4a.wav', async () => {
    speakers(4, 2);
    for (const [speaker, number] of [
      ['sp0', 0],
      ['sp1', 1],
    ] as const) {
      const file = join(source, `${speaker}/day0/u${number}`);
      renameSync(`${file}.wav`, `${file}.m4a.wav`);
    }
    const list = 'sp0/day0/u0.wav sp0/day0/u1.wav target\nsp0/day0/u0 sp1/day0/u1.wav nontarget\n';
    writeFileSync(join(source, 'trials.txt'), list);
    const { trials, notes } = await prepare();
    assert.deepEqual(trials, [
      { enroll: 'sp0/day0/u0.m4a', test: 'sp0/day0/u1', target: true },
      { enroll: 'sp0/day0/u0.m4a', test: 'sp1/day0/u1.m4a', target: false },
    ]);
    // Of the list as it was given, so that everyone who has it sees the same.
    const fingerprint = trialFingerprint(readTrials(join(source, 'trials.txt')));
    assert.ok(notes.includes(`trials: 2 of trials.txt, SHA-256 ${fingerprint}`), notes.join('\n'));
  });

  it('refuses trials.txt with unknown utterances', async () => {
    speakers(4, 2);
    writeFileSync(join(source, 'trials.txt'), 'sp0/day0/u0 sp0/day0/u9 target\n');
    await assert.rejects(prepare(), /trials\.txt: 1 id is not in the manifest: sp0\/day0\/u9/);
  });

  it('says what it leaves out', async () => {
    speakers(4, 2);
    for (const name of ['notes.txt', 'sp0/a.lab', 'sp0/b.lab', 'sp0/.hidden.wav'])
      writeFileSync(join(source, name), '');
    const { notes } = await prepare();
    assert.ok(notes.includes('left out 4 other files (.lab 2, .txt 1, hidden 1)'), notes.join('\n'));
  });

  it('collects all bad files into one error', async () => {
    speakers(4, 2);
    for (let i = 0; i < 11; i++) writeFileSync(join(source, `sp0/bad${i}.wav`), 'no audio');
    wav('sp1/empty.wav', 0);
    await assert.rejects(prepare(), (error: Error) => {
      assert.match(error.message, /12 of 20 audio files cannot be used:\n {2}.*bad0\.wav/);
      assert.match(error.message, /… and 2 more\nMend or remove these files\.$/);
      assert.ok(!error.message.includes('internal'));
      return error.name === 'UserError';
    });
  });

  it('names zero-length audio', async () => {
    speakers(4, 2);
    wav('sp1/empty.wav', 0);
    await assert.rejects(prepare(), { name: 'UserError', message: /1 of 9 audio files cannot be used:\n.*empty\.wav/ });
  });

  it('names both files of one id', async () => {
    speakers(4, 2);
    wav('sp0/a b.wav');
    wav('sp0/a_b.wav');
    await assert.rejects(prepare(), /1 recording is there more than once:\n {2}sp0\/a_b: .*a b\.wav and .*a_b\.wav\n/);
  });

  it('reads one format of recordings that are there in two', async () => {
    speakers(4, 2);
    const twin = join(source, 'sp0/day0/u0.flac');
    writeFileSync(twin, 'is not looked at');
    await assert.rejects(
      prepare(),
      /sp0\/day0\/u0: sp0\/day0\/u0\.flac and sp0\/day0\/u0\.wav\nSay which format to read: --set 'corpus\.formats=\[/,
    );
    const { utterances, notes } = await prepare({ formats: ['wav'] });
    assert.equal(utterances.length, 8);
    assert.ok(notes.includes('left out 1 other file (.flac 1)'), notes.join('\n'));
    await assert.rejects(prepare({ formats: ['mp3'] }), /corpus\.formats leaves no audio file: expected \.mp3, found/);
  });

  it('splits by folders', async () => {
    for (const [split, speaker] of ['train-a/ann', 'train-a/bob', 'eval/eve', 'eval/dan', 'watch/kim'].map((at) =>
      at.split('/'),
    )) {
      for (const u of [0, 1]) wav(`${split}/${speaker}/u${u}.wav`);
    }
    wav('unused/zoe/u0.wav');
    const { utterances, trials } = await prepare({ train: ['train-a'], test: ['eval'], dev: ['watch'] });
    const of = (split: string) => utterances.filter((utterance) => utterance.split === split).map(({ id }) => id);
    assert.deepEqual(of('train'), ['ann/u0', 'ann/u1', 'bob/u0', 'bob/u1']);
    assert.deepEqual(of('test'), ['dan/u0', 'dan/u1', 'eve/u0', 'eve/u1']);
    assert.deepEqual(of('dev'), ['kim/u0', 'kim/u1']);
    assert.equal(trials!.length, 6);
    await assert.rejects(prepare({ test: ['eval'] }), /corpus\.train is not set/);
  });

  it('takes the speaker and the session out of the name where a pattern says how', async () => {
    for (const name of ['a1-mon', 'a1-tue', 'b2-mon', 'b2-tue', 'c3-mon', 'd4-tue']) wav(`${name}.wav`);
    const pattern = '^(?<speaker>[^-]+)-(?<session>.+)$';
    const { utterances } = await prepare({ pattern, testSpeakers: ['a1', 'b2'] });
    assert.deepEqual(
      utterances.map(({ speaker, session }) => `${speaker} ${session}`),
      ['a1 a1/mon', 'a1 a1/tue', 'b2 b2/mon', 'b2 b2/tue', 'c3 c3/mon', 'd4 d4/tue'],
    );
    wav('other.wav');
    await assert.rejects(prepare({ pattern }), /1 of 7 audio files do not fit corpus\.pattern:\n {2}other\.wav/);
    await assert.rejects(prepare({ pattern: '(' }), /corpus\.pattern: expected a regular expression/);
    await assert.rejects(prepare({ pattern: 'x' }), /expected a group \(\?<speaker>…\)/);
  });

  it('knows the files of a list by their names alone where those are unique', async () => {
    speakers(4, 2);
    wav('sp0/day0/apple.wav');
    wav('sp3/day0/pear.wav');
    const list = join(source, 'trials.txt');
    writeFileSync(list, 'apple.wav sp0/day0/u0 target\napple pear.wav nontarget\n');
    assert.deepEqual((await prepare()).trials!.at(1), {
      enroll: 'sp0/day0/apple',
      test: 'sp3/day0/pear',
      target: false,
    });
    writeFileSync(list, 'apple u0 target\n');
    await assert.rejects(prepare(), /trials\.txt: 1 id is not in the manifest: u0/);
  });

  it('takes trials from a list that is named', async () => {
    speakers(4, 2);
    const list = join(source, 'my.lst');
    writeFileSync(list, '1 sp2/day0/u0 sp2/day0/u1\r\n0 sp2/day0/u0.wav sp3/day0/u1\r\n');
    const { trials, notes } = await prepare({ trials: list });
    assert.equal(trials!.length, 2);
    assert.ok(notes.includes('test speakers: the 2 of the trial list'), notes.join('\n'));
    await assert.rejects(prepare({ trials: join(source, 'none') }), /none: cannot read the trial list/);
  });

  it('refuses folders that would become one speaker', async () => {
    speakers(4, 2);
    wav('ann lee/1.wav');
    wav('ann_lee/2.wav');
    await assert.rejects(prepare(), /"ann lee" and "ann_lee" would both be speaker ann_lee; rename one/);
  });

  it('follows symbolic links, but not in circles', async () => {
    speakers(4, 2);
    symlinkSync(join(source, 'sp0'), join(source, 'sp9'));
    assert.equal((await prepare()).utterances.length, 10);
    symlinkSync(source, join(source, 'sp1/loop'));
    const { utterances, notes } = await prepare();
    assert.equal(utterances.length, 10);
    assert.match(notes.join('\n'), /left out 1 other file \(link in a circle: sp1\/loop 1\)/);
  });

  it('explains a missing, empty, flat or too small folder', async () => {
    await assert.rejects(prepare({ source: join(source, 'none') }), /none: cannot read the corpus: no such folder/);
    await assert.rejects(prepare({ source: undefined }), /corpus\.source is not set: .*\nPass --source DIR/);
    await assert.rejects(prepare(), /expected speaker\/…\/utterance\.wav .* below it, found no audio file/);
    speakers(3, 1);
    await assert.rejects(prepare(), /cannot hold out 2 of 3 speakers .*found 0\)/);
    wav('stray.wav');
    await assert.rejects(prepare(), /1 audio file is in no speaker's folder: stray\.wav/);
  });
});

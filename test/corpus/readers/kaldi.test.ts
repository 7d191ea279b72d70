/** @file Kaldi data folders read as a corpus: with and without segments, splits, commands, and what does not fit. */
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { corpusTree, idsOf, noteOf, prepare, type CorpusTree } from './corpus-tree.js';

describe('corpus kaldi', () => {
  let tree: CorpusTree;
  beforeEach(() => (tree = corpusTree()));
  afterEach(() => tree.remove());

  /** A data folder of `speaker-0`, `speaker-1`. */
  const folder = (name: string, speakers: string[]) => {
    const ids = speakers.flatMap((speaker) => [`${speaker}-0`, `${speaker}-1`]);
    for (const id of ids) tree.wav(`audio/${id}.wav`);
    tree.text(`${name}/wav.scp`, ...ids.map((id) => `${id} ${tree.at('audio', `${id}.wav`)}`));
    tree.text(`${name}/utt2spk`, ...ids.map((id) => `${id} ${id.slice(0, -2)}`));
  };
  const read = (options: Record<string, unknown> = {}) =>
    prepare({ type: 'kaldi', source: tree.at('data'), ...options }, tree.at('made'));

  it('takes the folders train, dev and test, the trials in test, and the genders', async () => {
    folder('data/train', ['a', 'b']);
    folder('data/dev', ['k', 'l']);
    folder('data/test', ['y', 'z']);
    tree.text('data/train/spk2gender', 'a f', 'b m');
    tree.text('data/test/trials', 'y-0 y-1 target', 'y-0 z-1 nontarget');
    const corpus = await read();
    assert.deepEqual(idsOf(corpus, 'train'), ['a-0', 'a-1', 'b-0', 'b-1']);
    assert.deepEqual(idsOf(corpus, 'dev'), ['k-0', 'k-1', 'l-0', 'l-1']);
    assert.deepEqual(idsOf(corpus, 'test'), ['y-0', 'y-1', 'z-0', 'z-1']);
    assert.equal(corpus.trials!.length, 2);
    assert.deepEqual(
      corpus.utterances.slice(0, 4).map(({ gender }) => gender),
      ['f', 'f', 'm', 'm'],
    );
    assert.match(noteOf(corpus, /^trials/), /^trials: 2 of trials, SHA-256/);
  });

  it("finds lists that are gzip'd", async () => {
    folder('data/train', ['a', 'b']);
    folder('data/test', ['y', 'z']);
    tree.text('data/test/trials', 'y-0 y-1 target', 'y-0 z-1 nontarget');
    for (const list of ['train/wav.scp', 'train/utt2spk', 'test/wav.scp', 'test/trials']) {
      const path = tree.at('data', list);
      writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
      rmSync(path);
    }
    const corpus = await read();
    assert.deepEqual(idsOf(corpus, 'train'), ['a-0', 'a-1', 'b-0', 'b-1']);
    assert.equal(corpus.trials!.length, 2);
  });

  it('takes folders that are named, several for a split', async () => {
    folder('a', ['a', 'b']);
    folder('b', ['c']);
    folder('eval', ['y', 'z']);
    const corpus = await read({ source: undefined, train: [tree.at('a'), tree.at('b')], test: tree.at('eval') });
    assert.equal(idsOf(corpus, 'train').length, 6);
    assert.equal(corpus.trials!.length, 6);
    await assert.rejects(
      read({ train: undefined, test: tree.at('eval') }),
      /corpus\.train is not set, but corpus\.dev or/,
    );
  });

  it('refuses the trial lists of two test folders, of which one would be left out, unless one is named', async () => {
    folder('a', ['a', 'b']);
    folder('t1', ['w', 'x']);
    folder('t2', ['y', 'z']);
    tree.text('t1/trials', 'w-0 w-1 target', 'w-0 x-1 nontarget');
    tree.text('t2/trials', 'y-0 y-1 target', 'y-0 z-1 nontarget');
    const both = { source: undefined, train: tree.at('a'), test: [tree.at('t1'), tree.at('t2')] };
    await assert.rejects(
      read(both),
      /expected one trial list beside the test data, got 2: .*t1\/trials, .*t2\/trials\n/,
    );
    tree.text('all', 'w-0 w-1 target', 'w-0 x-1 nontarget', 'y-0 y-1 target', 'y-0 z-1 nontarget');
    assert.equal((await read({ ...both, trials: tree.at('all') })).trials!.length, 4);
  });

  it('chooses test speakers where there is one folder', async () => {
    folder('data', ['a', 'b', 'c', 'd', 'e']);
    const corpus = await read({ testSpeakers: ['b', 'd'] });
    assert.deepEqual(idsOf(corpus, 'test'), ['b-0', 'b-1', 'd-0', 'd-1']);
    tree.text('data/trials', 'a-0 a-1 target', 'a-0 e-1 nontarget');
    assert.deepEqual(idsOf(await read(), 'test'), ['a-0', 'a-1', 'e-0', 'e-1']);
  });

  it('reads segments: pieces, their sessions, ends of -1, and ends a little after the file', async () => {
    folder('data', ['a', 'b', 'c', 'd']);
    for (const name of ['r1', 'r2']) tree.wav(`audio/${name}.wav`, 2);
    tree.text(
      'data/wav.scp',
      `r1 ${tree.at('audio/r1.wav')}`,
      `r2 ${tree.at('audio/r2.wav')}`,
      `r3 ${tree.at('no.wav')}`,
    );
    tree.text('data/segments', ...['a', 'b', 'c', 'd'].flatMap((s) => [`${s}-0 r1 0.5 1.25`, `${s}-1 r2 1.5 -1`]));
    appendFileSync(tree.at('data/segments'), 'd-2 r1 0 2.3\nd-3 r1 0 2\n');
    appendFileSync(tree.at('data/utt2spk'), 'd-2 d\nd-3 d\n');
    const corpus = await read({ testSpeakers: ['a', 'b'] });
    const { utterances } = corpus;
    const timesOf = (wanted: string) => {
      const { offset, duration, session } = utterances.find(({ id }) => id === wanted)!;
      return { offset, duration, session };
    };
    assert.deepEqual(timesOf('a-0'), { offset: 0.5, duration: 0.75, session: 'r1' });
    assert.deepEqual(timesOf('a-1'), { offset: 1.5, duration: 0.5, session: 'r2' });
    assert.deepEqual(timesOf('d-2'), { offset: 0, duration: 2, session: 'r1' });
    assert.deepEqual(timesOf('d-3'), { offset: undefined, duration: 2, session: 'r1' });
    assert.match(noteOf(corpus, /half a second/), /^1 utterance listed .*: d-2 \(0\.300 s\)$/);
    assert.match(noteOf(corpus, /in no segment/), /1 recording of wav\.scp in no segment: left out/);

    appendFileSync(tree.at('data/segments'), 'd-4 r1 1 2.6\n');
    appendFileSync(tree.at('data/utt2spk'), 'd-4 d\n');
    await assert.rejects(
      read(),
      /1 of 11 utterances are not in their files:\n {2}.*segments:11: d-4: asked for 1\.6 s from 1 s, but the file has 2\.000 s/,
    );
    tree.text('data/segments', 'a-0 r1 1.5 1.5');
    tree.text('data/utt2spk', 'a-0 a');
    await assert.rejects(read(), /segments:1: expected an end after the start, got 1\.5 to 1\.5 s/);
    tree.text('data/segments', 'a-0 r9 1 2');
    await assert.rejects(read(), /segments:1: recording r9 is not in .*wav\.scp/);
  });

  it('finds relative paths from the working directory or from the folder, and says which', async () => {
    folder('data', ['a', 'b', 'c', 'd']);
    const scp = readFileSync(tree.at('data/wav.scp'), 'utf8').replaceAll(`${tree.root}/`, '');
    tree.text('data/wav.scp', scp.trim());
    const corpus = await read({ testSpeakers: ['a', 'b'] });
    assert.equal(corpus.utterances[0].path, tree.at('audio/a-0.wav'));
    assert.match(noteOf(corpus, /relative/), /relative paths of wav\.scp start at /);
    await assert.rejects(
      read({ root: tree.at('elsewhere') }),
      /8 of 8 audio files cannot be used:\n {2}.*elsewhere\/audio/,
    );
  });

  it('refuses commands unless they are allowed, and then runs each once', async () => {
    folder('data', ['a', 'b', 'c', 'd']);
    const command = `a-0 echo ran >> ${tree.at('log')}; cat ${tree.at('audio/a-0.wav')} |`;
    const scp = readFileSync(tree.at('data/wav.scp'), 'utf8').trim().split('\n').slice(1);
    tree.text('data/wav.scp', command, ...scp);
    const options = { testSpeakers: ['a', 'b'] };
    await assert.rejects(
      read(options),
      /wav\.scp: 1 recording is a command, not a file:\n {2}.*wav\.scp:1: echo ran .*\nRunning them runs whatever they say; .*--allow-pipes/,
    );
    const corpus = await read({ ...options, allowPipes: true });
    const made = corpus.utterances.find(({ id }) => id === 'a-0')!;
    assert.match(made.path, /made\/kaldi-pipes\/a-0-[0-9a-f]{16}\.wav$/);
    assert.equal(made.duration, 0.1);
    assert.match(noteOf(await read({ ...options, allowPipes: true }), /made by commands/), /1 of them earlier/);
    assert.equal(readFileSync(tree.at('log'), 'utf8'), 'ran\n');

    tree.text('data/wav.scp', 'a-0 echo half; echo no such disc >&2; exit 3 |', ...scp);
    await assert.rejects(
      read({ ...options, allowPipes: true }),
      /1 of 1 commands failed:\n {2}.*wav\.scp:1: a-0: exit status 3: no such disc$/m,
    );
    tree.text('data/wav.scp', 'a-0 true |', ...scp);
    await assert.rejects(read({ ...options, allowPipes: true }), /a-0: the command wrote nothing/);
    assert.equal(readdirSync(tree.at('made/kaldi-pipes')).length, 1);
  });

  it('never drops an utterance', async () => {
    folder('data', ['a', 'b', 'c', 'd']);
    const utt2spk = readFileSync(tree.at('data/utt2spk'), 'utf8').trim().split('\n');
    tree.text('data/utt2spk', ...utt2spk.slice(1), 'zz-0 zz');
    await assert.rejects(
      read(),
      /2 utterances are not in both wav\.scp and utt2spk:\n {2}a-0: not in utt2spk\n {2}zz-0: not in wav\.scp\n/,
    );
    tree.text('data/utt2spk', ...utt2spk, 'a-0 b');
    await assert.rejects(read(), /utt2spk:9: a-0 is listed already, at .*utt2spk:1/);
    rmSync(tree.at('data/utt2spk'));
    await assert.rejects(read(), /expected utt2spk \(or spk2utt\), found neither/);
    tree.text('data/spk2utt', 'a a-0 a-1', 'b b-0 b-1', 'c c-0 c-1', 'd d-0 d-1');
    assert.equal((await read({ testSpeakers: ['a', 'b'] })).utterances.length, 8);
    rmSync(tree.at('audio/c-1.wav'));
    await assert.rejects(read({ testSpeakers: ['a', 'b'] }), /1 of 8 audio files cannot be used:\n {2}.*c-1\.wav/);
    await assert.rejects(
      read({ source: tree.at('audio') }),
      /expected a Kaldi data folder \(wav\.scp, utt2spk\), or folders/,
    );
  });

  it('refuses a speaker in training and test, by name', async () => {
    folder('data/train', ['a', 'b']);
    folder('data/test', ['y', 'z']);
    tree.text('data/test/utt2spk', 'y-0 a', 'y-1 a', 'z-0 z', 'z-1 z');
    await assert.rejects(read(), /1 speaker is both in training and in test:\n {2}a: a-1 \(train\) and y-0 \(test\)/);
  });
});

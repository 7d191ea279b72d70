/** @file Finding audio files and reading their headers: order, counts, links, and many slow headers in threads. */
import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { describeSameFiles, listAudioFiles, probeAudioFiles } from '../../../src/corpus/readers/audio-files.js';
import { corpusTree, type CorpusTree } from './corpus-tree.js';

describe('audio files', () => {
  let tree: CorpusTree;
  beforeEach(() => (tree = corpusTree()));
  afterEach(() => tree.remove());

  it('are listed in code-unit order, links followed, the rest counted by extension', async () => {
    for (const name of ['b/2', 'b/10', 'a/x/1', 'Z', 'ü/1', 'with space/1']) tree.wav(`${name}.wav`);
    tree.text('b/notes.txt', 'x');
    tree.text('b/.hidden.wav', 'x');
    tree.text('b/._2.wav', 'x');
    tree.text('.old/1.wav', 'x');
    symlinkSync(tree.at('b'), tree.at('link'));
    symlinkSync(tree.at('nowhere.wav'), tree.at('broken.wav'));
    const { audio, others } = await listAudioFiles(tree.root);
    assert.deepEqual(audio, [
      'Z.wav',
      'a/x/1.wav',
      'b/10.wav',
      'b/2.wav',
      'broken.wav',
      'link/10.wav',
      'link/2.wav',
      'with space/1.wav',
      'ü/1.wav',
    ]);
    assert.deepEqual([...others].sort(), [
      ['.txt', 2],
      ['hidden', 3],
    ]);
    const paths = audio.map((file) => tree.at(file));
    await assert.rejects(
      probeAudioFiles(paths, { where: 'here' }),
      /here: 1 of 9 audio files .*\n.*broken\.wav.*no such file/,
    );
  });

  it('are not followed in circles of links, which are counted', async () => {
    tree.wav('a/1.wav');
    tree.wav('b/2.wav');
    for (const [target, link] of [
      ['.', 'a/up'],
      ['b', 'a/x'],
      ['a', 'b/y'],
    ]) {
      symlinkSync(tree.at(target), tree.at(link));
    }
    const { audio, others, folders, linked } = await listAudioFiles(tree.root);
    assert.deepEqual(audio, ['a/1.wav', 'a/x/2.wav', 'b/2.wav', 'b/y/1.wav']);
    assert.deepEqual(
      [...others.keys()].sort(),
      ['a/up', 'a/x/y', 'b/y/up', 'b/y/x'].map((at) => `link in a circle: ${at}`),
    );
    assert.deepEqual(folders, ['a', 'b']);
    assert.ok(linked);
    const notes = await describeSameFiles(audio.map((file) => tree.at(file)));
    const [first, second] = [tree.at('b/2.wav'), tree.at('b/y/1.wav')];
    assert.deepEqual(notes, [
      `2 files reached twice, by symbolic links, and so taken twice: ` +
        `${first} is ${tree.at('a/x/2.wav')}, ${second} is ${tree.at('a/1.wav')}`,
    ]);
  });

  it('are probed in threads where headers are slow: the same infos in the same order', async () => {
    for (const [index, seconds] of [0.1, 0.2, 0.3].entries()) tree.wav(`${index}.wav`, seconds);
    const paths = Array.from({ length: 1200 }, (_, index) => tree.at(`${index % 3}.wav`));
    const counts: number[] = [];
    const onProgress = (done: number) => counts.push(done);
    const [here, threads] = [
      await probeAudioFiles(paths, { where: 'here', slow: Infinity }),
      await probeAudioFiles(paths, { where: 'here', slow: 0, onProgress }),
    ];
    assert.deepEqual(threads, here);
    assert.deepEqual(
      threads.slice(-3).map(({ duration }) => duration),
      [0.1, 0.2, 0.3],
    );
    assert.equal(counts.at(-1), 1200);
    const bad = paths.with(7, tree.at('x.wav')).with(1100, tree.at('y.wav'));
    await assert.rejects(
      probeAudioFiles(bad, { where: 'here', slow: 0 }),
      /here: 2 of 1200 audio files cannot be used:\n {2}.*x\.wav.*\n {2}.*y\.wav/,
    );
  });

  it('stop being probed when that is wanted', async () => {
    tree.wav('a.wav');
    const signal = AbortSignal.abort(new Error('stopped'));
    await assert.rejects(probeAudioFiles([tree.at('a.wav')], { where: 'here', signal }), /stopped/);
  });
});

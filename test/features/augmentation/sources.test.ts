/** @file Folders, files, lists and manifests to draw from; and those with nothing in them. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Utterance, writeManifest } from '../../../src/corpus/manifest/manifest.js';
import { augmentationOptions } from '../../../src/features/augmentation/options.js';
import {
  describeSources,
  listAugmentationSources,
  listRecordings,
} from '../../../src/features/augmentation/sources.js';
import { whiteNoise, writeFloatWav } from './signals.js';

describe('features/augmentation/sources', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'sources-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const wav = (name: string, seconds = 0.1, channels = 1, sampleRate = 16000) => {
    const samples = whiteNoise(seconds * sampleRate, name);
    writeFloatWav(join(folder, name), new Array<Float32Array>(channels).fill(samples), sampleRate);
    return join(folder, name);
  };
  const list = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return listRecordings(join(folder, name), { technique: 'noise' });
  };
  const names = (recordings: { path: string }[]) => recordings.map(({ path }) => path.slice(folder.length + 1));

  it('searches a folder through all its levels, as MUSAN has them', async () => {
    wav('noise/sound-bible/b.wav', 0.2);
    wav('noise/free-sound/a.wav', 0.1, 2, 8000);
    writeFileSync(join(folder, 'noise/LICENSE'), 'CC0');
    const recordings = await listRecordings(join(folder, 'noise'), { technique: 'noise' });
    assert.deepEqual(recordings, [
      { path: join(folder, 'noise/free-sound/a.wav'), duration: 0.1, sampleRate: 8000, channels: 2 },
      { path: join(folder, 'noise/sound-bible/b.wav'), duration: 0.2, sampleRate: 16000, channels: 1 },
    ]);
  });

  it("reads a list of paths: relative, with ids, with Kaldi's options, with spaces, and twice", async () => {
    for (const name of ['a.wav', 'sub/b c.wav', 'd.wav']) wav(name);
    const text = [
      '# noises',
      'a.wav',
      'sub/b c.wav',
      '',
      `noise-1 ${join(folder, 'd.wav')}`,
      'noise-2 sub/b c.wav',
      '--rir-id small-1 --room-id 1 d.wav',
      'a.wav',
    ].join('\r\n');
    const recordings = await list('noise.scp', text);
    assert.deepEqual(names(recordings), ['a.wav', 'sub/b c.wav', 'd.wav', 'sub/b c.wav', 'd.wav', 'a.wav']);
  });

  it('takes one audio file by itself', async () => {
    assert.deepEqual(names(await listRecordings(wav('hum.wav'), { technique: 'noise' })), ['hum.wav']);
  });

  it('takes the training utterances of a manifest, with their speakers', async () => {
    const path = wav('long.wav', 2);
    const utterance = (id: string, speaker: string, split: Utterance['split']): Utterance => ({
      ...{ id, speaker, path, offset: 0.5, duration: 1, sampleRate: 16000, channels: 1, corpus: 'c', split },
    });
    const all = [utterance('a', 'anna', 'train'), utterance('b', 'bert', 'test'), utterance('c', 'carl', 'dev')];
    writeManifest(join(folder, 'manifest.jsonl'), all);
    const recordings = await listRecordings(join(folder, 'manifest.jsonl'), { technique: 'babble' });
    assert.deepEqual(
      recordings.map(({ speaker, offset, duration }) => ({ speaker, offset, duration })),
      [{ speaker: 'anna', offset: 0.5, duration: 1 }],
    );
    writeManifest(join(folder, 'test.jsonl'), [all[1]]);
    await assert.rejects(
      listRecordings(join(folder, 'test.jsonl'), { technique: 'babble' }),
      /^UserError: augmentation\.babble: .*test\.jsonl: the manifest has no utterance of the training split/,
    );
  });

  it('lists what is asked for, each source once, and describes it', async () => {
    wav('n/a.wav', 1.8);
    wav('r/b.wav', 0.5, 1, 8000);
    const options = augmentationOptions.parse({
      noise: { source: join(folder, 'n') },
      music: { source: join(folder, 'n') },
      reverberation: { source: join(folder, 'r') },
      babble: {},
    });
    const sources = await listAugmentationSources(options);
    assert.deepEqual(Object.keys(sources), ['noise', 'music', 'reverberation']);
    assert.equal(sources.music, sources.noise);
    assert.deepEqual(describeSources(sources), [
      'noise: 1 recordings, 0.00 h, 16000 Hz',
      'music: 1 recordings, 0.00 h, 16000 Hz',
      'reverberation: 1 recordings, 0.00 h, 8000 Hz',
    ]);
    const long = { path: 'a.mp3', duration: 61, sampleRate: 16000, channels: 1 };
    assert.match(
      describeSources({ noise: [long] })[1],
      /^noise: 1 recordings of more than 60 s are neither WAV nor FLAC/,
    );
  });

  it('refuses a folder that is empty or has no audio, naming it', async () => {
    mkdirSync(join(folder, 'empty'));
    const listOf = (name: string) => listRecordings(join(folder, name), { technique: 'noise' });
    await assert.rejects(
      listOf('empty'),
      /^UserError: augmentation\.noise: .*empty: expected audio files \(\.wav.*it is empty/,
    );
    mkdirSync(join(folder, 'texts'));
    writeFileSync(join(folder, 'texts/a.txt'), '');
    await assert.rejects(
      listOf('texts'),
      /texts: expected audio files .*found none: left out 1 other file \(\.txt 1\)/,
    );
    await assert.rejects(listOf('gone'), /augmentation\.noise: .*gone: no such folder or file/);
  });

  it('refuses files that are not audio or are empty, naming them', async () => {
    wav('good.wav');
    writeFileSync(join(folder, 'bad.wav'), 'not audio at all');
    writeFileSync(join(folder, 'zero.wav'), '');
    await assert.rejects(
      listRecordings(folder, { technique: 'music' }),
      /^UserError: augmentation\.music: [^]*2 of 3 audio files cannot be used[^]*bad\.wav[^]*zero\.wav/,
    );
  });

  it('refuses lists of nothing, of missing files and of commands, with the lines', async () => {
    await assert.rejects(list('none.txt', '\n# nothing\n'), /none\.txt: expected a list of audio files, one a line/);
    wav('a.wav');
    await assert.rejects(
      list('some.txt', 'a.wav\nb.wav\nid sox a.wav -t wav - |\n'),
      /2 lines of the list .*\n {2}line 2: no such file: b\.wav\n {2}line 3: a command, not a file: id sox/,
    );
  });
});

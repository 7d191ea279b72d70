/** @file Variants of a training set: which there are, what they are called, and what of a cache they change. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../../src/audio/write-wav.js';
import type { Utterance } from '../../src/corpus/manifest/manifest.js';
import { augmentationIdentity, copyIdentity } from '../../src/features/augmentation/augmentation-identity.js';
import { augmentationOptions } from '../../src/features/augmentation/options.js';
import { buildFeatureCache, openFeatureCache } from '../../src/features/cache/cache.js';
import { featureOptions } from '../../src/features/options.js';
import { trainingVariants } from '../../src/features/variants.js';
import { keyedRandom } from '../../src/random.js';

const utterance = (id: string, speaker: string, given: Partial<Utterance> = {}): Utterance => ({
  ...{ id, speaker, path: `${id}.wav`, duration: 1, sampleRate: 8000, channels: 1, corpus: 'c', split: 'train' },
  ...given,
});

describe('features/variants', () => {
  const corpus = [utterance('a', 'x'), utterance('b', 'y'), utterance('t', 'z', { split: 'test' })];
  const names = (given: object) =>
    trainingVariants(corpus, augmentationOptions.parse(given)).map(({ id, speaker }) => `${id} ${speaker}`);

  it('adds speakers by speed and copies of all, in this order, of training utterances alone', () => {
    const speed = { factors: [0.9, 1.1], newSpeakers: true };
    const faster = ['sp0.9-a sp0.9-x', 'sp0.9-b sp0.9-y', 'sp1.1-a sp1.1-x', 'sp1.1-b sp1.1-y'];
    assert.deepEqual(names({ speed }), ['a x', 'b y', ...faster]);
    assert.deepEqual(names({ level: {}, when: 'copies', copies: 2 }), [
      'a x',
      'b y',
      'a~1 x',
      'b~1 y',
      'a~2 x',
      'b~2 y',
    ]);
    const both = names({ speed, level: {}, when: 'copies' });
    assert.deepEqual(both.slice(0, 7), ['a x', 'b y', ...faster, 'a~1 x']);
    assert.equal(both.length, 12);
  });

  it('adds none where nothing of a waveform is stored', () => {
    assert.deepEqual(trainingVariants(corpus, null), corpus.slice(0, 2));
    for (const given of [{ level: {} }, { speed: {} }, { specAugment: {}, when: 'copies' }]) {
      assert.deepEqual(names(given), ['a x', 'b y']);
    }
  });

  it('refuses names that are taken, by any split', () => {
    const level = augmentationOptions.parse({ level: {}, when: 'copies' });
    assert.throws(
      () => trainingVariants([...corpus, utterance('a~1', 'w', { split: 'dev' })], level),
      /the id a~1 would be/,
    );
    const speed = augmentationOptions.parse({ speed: { newSpeakers: true } });
    assert.throws(
      () => trainingVariants([...corpus, utterance('q', 'sp0.9-x')], speed),
      /the speaker sp0.9-x is in the/,
    );
  });

  describe('in a cache', () => {
    let dir: string;
    let utterances: Utterance[];
    const options = featureOptions.parse({ sampleRate: 8000, bins: 24, normalize: 'global' });
    before(() => {
      dir = mkdtempSync(join(tmpdir(), 'acanet-variants-'));
      utterances = Array.from({ length: 20 }, (_, i) => {
        const path = join(dir, `u${i}.wav`);
        const random = keyedRandom('variants', i);
        writeWav(
          path,
          Float32Array.from({ length: 4000 }, () => 0.1 * random.normal()),
          8000,
        );
        return utterance(`u${i}`, `s${i % 3}`, { path, duration: 0.5 });
      });
    });
    after(() => rmSync(dir, { recursive: true, force: true }));

    it('leave clean shards and the training mean alone, and are made again when what is drawn changes', async () => {
      const folder = join(dir, 'cache');
      const build = (given: object | null, seed = 1) => {
        const augmentation = given && augmentationOptions.parse({ when: 'copies', ...given });
        const hash = augmentation ? `${seed} ${JSON.stringify(copyIdentity(augmentation))}` : undefined;
        return buildFeatureCache({
          utterances: [
            ...utterances,
            ...trainingVariants(utterances, augmentation, hash).filter((each) => each.variant),
          ],
          options,
          dir: folder,
          workers: 1,
          ...(augmentation && hash && { augmentation: { options: augmentation, sources: {}, seed, hash } }),
        });
      };
      await build(null);
      const clean = openFeatureCache(folder);
      const mean = clean.globalMean;
      const u3 = clean.read('u3').data;
      const times = () =>
        ['feats-00001', 'feats-00002', 'stats-00001', 'stats-00002'].map(
          (name) => statSync(join(folder, `${name}.ark`)).mtimeMs,
        );
      const before = times();

      const speed = { factors: [0.9], newSpeakers: true };
      const loud = { speed, level: { gain: [10, 10], probability: 1 } };
      const first = await build(loud);
      assert.deepEqual([first.utterances, first.reusedShards, first.shards], [80, 2, 2 + 2 + 3]);
      assert.deepEqual(times(), before);
      const cache = openFeatureCache(folder);
      assert.deepEqual(cache.globalMean, mean);
      assert.deepEqual(cache.read('u3').data, u3);
      assert.equal(cache.frames('sp0.9-u3'), 1 + Math.floor((Math.ceil(4000 / 0.9) - 200) / 80));
      // 10 dB are ln(10) in natural log power; 16 bits of a range of some 25 are steps of 4e-4.
      const gain = cache.read('u3~1').data.map((value, i) => value - u3[i]);
      assert.ok(gain.every((value) => Math.abs(value - Math.log(10)) < 1e-3));

      const further = await build({ ...loud, copies: 2 });
      assert.equal(further.reusedShards >= 4, true);
      const louder = await build({ speed, level: { gain: [12, 12], probability: 1 } });
      assert.equal(louder.reusedShards, 4, 'clean and speed shards are kept');
      const before2 = readFileSync(join(folder, 'feats-00005.ark'));
      assert.equal(
        (await build({ speed, level: { gain: [12, 12], probability: 1 }, specAugment: {} })).reusedShards,
        7,
      );
      assert.deepEqual(readFileSync(join(folder, 'feats-00005.ark')), before2);
    });
  });

  describe('identity of sources', () => {
    let dir: string;
    before(() => (dir = mkdtempSync(join(tmpdir(), 'acanet-identity-'))));
    after(() => rmSync(dir, { recursive: true, force: true }));

    it('follows names and sizes of recordings, not the place of the folder', () => {
      const of = (source: string) =>
        JSON.stringify(augmentationIdentity(augmentationOptions.parse({ noise: { source } })));
      for (const name of ['one', 'two']) {
        mkdirSync(join(dir, name, 'deep'), { recursive: true });
        writeFileSync(join(dir, name, 'deep', 'a.wav'), 'abc');
      }
      assert.equal(of(join(dir, 'one')), of(join(dir, 'two')));
      writeFileSync(join(dir, 'two', 'b.wav'), '');
      assert.notEqual(of(join(dir, 'one')), of(join(dir, 'two')));
      mkdirSync(join(dir, 'empty'));
      assert.throws(
        () => of(join(dir, 'empty')),
        /augmentation\.noise\.source: .*empty cannot be read: the folder is empty/,
      );
      mkdirSync(join(dir, 'text'));
      writeFileSync(join(dir, 'text', 'notes 1.txt'), 'abc');
      assert.throws(() => of(join(dir, 'text')), /text cannot be read: none of its 1 files is audio \(\.wav/);
      // A recording of 3 GB is known without being read.
      const long = join(dir, 'long.wav');
      writeFileSync(long, 'abc');
      const short = of(long);
      truncateSync(long, 3 * 2 ** 30);
      assert.notEqual(of(long), short);
      assert.throws(() => of(join(dir, 'none')), /augmentation\.noise\.source: .*none cannot be read/);
    });
  });
});

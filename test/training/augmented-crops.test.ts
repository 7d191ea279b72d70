/**
 * @file Crops augmented while training: without augmentation they are those of the cache, their place and length hold
 * at other speeds, and what is drawn depends on neither threads nor the step that training resumes at.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../../src/audio/write-wav.js';
import type { Utterance } from '../../src/corpus/manifest/manifest.js';
import { UserError } from '../../src/errors.js';
import { augmentationOptions } from '../../src/features/augmentation/options.js';
import { buildFeatureCache, openFeatureCache } from '../../src/features/cache/cache.js';
import { featureOptions } from '../../src/features/options.js';
import { normalizeFeatures } from '../../src/features/normalization.js';
import { keyedRandom } from '../../src/random.js';
import type { LoadedBatch } from '../../src/training/batch-loader.js';
import type { PadPolicy } from '../../src/training/crop.js';
import { samplerOptions } from '../../src/training/sampler.js';
import { openTrainingData } from '../../src/training/training-data.js';

const RATE = 8000;
const BINS = 20;
const CROP = 30;

describe('crops augmented while training', () => {
  let dir: string;
  let noise: string;
  let utterances: Utterance[];

  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-augmented-'));
    noise = join(dir, 'noise.wav');
    const write = (path: string, seconds: number) => {
      const random = keyedRandom(path.slice(dir.length));
      writeWav(
        path,
        Float32Array.from({ length: Math.round(seconds * RATE) }, () => 0.05 * random.normal()),
        RATE,
      );
    };
    utterances = Array.from({ length: 7 }, (_, i) => {
      const path = join(dir, `u${i}.wav`);
      const whole = 0.25 + 0.2 * i; // the first is shorter than a crop of 0.3 s
      write(path, whole + 0.1);
      return {
        ...{ id: `u${i}`, speaker: `s${i % 2}`, path, offset: 0.05, duration: whole, sampleRate: RATE, channels: 1 },
        ...{ corpus: 'c', split: 'train' },
      } satisfies Utterance;
    });
    write(noise, 2);
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  const all = {
    noise: () => ({ source: noise, probability: 1, snr: [0, 5] }),
    speed: { factors: [0.9, 1.1] },
    level: {},
    dropChunk: {},
    specAugment: { probability: 1 },
  };

  async function open(
    given: object | null,
    { features = {}, loaderThreads = 1, cropFrames = CROP, pad = 'wrap' as PadPolicy } = {},
  ) {
    const options = featureOptions.parse({ sampleRate: RATE, bins: BINS, compression: 'none', ...features });
    const cacheDir = join(dir, `cache ${JSON.stringify(features)}`);
    await buildFeatureCache({ utterances, options, dir: cacheDir, workers: 1 });
    const cache = openFeatureCache(cacheDir);
    const data = await openTrainingData({
      utterances,
      augmentation: given && augmentationOptions.parse(given),
      cache,
      training: { ...samplerOptions.parse({ batchSize: 4 }), cropFrames, pad, loaderThreads },
      seed: 3,
    });
    const batches = async (startStep: number, endStep: number) => {
      const loader = data.openLoader({ startStep, endStep });
      const list: LoadedBatch[] = [];
      for (let batch = await loader.next(); batch; batch = await loader.next()) list.push(batch);
      await loader.close();
      return list;
    };
    return { data, batches, options, cache };
  }

  const worst = (a: Float32Array, b: Float32Array) =>
    a.reduce((max, value, i) => Math.max(max, Math.abs(value - b[i])), 0);
  /** Draws nothing, ever, but makes the crops from audio. */
  const nothing = { level: { probability: 0 } };

  for (const features of [{ normalize: 'none' }, { normalize: 'global' }, { normalize: 'none', snipEdges: false }]) {
    it(`are those of the cache where nothing is drawn: ${JSON.stringify(features)}`, async () => {
      const cached = await (await open(null, { features })).batches(0, 5);
      const online = await (await open(nothing, { features })).batches(0, 5);
      for (const [i, batch] of online.entries()) {
        assert.deepEqual(batch.targets, cached[i].targets);
        // A running sum that starts elsewhere: float64 rounding, seen through a logarithm. Mirrored edges differ for
        // the short clip only at its end, where up to a frame's samples are not read.
        const close = worst(batch.features, cached[i].features);
        assert.ok(close < ('snipEdges' in features ? 6 : 1e-4), `${close}`);
      }
    });
  }

  it('are normalised over the crop, clean ones too', async () => {
    const { batches, options } = await open(nothing, { features: { normalize: 'meanvar' } });
    const raw = await (await open(null, { features: { normalize: 'none' } })).batches(0, 2);
    for (const [i, { features }] of (await batches(0, 2)).entries()) {
      for (let row = 0; row < 4; row++) {
        const slice = (values: Float32Array<ArrayBuffer>) => values.slice(row * CROP * BINS, (row + 1) * CROP * BINS);
        const expected = { frames: CROP, bins: BINS, data: slice(raw[i].features) };
        // A clip that is repeated to fill the crop is normalised before; the mean of whole repetitions would be the
        // same.
        if (worst(expected.data.subarray(0, BINS), expected.data.subarray(23 * BINS, 24 * BINS)) === 0) continue;
        normalizeFeatures(expected, options.normalize);
        assert.ok(worst(slice(features), expected.data) < 1e-3);
      }
    }
  });

  it('depend on neither the number of threads nor the step that training resumes at', async () => {
    const given = { ...all, noise: all.noise() };
    const expected = await (await open(given)).batches(0, 6);
    for (const loaderThreads of [2, 3]) {
      assert.deepEqual(await (await open(given, { loaderThreads })).batches(0, 6), expected);
    }
    for (const start of [1, 3, 5]) assert.deepEqual(await (await open(given)).batches(start, 6), expected.slice(start));
    const [first, , second] = expected; // step 2 begins the second epoch
    assert.equal(second.epoch, 1);
    assert.notDeepEqual(first.features, second.features);
    assert.ok(expected.every(({ features }) => features.every(Number.isFinite)));
  });

  it('are filled at a speed at which an utterance gets shorter than a crop, though short ones are left out', async () => {
    const speed = { factors: [2], probability: 1 };
    for (const { features } of await (await open({ speed }, { pad: 'skip' })).batches(0, 2)) {
      for (let at = 0; at < features.length; at += BINS) {
        assert.ok(features.subarray(at, at + BINS).some((value) => value !== 0));
      }
    }
  });

  it('are there at every speed, for every length', async () => {
    for (const factor of [0.5, 0.9, 1.1, 2]) {
      const speed = { factors: [factor], probability: 1 };
      const [batch] = await (await open({ speed }, { features: { normalize: 'none' }, cropFrames: 10 })).batches(0, 1);
      // Shorter clips would be repeated: no crop is, so that each has as many frames as it should.
      for (let row = 0; row < 4; row++) {
        const frame = (index: number) =>
          batch.features.subarray((row * 10 + index) * BINS, (row * 10 + index + 1) * BINS);
        assert.notEqual(worst(frame(0), frame(9)), 0);
      }
    }
  });

  it('make further speakers of other speeds, read from the same audio', async () => {
    const { data, batches } = await open({ speed: { factors: [0.9, 1.1], newSpeakers: true } });
    assert.deepEqual(data.speakers, ['s0', 's1', 'sp0.9-s0', 'sp0.9-s1', 'sp1.1-s0', 'sp1.1-s1']);
    assert.equal(data.utterances.length, 21);
    assert.equal((await batches(0, data.stepsPerEpoch)).length, 6);
  });

  it('are masked crops of the cache where SpecAugment alone is drawn', async () => {
    const masks = { specAugment: { probability: 1, time: { width: 8 }, frequency: { width: 4 } } };
    const plain = await (await open(null)).batches(0, 2);
    const masked = await (await open(masks)).batches(0, 2);
    for (const [i, { features }] of masked.entries()) {
      const changed = [...features.keys()].filter((at) => features[at] !== plain[i].features[at]);
      assert.ok(changed.length > 0);
      assert.ok(changed.every((at) => features[at] === 0));
    }
    assert.deepEqual(await (await open(masks, { loaderThreads: 2 })).batches(1, 2), masked.slice(1));
    assert.deepEqual(await (await open({ ...masks, when: 'copies' })).batches(0, 2), masked);
  });

  it('are refused together with VAD, whose frames audio cannot tell', async () => {
    await assert.rejects(open(nothing, { features: { vad: {} } }), /features\.vad and augmentation\.when: online/);
  });

  it('name the audio that is gone, as something to mend', async () => {
    const { path } = utterances[6];
    const { data } = await open(nothing);
    renameSync(path, `${path}.away`);
    const loader = data.openLoader({ startStep: 0, endStep: 4 });
    await assert.rejects(
      async () => {
        while (await loader.next());
      },
      { name: UserError.name, message: /u6\.wav: cannot be read/ },
    );
    await loader.close();
    renameSync(`${path}.away`, path);
  });
});

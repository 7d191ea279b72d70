/** @file The batch loader: the batches of the sampler, ahead of time, from any step, and errors that arrive whole. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../../src/audio/write-wav.js';
import type { Utterance } from '../../src/corpus/manifest/manifest.js';
import { UserError } from '../../src/errors.js';
import { buildFeatureCache, openFeatureCache } from '../../src/features/cache/cache.js';
import { featureOptions } from '../../src/features/options.js';
import { keyedRandom } from '../../src/random.js';
import { createBatchLoader, type BatchLoader, type LoadedBatch } from '../../src/training/batch-loader.js';
import { assembleBatch, cachedCrops } from '../../src/training/crop.js';
import { planEpoch, samplerOptions } from '../../src/training/sampler.js';

const RATE = 16000;
const sampler = samplerOptions.parse({ batchSize: 3 });

describe('batch loader', () => {
  let dir: string;
  let cacheDir: string;
  let loader: BatchLoader | undefined;
  const utterances = Array.from({ length: 7 }, (_, i) => ({ id: `u${i}`, target: i % 2 }));

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-loader-'));
    cacheDir = join(dir, 'cache');
    const manifest = utterances.map(({ id, target }, i): Utterance => {
      const path = join(dir, `${id}.wav`);
      const random = keyedRandom(id);
      const samples = Float32Array.from({ length: RATE * (0.3 + 0.1 * i) }, () => 0.1 * random.normal());
      writeWav(path, samples, RATE);
      const duration = samples.length / RATE;
      return {
        id,
        speaker: `s${target}`,
        path,
        duration,
        sampleRate: RATE,
        channels: 1,
        corpus: 'noise',
        split: 'train',
      };
    });
    await buildFeatureCache({
      utterances: manifest,
      options: featureOptions.parse({ type: 'kaldi', sampleRate: RATE }),
      dir: cacheDir,
      workers: 1,
    });
  });
  afterEach(() => loader?.close());
  after(() => rmSync(dir, { recursive: true, force: true }));

  const start = (options: object = {}) =>
    (loader = createBatchLoader({
      cacheDir,
      utterances,
      seed: 5,
      sampler,
      cropFrames: 50,
      pad: 'wrap',
      startStep: 0,
      endStep: 8,
      ...options,
    }));

  async function drain(from: BatchLoader): Promise<LoadedBatch[]> {
    const batches: LoadedBatch[] = [];
    for (let batch = await from.next(); batch; batch = await from.next()) batches.push(batch);
    return batches;
  }

  it("gives the sampler's batches of all epochs in order, then nothing", async () => {
    const batches = await drain(start());
    assert.deepEqual(
      batches.map(({ step, epoch }) => [step, epoch]),
      [0, 1, 2, 3, 4, 5, 6, 7].map((step) => [step, Math.floor(step / 3)]),
    );
    const readCrop = cachedCrops(openFeatureCache(cacheDir), { seed: 5, cropFrames: 50 });
    for (const { step, epoch, features, targets } of batches) {
      const requests = planEpoch({ seed: 5, epoch, utterances, ...sampler }).batch(step % 3);
      const crops = requests.map(({ utterance, copy }) => ({ ...utterances[utterance], copy }));
      const expected = await assembleBatch({ readCrop, crops, epoch, bins: 80, cropFrames: 50, pad: 'wrap' });
      assert.deepEqual(features, expected.features);
      assert.deepEqual(targets, expected.targets);
    }
    assert.equal(await loader?.next(), undefined);
  });

  it('gives the same batches when it starts in the middle, and whatever the number of threads', async () => {
    const all = await drain(start());
    assert.deepEqual(await drain(start({ startStep: 4 })), all.slice(4));
    for (const threads of [2, 3]) assert.deepEqual(await drain(start({ startStep: 1, threads })), all.slice(1));
  });

  it('runs ahead while the thread of its consumer is blocked', async () => {
    const archive = join(cacheDir, 'feats-00001.ark');
    const whole = readFileSync(archive);
    // A busy machine gets more time; without running ahead no time is enough.
    for (const seconds of [1, 10, 100]) {
      const running = start({ prefetch: 3 });
      await running.next();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000 * seconds); // what a long network step does
      truncateSync(archive); // what is not read by now cannot be
      try {
        for (let i = 0; i < 3; i++) await running.next();
        return;
      } catch (error) {
        if (seconds === 100) throw error;
      } finally {
        await running.close();
        writeFileSync(archive, whole);
      }
    }
  });

  it('passes on what the user can mend as a UserError', async () => {
    const absent = join(dir, 'absent');
    await assert.rejects(start({ cacheDir: absent }).next(), (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.ok(error.message.includes(absent), error.message);
      return true;
    });
    const unknown = start({ utterances: [...utterances, { id: 'nobody', target: 1 }] });
    await assert.rejects(drain(unknown), /nobody/);
    await unknown.close();
    // One thread's part of a batch fails, the others' parts do not.
    await assert.rejects(
      drain(start({ utterances: [...utterances, { id: 'nobody', target: 1 }], threads: 3 })),
      /nobody/,
    );
  });

  it('can be closed while a caller waits, and more than once', async () => {
    const closing = start();
    const pending = drain(closing);
    await closing.close();
    await assert.rejects(pending, /closed/);
    await closing.close();
  });
});

/** @file The estimate of a cache's size against caches that were built, and the refusal of one that will not fit. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../../src/audio/write-wav.js';
import type { Utterance } from '../../src/corpus/manifest/manifest.js';
import { buildFeatureCache } from '../../src/features/cache/cache.js';
import { checkFits, estimateCacheBytes } from '../../src/features/disk-space.js';
import { featureOptions } from '../../src/features/options.js';
import { keyedRandom } from '../../src/random.js';

describe('features/disk-space', () => {
  let dir: string;
  let utterances: Utterance[];

  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'disk-space-'));
    const random = keyedRandom('disk-space');
    utterances = Array.from({ length: 12 }, (_, i) => {
      const path = join(dir, `${i}.wav`);
      const samples = 8000 + 1000 * i;
      writeWav(
        path,
        Float32Array.from({ length: samples }, () => 0.1 * random.normal()),
        8000,
      );
      const what = { sampleRate: 8000, channels: 1, corpus: 'test', split: 'train' as const };
      return { id: `u${i}`, speaker: 's', path, duration: samples / 8000, ...what };
    });
  });
  after(() => rmSync(dir, { recursive: true }));

  for (const compression of ['none', '16', '8'] as const) {
    it(`is a little more than a cache takes (compression ${compression})`, async () => {
      const options = featureOptions.parse({ sampleRate: 8000, compression });
      const folder = join(dir, compression);
      await buildFeatureCache({ utterances, options, dir: folder, workers: 1 });
      const taken = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
      const estimate = estimateCacheBytes(utterances, options);
      // Never too low; paths and ids here are short, so the records' overhead shows most at 8 bits.
      assert.ok(estimate >= taken && estimate < 1.1 * taken, `${estimate} for ${taken}`);
    });
  }

  it('knows that slow speech and silence at the end take more', async () => {
    const options = featureOptions.parse({ sampleRate: 8000 });
    const slow = utterances.map((utterance) => ({ ...utterance, variant: { speed: 0.5, speaker: 's' } }));
    const silent = utterances.map((utterance) => ({ ...utterance, trailingSilence: 2 }));
    for (const [name, list] of Object.entries({ slow, silent })) {
      const { bytes } = await buildFeatureCache({ utterances: list, options, dir: join(dir, name), workers: 1 });
      const estimate = estimateCacheBytes(list, options);
      assert.ok(estimate >= bytes && estimate < 1.1 * bytes, `${name}: ${estimate} for ${bytes}`);
    }
    const copies = slow.map((utterance) => ({ ...utterance, variant: { ...utterance.variant, speed: 1, copy: 1 } }));
    assert.equal(estimateCacheBytes(copies, options, { slowest: 0.5 }), estimateCacheBytes(slow, options));
  });

  it('is told before the work begins', async () => {
    const options = featureOptions.parse({ sampleRate: 8000 });
    const plans: object[] = [];
    await buildFeatureCache({
      utterances,
      options,
      dir: join(dir, 'plan'),
      workers: 1,
      onPlan: ({ missing, total, bytes }) => plans.push({ missing, total, bytes }),
    });
    assert.deepEqual(plans, [{ missing: 12, total: 12, bytes: estimateCacheBytes(utterances, options) }]);
  });

  it('refuses what will not fit, naming both sizes and the ways out', () => {
    assert.doesNotThrow(() => checkFits(dir, 1e9, 1e9));
    assert.throws(() => checkFits('exp/x/features', 2.5e12, 3e8), {
      name: 'UserError',
      message: /expected room for about 2500\.0 GB of features, the disk has 300 MB left\n.*--work.*compression/,
    });
  });
});

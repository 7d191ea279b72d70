/** @file From an utterance to features: sample rates, pieces, trailing silence, speed, and frames without speech. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAudio } from '../../src/audio/read.js';
import { writeWav } from '../../src/audio/write-wav.js';
import { changeSpeed } from '../../src/features/augmentation/speed-perturbation.js';
import { createFbank } from '../../src/features/fbank/fbank.js';
import { featureOptions } from '../../src/features/options.js';
import {
  createUtteranceFeatures,
  describeResampling,
  readFeatureAudio,
} from '../../src/features/utterance-features.js';
import { keyedRandom } from '../../src/random.js';

describe('features/utterance-features', () => {
  let dir: string;
  let high: string;
  let low: string;
  let spoken: string;
  const options = featureOptions.parse({ sampleRate: 8000, bins: 24 });
  const fbank = createFbank(options);

  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-utterance-'));
    const random = keyedRandom('utterance');
    const noise = (length: number) => Float32Array.from({ length }, () => 0.1 * random.normal());
    [high, low, spoken] = ['high', 'low', 'spoken'].map((name) => join(dir, `${name}.wav`));
    writeWav(high, noise(16000), 16000);
    writeWav(low, noise(8000), 8000);
    const half = noise(8000);
    half.subarray(4000).fill(0);
    writeWav(spoken, half, 8000);
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  const extract = (
    given: object,
    piece: { path: string; offset?: number; duration?: number; trailingSilence?: number },
  ) => createUtteranceFeatures(featureOptions.parse({ ...options, ...given }))(piece);

  it('refuses, downsamples or resamples audio of another rate, as it is told', async () => {
    await assert.rejects(
      extract({}, { path: high }),
      /high\.wav: expected 8000 Hz, got 16000 Hz; .*otherRates: downsample/,
    );
    const converted = (await readAudio(high, { sampleRate: 8000 })).samples;
    for (const otherRates of ['downsample', 'resample']) {
      assert.deepEqual((await extract({ otherRates }, { path: high })).data, fbank(converted).data);
    }
    const wide = { sampleRate: 16000 };
    await assert.rejects(extract({ ...wide, otherRates: 'downsample' }, { path: low }), /upper bands empty/);
    assert.equal((await extract({ ...wide, otherRates: 'resample' }, { path: low })).samples, 16000);
  });

  it('takes a piece of resampled audio to be what the whole has there', async () => {
    const piece = { path: high, offset: 0.25, duration: 0.5 };
    const resampling = { sampleRate: 8000, otherRates: 'downsample' } as const;
    const whole = await readFeatureAudio({ path: high }, resampling);
    assert.deepEqual(await readFeatureAudio(piece, resampling), whole.slice(2000, 6000));
    const range = { from: 123, to: 1456 };
    assert.deepEqual(await readFeatureAudio(piece, resampling, { range }), whole.slice(2123, 3456));
  });

  it('appends the silence that a manifest asks for, in ranges too', async () => {
    const piece = { path: low, trailingSilence: 0.5, duration: 1 };
    const samples = await readFeatureAudio(piece, options);
    assert.equal(samples.length, 12000);
    assert.ok(samples.subarray(8000).every((sample) => sample === 0));
    for (const [from, to] of [
      [7000, 9000],
      [9000, 10000],
      [100, 200],
    ]) {
      assert.deepEqual(await readFeatureAudio(piece, options, { range: { from, to } }), samples.slice(from, to));
    }
  });

  it('changes the speed before features are made', async () => {
    const samples = await readFeatureAudio({ path: low }, options);
    const fast = await createUtteranceFeatures(options)({ path: low }, { speed: 1.1 });
    assert.equal(fast.samples, Math.ceil(8000 / 1.1));
    assert.deepEqual(fast.data, fbank(changeSpeed(samples, 1.1)).data);
  });

  it('leaves out frames without speech, decided on the clean samples, and refuses an utterance without any', async () => {
    const all = await extract({}, { path: spoken });
    const speech = await extract({ vad: {} }, { path: spoken });
    // Half of the frames, and up to two more that reach over or lie beside the edge.
    assert.ok(speech.frames >= 48 && speech.frames <= 52, `${speech.frames} frames`);
    assert.deepEqual(speech.data, all.data.slice(0, speech.data.length));
    const augment = {
      augmentation: {
        plan: () => ({ speed: 1, waveform: [], specAugment: false }),
        waveform: (samples: Float32Array<ArrayBuffer>) => Promise.resolve(samples.map((sample) => sample + 0.5)),
        features: () => undefined,
      },
      key: { seed: 1, epoch: 0, id: 'u', copy: 1 },
      speaker: 's',
    };
    const detecting = createUtteranceFeatures(featureOptions.parse({ ...options, vad: {} }));
    assert.equal((await detecting({ path: spoken }, { augment })).frames, speech.frames);
    await assert.rejects(
      extract({ vad: {} }, { path: spoken, offset: 0.6, duration: 0.2 }),
      /spoken\.wav: none of its 18 frames holds speech/,
    );
  });

  it('counts what is resampled', () => {
    const rates = [8000, 16000, 44100, 16000].map((sampleRate) => ({ sampleRate }));
    assert.equal(
      describeResampling(rates, options),
      '3 utterances are resampled to 8000 Hz (2 of 16000 Hz, 1 of 44100 Hz)',
    );
    assert.equal(describeResampling(rates.slice(0, 1), options), undefined);
  });
});

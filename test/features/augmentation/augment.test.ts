/**
 * @file Augmentation as the loader calls it: reproducible in any order, as likely as asked, at the speech's own level.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { energyOf } from '../../../src/features/augmentation/additive-noise.js';
import { type AugmentationKey, openAugmentation } from '../../../src/features/augmentation/augment.js';
import { augmentationOptions } from '../../../src/features/augmentation/options.js';
import type { SpeechRecording } from '../../../src/features/augmentation/sources.js';
import { keyedRandom } from '../../../src/random.js';
import { decibels, sine, whiteNoise, writeFloatWav } from './signals.js';
import { skip } from '../../skip.js';

const SAMPLE_RATE = 16000;
const anna = { speaker: 'speaker0' };
const keyOf = (index: number): AugmentationKey => ({
  seed: 7,
  epoch: index % 3,
  id: `utterance${index}`,
  copy: index % 2,
});

describe('features/augmentation/augment', () => {
  let folder: string;
  let training: SpeechRecording[];
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'augment-'));
    const write = (name: string, samples: Float32Array) => writeFloatWav(join(folder, name), [samples], SAMPLE_RATE);
    for (let i = 0; i < 4; i++) write(`noise/${i}.wav`, whiteNoise(4000 + 3000 * i, `noise${i}`));
    for (let i = 0; i < 3; i++) {
      const tail = whiteNoise(2000, `room${i}`).map((value, k) => value * Math.exp(-k / 300));
      tail[20 + i] = 1;
      write(`rooms/${i}.wav`, tail);
    }
    training = Array.from({ length: 9 }, (_, i) => {
      write(`speech/${i}.wav`, sine(9000, 100 + 10 * i, SAMPLE_RATE));
      const path = join(folder, `speech/${i}.wav`);
      return { path, duration: 9000 / SAMPLE_RATE, sampleRate: SAMPLE_RATE, channels: 1, speaker: `speaker${i}` };
    });
  });
  after(() => rmSync(folder, { recursive: true }));

  const open = (given: Record<string, unknown>) =>
    openAugmentation(augmentationOptions.parse(given), { sampleRate: SAMPLE_RATE, training });
  const noise = (more = {}) => ({ source: join(folder, 'noise'), ...more });
  const rooms = (more = {}) => ({ source: join(folder, 'rooms'), ...more });
  const everything = () => ({
    select: 'each',
    noise: noise({ probability: 0.5 }),
    music: noise({ probability: 0.5 }),
    speech: noise({ probability: 0.5 }),
    babble: { probability: 0.5 },
    reverberation: rooms({ probability: 0.5 }),
    speed: {},
    level: {},
    codec: { probability: 0.5, types: ['mu-law', 'a-law', 'narrow-band', 'telephone-mu-law', 'telephone-a-law'] },
    dropFrequency: {},
    dropChunk: {},
    specAugment: {},
  });

  const resultOf = async (augmentation: Awaited<ReturnType<typeof open>>, index: number) => {
    const samples = await augmentation.waveform(sine(8000, 200, SAMPLE_RATE), keyOf(index), anna);
    const features = { frames: 50, bins: 20, data: new Float32Array(1000).fill(1) };
    augmentation.features(features, keyOf(index));
    return { plan: augmentation.plan(keyOf(index)), samples, features };
  };

  it('gives the same bytes in any order, from any instance, next to any other work', async () => {
    const indices = Array.from({ length: 60 }, (_, i) => i);
    const one = await open(everything());
    const inOrder = [];
    for (const index of indices) inOrder.push(await resultOf(one, index));
    // Two "workers" with a share each, at once and in another order.
    const workers = [await open(everything()), await open(everything())];
    const shuffled = keyedRandom('order').shuffle([...indices]);
    const results = await Promise.all(
      shuffled.map(async (index, at) => ({ index, result: await resultOf(workers[at % 2], index) })),
    );
    for (const { index, result } of results) assert.deepEqual(result, inOrder[index]);
    assert.ok(new Set(inOrder.map(({ samples }) => samples.join())).size > 55);
  });

  it('draws anew for every seed, epoch, utterance and copy', async () => {
    const augmentation = await open({ noise: noise({ probability: 1 }) });
    const key = { seed: 1, epoch: 1, id: 'a', copy: 1 };
    const keys = [key, { ...key, seed: 2 }, { ...key, epoch: 2 }, { ...key, id: 'b' }, { ...key, copy: 2 }];
    const results = await Promise.all(
      keys.map((each) => augmentation.waveform(sine(800, 200, SAMPLE_RATE), each, anna)),
    );
    assert.equal(new Set(results.map((samples) => samples.join())).size, 5);
  });

  it('is drawn as often as its probability says: one at most, or each by itself', async () => {
    const given = {
      noise: noise({ probability: 0.3 }),
      babble: { probability: 0.1 },
      reverberation: rooms(),
      level: {},
    };
    for (const select of ['one', 'each']) {
      const augmentation = await open({ select, ...given });
      const counts: Record<string, number> = {};
      let several = 0;
      for (let i = 0; i < 4000; i++) {
        const { waveform } = augmentation.plan({ seed: 1, epoch: 0, id: `${i}`, copy: 0 });
        for (const technique of waveform) counts[technique] = (counts[technique] ?? 0) + 1;
        if (waveform.filter((technique) => technique !== 'level').length > 1) several++;
      }
      // Four standard deviations of 4000 draws are at most 0.032.
      for (const [technique, share] of Object.entries({ noise: 0.3, babble: 0.1, reverberation: 0.2, level: 0.5 })) {
        assert.ok(Math.abs(counts[technique] / 4000 - share) < 0.032, `${technique} ${counts[technique]}`);
      }
      assert.equal(several > 0, select === 'each');
    }
  });

  it('returns the given samples where nothing is drawn, and never changes them', async () => {
    const augmentation = await open({ ...everything(), select: 'each' });
    let clean = 0;
    for (let i = 0; i < 60; i++) {
      const samples = sine(4000, 200, SAMPLE_RATE);
      const result = await augmentation.waveform(samples, keyOf(i), anna);
      assert.deepEqual(samples, sine(4000, 200, SAMPLE_RATE));
      assert.equal(result.length, 4000);
      const drawn = augmentation.plan(keyOf(i)).waveform;
      assert.equal(result === samples, drawn.length === 0);
      if (drawn.length === 0) clean++;
    }
    const never = await open({ noise: noise({ probability: 0 }) });
    const samples = sine(4000, 200, SAMPLE_RATE);
    assert.equal(await never.waveform(samples, keyOf(1), anna), samples);
    assert.ok(clean < 60);
  });

  it('draws speeds evenly, and none where they are further speakers', async () => {
    const augmentation = await open({ speed: { factors: [0.9, 1.1] } });
    const counts = new Map<number, number>();
    for (let i = 0; i < 3000; i++) {
      const { speed } = augmentation.plan({ seed: 1, epoch: 0, id: `${i}`, copy: 0 });
      counts.set(speed, (counts.get(speed) ?? 0) + 1);
    }
    // Expected 1000 each; four standard deviations are 104.
    for (const speed of [0.9, 1, 1.1]) assert.ok(Math.abs(counts.get(speed)! - 1000) < 104, `${counts.get(speed)}`);
    const speakers = await open({ speed: { newSpeakers: true } });
    for (let i = 0; i < 50; i++) assert.equal(speakers.plan(keyOf(i)).speed, 1);
  });

  it('takes every ratio to the speech, whatever else is added to it', async () => {
    const both = {
      select: 'each',
      noise: noise({ probability: 1, snr: [5, 5] }),
      music: noise({ probability: 1, snr: [5, 5] }),
    };
    const samples = sine(8000, 200, SAMPLE_RATE);
    const mixture = await (await open(both)).waveform(samples, keyOf(4), anna);
    const added = mixture.map((value, i) => value - samples[i]);
    // Two independent noises at 5 dB: 5 − 3 dB; by chance they are alike to 1/√8000, times 4.
    assert.ok(Math.abs(decibels(samples) - decibels(added) - (5 - 3.01)) < 0.4);
  });

  it('keeps the level of the speech: clean and augmented alike', async () => {
    const samples = sine(8000, 200, SAMPLE_RATE);
    const noisy = await open({ noise: noise({ probability: 1, snr: [10, 10] }) });
    const babbling = await open({ babble: { probability: 1, snr: [10, 10], speakers: [3, 3] } });
    const roomy = await open({ reverberation: rooms({ probability: 1 }) });
    let projection = 0;
    for (let i = 0; i < 20; i++) {
      const mixture = await noisy.waveform(samples, keyOf(i), anna);
      projection += mixture.reduce((sum, value, t) => sum + value * samples[t], 0) / energyOf(samples) / 20;
      // The energy that is added is that of the noise: a tenth, up to chance likeness.
      assert.ok(Math.abs(decibels(mixture) - decibels(samples) - 10 * Math.log10(1.1)) < 0.15);
      const babble = await babbling.waveform(samples, keyOf(i), anna);
      const added = babble.map((value, t) => value - samples[t]);
      assert.ok(Math.abs(decibels(samples) - decibels(added) - 10) < 1e-4);
      const room = await roomy.waveform(samples, keyOf(i), anna);
      assert.ok(Math.abs(decibels(room) - decibels(samples)) < 1e-4);
    }
    // The mean over 20 noises of what by chance is like the speech, four standard deviations: 4·0.32/√(8000·20).
    assert.ok(Math.abs(projection - 1) < 0.004, `${projection}`);
  });

  it('masks features only where it is drawn', async () => {
    const augmentation = await open({ specAugment: { probability: 0.5, time: { count: 5 }, frequency: { count: 5 } } });
    for (let i = 0; i < 60; i++) {
      const features = { frames: 50, bins: 20, data: new Float32Array(1000).fill(1) };
      augmentation.features(features, keyOf(i));
      // Ten masks of up to ten and eight: one in 10^10 draws masks nothing at all.
      assert.equal(augmentation.plan(keyOf(i)).specAugment, features.data.includes(0));
    }
  });

  it('refuses noise that never sounds, instead of leaving speech clean unsaid', async () => {
    writeFloatWav(join(folder, 'silence/a.wav'), [new Float32Array(8000)], SAMPLE_RATE);
    const { waveform } = await open({ noise: { source: join(folder, 'silence'), probability: 1 } });
    await assert.rejects(waveform(whiteNoise(4000, 'speech'), keyOf(1), anna), {
      name: 'UserError',
      message: /augmentation\.noise: expected sound in .*silence, got silence in 100 pieces/,
    });
  });

  it('says which speakers are too few for babble before anything is read', async () => {
    const options = augmentationOptions.parse({ babble: {} });
    await assert.rejects(
      openAugmentation(options, { sampleRate: SAMPLE_RATE, training: training.slice(0, 7) }),
      /expected at least 8 speakers/,
    );
  });

  it('augments with recorded noise', async function () {
    const source = resolve('../shared/noise');
    if (!existsSync(source)) skip(this, 'the noise is not part of the project');
    const augmentation = await open({ noise: { source, probability: 1 } });
    const samples = sine(48000, 200, SAMPLE_RATE);
    for (let i = 0; i < 20; i++) {
      const mixture = await augmentation.waveform(samples, keyOf(i), anna);
      const added = mixture.map((value, t) => value - samples[t]);
      const snr = decibels(samples) - decibels(added);
      assert.ok(snr > -1e-4 && snr < 15 + 1e-4, `${snr}`);
    }
  });
});

/**
 * @file Speech cut short and in noise: lengths, places, ratios, and that nothing but seed and utterance decides them.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Utterance } from '../../src/corpus/manifest/manifest.js';
import { UserError } from '../../src/errors.js';
import { listRecordings } from '../../src/features/augmentation/sources.js';
import { createDegradedFeatures, createNoiseMixer, drawCut } from '../../src/features/degraded-speech.js';
import { featureOptions } from '../../src/features/options.js';
import { readFeatureAudio } from '../../src/features/utterance-features.js';
import { decibels, whiteNoise, writeFloatWav } from './augmentation/signals.js';

const RATE = 16000;
const options = featureOptions.parse({ sampleRate: RATE });

describe('features/degraded-speech', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'degraded-'))));
  after(() => rmSync(folder, { recursive: true }));

  /** Said over 4 s of a file of 6 s, from 0.5 s on. */
  const utterance = (id: string, own: Partial<Utterance> = {}): Utterance => {
    const path = join(folder, `${id}.wav`);
    writeFloatWav(path, [whiteNoise(6 * RATE, id)], RATE);
    const place = { path, offset: 0.5, duration: 4, sampleRate: RATE, channels: 1 };
    return { id, speaker: 's', ...place, corpus: 'test', split: 'test', ...own };
  };
  const cut = (given: Utterance, seconds: number, seed = 1) => drawCut(given, seconds, { seed, sampleRate: RATE });

  it('cuts to the length that is asked for, within the utterance, and to the sample', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      const given = utterance(id);
      for (const seconds of [1, 2.5, 3.9999]) {
        const piece = cut(given, seconds)!;
        assert.ok(piece.offset! >= 0.5 && piece.offset! + piece.duration! <= 4.5 + 1e-9);
        const samples = await readFeatureAudio(piece, options);
        assert.equal(samples.length, Math.round(seconds * RATE));
        const from = Math.round(piece.offset! * RATE);
        assert.deepEqual(samples, whiteNoise(6 * RATE, id).subarray(from, from + samples.length));
      }
    }
  });

  it('leaves utterances whole that are no longer, the silence behind them not counted', async () => {
    const extract = createDegradedFeatures(options, { seed: 1 });
    assert.equal(cut(utterance('a'), 4), undefined);
    assert.equal(cut(utterance('a', { trailingSilence: 3 }), 5), undefined);
    assert.equal(await extract(utterance('a'), { kind: 'duration', value: 4 }), undefined);
    assert.equal((await extract(utterance('a'), { kind: 'duration', value: 2 }))!.samples, 2 * RATE);
  });

  it('cuts at places that depend on seed and utterance alone, the shorter within the longer', () => {
    const places = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => [1, 2, 3].map((seconds) => cut(utterance(id), seconds)!));
    assert.deepEqual(places[2][0], cut(utterance('c'), 1));
    assert.notEqual(places[2][0].offset, cut(utterance('c'), 1, 2)!.offset);
    assert.equal(new Set(places.map(([one]) => one.offset)).size, 6);
    for (const cuts of places) {
      for (const [i, { offset, duration }] of cuts.slice(1).entries()) {
        assert.ok(offset! <= cuts[i].offset! && offset! + duration! >= cuts[i].offset! + cuts[i].duration! - 1e-9);
      }
    }
  });

  it('draws a cut again that holds no speech where features need some, and says when none does', async () => {
    const samples = new Float32Array(20 * RATE);
    samples.set(whiteNoise(4 * RATE, 'speech'), 9 * RATE); // a fifth of it
    const path = join(folder, 'pause.wav');
    const given = utterance('x', { path, offset: 0, duration: 20 });
    writeFloatWav(path, [samples], RATE);
    const voiced = createDegradedFeatures(featureOptions.parse({ sampleRate: RATE, vad: {} }), {
      seed: 1,
      minFrames: 5,
    });
    for (const id of ['a', 'b', 'c', 'd']) {
      const features = await voiced({ ...given, id }, { kind: 'duration', value: 0.5 });
      assert.ok(features!.frames >= 5);
    }
    const ofOneFrame = createDegradedFeatures(featureOptions.parse({ sampleRate: RATE, vad: {} }), {
      seed: 1,
      minFrames: 1,
    });
    samples.fill(0).set(whiteNoise(RATE / 50, 'click'), 10 * RATE); // 4 frames and less, which only some models take
    samples.set(whiteNoise(2 * RATE, 'speech'), 15 * RATE);
    writeFloatWav(path, [samples], RATE);
    for (let id = 0; id < 20; id++) {
      const [all, one] = [voiced, ofOneFrame].map((make) => make({ ...given, id: `${id}` }, { kind: 'duration', value: 2 })); // prettier-ignore
      assert.deepEqual(await one, await all, 'models hear different cuts');
    }
    writeFloatWav(path, [new Float32Array(20 * RATE)], RATE);
    await assert.rejects(voiced(given, { kind: 'duration', value: 0.5 }), /pause\.wav: expected 5 frames of speech in one of 100 cuts of 0\.5 s/); // prettier-ignore
  });

  it('adds noise at the ratio that is asked for, the same noise at every ratio', async () => {
    for (const name of ['n/a.wav', 'n/b.wav', 'n/c.wav'])
      writeFloatWav(join(folder, name), [whiteNoise(RATE, name, 0.01)], RATE);
    const recordings = await listRecordings(join(folder, 'n'), { technique: 'noise', section: 'robustness' });
    const speech = whiteNoise(3 * RATE, 'speech', 0.05);
    for (const noise of ['white' as const, recordings]) {
      const mix = createNoiseMixer({ noise, sampleRate: RATE, seed: 1 });
      const added = async (snr: number, id = 'a') => (await mix(speech, id, snr)).map((value, i) => value - speech[i]);
      for (const snr of [20, 5, 0, -10]) {
        // Samples are rounded to float32, which the subtraction shows at high ratios.
        assert.ok(Math.abs(decibels(speech) - decibels(await added(snr)) - snr) < 0.01, `${snr} dB`);
      }
      const [loud, soft] = [await added(0), await added(20)];
      assert.ok(loud.every((value, i) => Math.abs(value - 10 * soft[i]) < 1e-5));
      assert.deepEqual(await added(0), loud);
      const other = await added(0, 'b');
      assert.ok(loud.some((value, i) => Math.abs(value - other[i]) > 1e-3));
      assert.deepEqual(speech, whiteNoise(3 * RATE, 'speech', 0.05));
    }
  });

  it('computes features of the noisy samples', async () => {
    const given = utterance('a');
    const extract = createDegradedFeatures(options, { seed: 1, noise: 'white' });
    const [clean, noisy] = [
      await createDegradedFeatures(options, { seed: 1, noise: 'white' })(given, { kind: 'snr', value: 100 }),
      await extract(given, { kind: 'snr', value: 0 }),
    ];
    assert.equal(noisy!.frames, clean!.frames);
    const rise = noisy!.data.reduce((sum, value, i) => sum + value - clean!.data[i], 0) / noisy!.data.length;
    assert.ok(Math.abs(rise) > 0.1, `noise of the same energy changes the spectrum, by ${rise}`);
  });

  it('refuses noise that is silent, by the name of its source', async () => {
    writeFloatWav(join(folder, 'silent/a.wav'), [new Float32Array(RATE)], RATE);
    const noise = await listRecordings(join(folder, 'silent'), { technique: 'noise', section: 'robustness' });
    const mix = createNoiseMixer({ noise, sampleRate: RATE, seed: 1, where: 'robustness.noise: silent' });
    await assert.rejects(mix(whiteNoise(RATE, 'x'), 'a', 0), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /^robustness\.noise: silent: expected sound, got silence in 100 pieces/);
      return true;
    });
    await assert.rejects(
      listRecordings(join(folder, 'missing'), { technique: 'noise', section: 'robustness' }),
      /robustness\.noise: .*missing: no such folder or file/,
    );
  });
});

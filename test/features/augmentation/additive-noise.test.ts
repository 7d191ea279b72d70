/** @file The signal-to-noise ratio that comes out, and what happens where there is none. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { UserError } from '../../../src/errors.js';
import { addNoise, drawNoise, drawRecording, energyOf } from '../../../src/features/augmentation/additive-noise.js';
import { createRecordingReader, type SourceRecording } from '../../../src/features/augmentation/recording-reader.js';
import { listRecordings } from '../../../src/features/augmentation/sources.js';
import { keyedRandom } from '../../../src/random.js';
import { sine, whiteNoise } from './signals.js';
import { skip } from '../../skip.js';

/** Ratio of the speech to what the mixture has besides it, dB. */
function snrOf(speech: Float32Array, mixture: Float32Array): number {
  let noise = 0;
  for (let i = 0; i < speech.length; i++) noise += (mixture[i] - speech[i]) ** 2;
  return 10 * Math.log10(energyOf(speech) / noise);
}

const recording = (path: string, speaker?: string): SourceRecording => ({
  path,
  duration: 1,
  sampleRate: 16000,
  channels: 1,
  speaker,
});

describe('features/augmentation/additive-noise', () => {
  const speech = sine(48000, 200, 16000).map((value, i) => (i < 16000 ? 0 : value));

  for (const snr of [-5, 0, 7.5, 15, 30]) {
    it(`adds noise at ${snr} dB of the whole clip's energies`, () => {
      const mixture = addNoise(speech, whiteNoise(48000, 'noise', 0.003), snr);
      // Rounding the mixture to float32 leaves errors 140 dB down.
      assert.ok(Math.abs(snrOf(speech, mixture) - snr) < 1e-5, `${snrOf(speech, mixture)} dB`);
    });
  }

  it('neither scales nor clips, also beyond full scale', () => {
    const loud = sine(16000, 200, 16000, 0.99);
    const mixture = addNoise(loud, whiteNoise(16000, 'noise', 0.5), 0);
    assert.ok(mixture.some((value) => Math.abs(value) > 1));
    assert.ok(Math.abs(snrOf(loud, mixture)) < 1e-5);
  });

  it('keeps the expected level of the speech within the mixture', () => {
    const noise = whiteNoise(48000, 'noise');
    const mixture = addNoise(speech, noise, 10);
    const projection = mixture.reduce((sum, value, i) => sum + value * speech[i], 0) / energyOf(speech);
    // Of 48,000 samples, by chance noise at 10 dB is like the speech to 0.3/√48000 = 0.0014.
    assert.ok(Math.abs(projection - 1) < 0.006, `${projection}`);
  });

  it('leaves speech as it is where the noise or the speech is silent', () => {
    const silence = new Float32Array(48000);
    assert.deepEqual(addNoise(speech, silence, 0), speech);
    assert.deepEqual(addNoise(silence, whiteNoise(48000, 'noise'), 0), silence);
  });

  it('draws again where a piece is silent, and gives up after so many tries', async () => {
    const reader = (silentCalls: number) => {
      let calls = 0;
      const piece = (_: SourceRecording, count: number) =>
        Promise.resolve(new Float32Array(count).fill(calls++ < silentCalls ? 0 : 0.5));
      return { piece, whole: () => Promise.reject(new Error('not needed')) };
    };
    const draw = () => recording('a.wav');
    const drawn = await drawNoise(reader(9), draw, 4, keyedRandom(1), { tries: 10 });
    assert.equal(drawn?.energy, 1);
    assert.equal(await drawNoise(reader(10), draw, 4, keyedRandom(1), { tries: 10 }), undefined);
  });

  it('names a recording with samples that are no numbers', async () => {
    const piece = (_: SourceRecording, count: number) => Promise.resolve(new Float32Array(count).fill(NaN));
    const reader = { piece, whole: () => Promise.reject(new Error('not needed')) };
    await assert.rejects(
      drawNoise(reader, () => recording('bad.wav'), 4, keyedRandom(1), { tries: 10 }),
      /^UserError: bad\.wav: .*finite/,
    );
  });

  it("never draws the utterance's own speaker, and says where there is no other", () => {
    const list = [...new Array<string>(500).fill('anna'), 'bert'].map((speaker) => recording('a.wav', speaker));
    for (let i = 0; i < 20; i++) assert.equal(drawRecording(list, keyedRandom(i), 'anna').speaker, 'bert');
    assert.throws(() => drawRecording(list.slice(0, 500), keyedRandom(1), 'anna'), UserError);
  });

  const folder = resolve('../shared/noise');
  it('meets the ratio with recorded noise, shorter and longer than the speech', async function () {
    if (!existsSync(folder)) skip(this, 'the noise is not part of the project');
    const recordings = await listRecordings(folder, { technique: 'noise' });
    assert.equal(recordings.length, 40);
    let worst = 0;
    for (const seconds of [3, 8]) {
      const clip = sine(seconds * 16000, 150, 16000);
      for (const [index, noiseRecording] of recordings.entries()) {
        const reader = createRecordingReader(16000);
        const drawn = await drawNoise(reader, () => noiseRecording, clip.length, keyedRandom(index), { tries: 10 });
        // Some of these clips are padded with digital silence; ten pieces of it in a row would be nothing to test.
        if (!drawn) continue;
        const snr = (index % 16) - 1;
        worst = Math.max(worst, Math.abs(snrOf(clip, addNoise(clip, drawn.noise, snr)) - snr));
      }
    }
    assert.ok(worst < 1e-4, `${worst} dB`);
  });
});

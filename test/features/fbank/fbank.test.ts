/**
 * @file Both front ends against torchaudio's and SpeechBrain's own output.
 *
 * Tolerances are those of the fixtures' README: 1e-2 at most, and 2e-4 (kaldi) or 1e-3 (dB) in the mean. The originals
 * compute in float32 and differ from their own float64 by up to 5e-3 in near-silent bands.
 */
import assert from 'node:assert/strict';
import { UserError } from '../../../src/errors.js';
import { readAudio } from '../../../src/audio/read.js';
import { createFbank } from '../../../src/features/fbank/fbank.js';
import { featureOptions } from '../../../src/features/options.js';
import { kaldiFilterbank, speechbrainFilterbank } from '../../../src/features/fbank/mel-filterbank.js';
import { cases, deviation, kaldiOptions, tensor, wavPath } from '../fixtures.js';

describe('features/fbank', () => {
  for (const each of cases.kaldi) {
    const { tensor: name, wav } = each;
    it(`equals ${name}`, async () => {
      const options = kaldiOptions(each);
      const { samples } = await readAudio(wavPath(wav));
      const { frames, bins, data } = createFbank(options)(samples);
      assert.deepEqual([frames, bins], tensor(name).shape);
      const { worst, mean } = deviation(data, tensor(name).data);
      assert.ok(worst < 1e-2 && mean < 2e-4, `worst ${worst}, mean ${mean}`);
    });
  }

  for (const { prefix, wav, fbank } of cases.speechbrain) {
    it(`equals ${prefix}`, async () => {
      const options = featureOptions.parse({ type: 'speechbrain', sampleRate: fbank.sample_rate, nFft: fbank.n_fft });
      const { samples } = await readAudio(wavPath(wav));
      const { frames, bins, data } = createFbank(options)(samples);
      assert.deepEqual([1, frames, bins], tensor(`${prefix}.fbank`).shape);
      const { worst, mean } = deviation(data, tensor(`${prefix}.fbank`).data);
      assert.ok(worst < 1e-2 && mean < 1e-3, `worst ${worst}, mean ${mean}`);
    });
  }

  it("equals SpeechBrain's batch, row by row, padding included", () => {
    const { shape, data } = tensor('sb/batch.wavs');
    const expected = tensor('sb/batch.fbank').data;
    const fbank = createFbank(featureOptions.parse({ type: 'speechbrain' }));
    for (let row = 0; row < shape[0]; row++) {
      const got = fbank(data.subarray(row * shape[1], (row + 1) * shape[1])).data;
      const { worst, mean } = deviation(got, expected.subarray(row * got.length, (row + 1) * got.length));
      assert.ok(worst < 1e-2 && mean < 1e-3, `row ${row}: worst ${worst}, mean ${mean}`);
    }
  });

  const filterbanks = [
    ['kaldi/mel_banks_16k_512_80', kaldiFilterbank, { nFft: 512, low: 20 }, [256, 1]],
    ['sb/fbank_matrix_16k_n400_80', speechbrainFilterbank, { nFft: 400, low: 0 }, [1, 80]],
  ] as const;
  for (const [name, make, range, [bandStep, binStep]] of filterbanks) {
    it(`has the filters of ${name}`, () => {
      const { firstBins, starts, weights } = make({ bins: 80, sampleRate: 16000, high: 8000, ...range });
      const dense = new Float32Array(tensor(name).data.length);
      for (let band = 0; band < 80; band++) {
        for (let at = starts[band]; at < starts[band + 1]; at++) {
          dense[band * bandStep + (firstBins[band] + at - starts[band]) * binStep] = weights[at];
        }
      }
      // float32 at frequencies of thousands of Hz: slopes are good to about 1e-4.
      assert.ok(deviation(dense, tensor(name).data).worst < 2e-4);
    });
  }

  it('gives the same features whatever was extracted before', () => {
    for (const type of ['kaldi', 'speechbrain'] as const) {
      const fbank = createFbank(featureOptions.parse({ type }));
      const clip = Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i * i * 1e-4) * 0.3);
      const first = fbank(clip).data;
      fbank(Float32Array.from({ length: 3000 }, (_, i) => Math.cos(i)));
      assert.deepEqual(fbank(clip).data, first);
    }
  });

  it('gives features of many frames that equal those of the pieces', () => {
    // 200 frames fill blocks and groups of frames, the last ones not; a piece that starts at a multiple of the shift
    // has the same frames.
    const fbank = createFbank(featureOptions.parse({}));
    const clip = Float32Array.from({ length: 400 + 199 * 160 }, (_, i) => Math.sin(i * i * 1e-5) * 0.3 + 0.01);
    const whole = fbank(clip);
    assert.equal(whole.frames, 200);
    for (const frame of [0, 1, 62, 63, 64, 65, 127, 199]) {
      const alone = fbank(clip.subarray(frame * 160, frame * 160 + 400)).data;
      assert.deepEqual(alone, whole.data.slice(frame * 80, frame * 80 + 80), `frame ${frame}`);
    }
  });

  it('takes a clip of exactly one frame and refuses a shorter one', () => {
    for (const type of ['kaldi', 'speechbrain'] as const) {
      const fbank = createFbank(featureOptions.parse({ type }));
      assert.ok(fbank(new Float32Array(400)).frames >= 1);
      assert.throws(() => fbank(new Float32Array(399)), UserError);
    }
  });
});

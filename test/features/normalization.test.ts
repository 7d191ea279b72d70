/** @file Normalisation against SpeechBrain's InputNormalization, and crops normalised like their utterance. */
import assert from 'node:assert/strict';
import {
  featureStatistics,
  normalizeFeatures,
  subtractWindowMeans,
  windowAround,
} from '../../src/features/normalization.js';
import { cases, deviation, tensor } from './fixtures.js';

describe('features/normalization', () => {
  for (const { prefix } of cases.speechbrain) {
    it(`subtracts the sentence mean as in ${prefix}`, () => {
      const { shape, data } = tensor(`${prefix}.fbank`);
      const features = { frames: shape[1], bins: shape[2], data: Float32Array.from(data) };
      normalizeFeatures(features, 'mean');
      // Same input: only the order of a float32 sum differs.
      assert.ok(deviation(features.data, tensor(`${prefix}.norm`).data).worst < 1e-4);
    });
  }

  it('normalises rows of a batch over their own length, by mean and by mean and deviation', () => {
    const { shape, data } = tensor('sb/batch.fbank');
    const lengths = tensor('sb/batch.lengths').data;
    for (const [name, mode] of [
      ['norm', 'mean'],
      ['norm_std', 'meanvar'],
    ] as const) {
      for (let row = 0; row < shape[0]; row++) {
        const frames = Math.round(lengths[row] * shape[1]);
        const start = row * shape[1] * shape[2];
        const features = {
          frames,
          bins: shape[2],
          data: data.slice(start, start + frames * shape[2]) as Float32Array<ArrayBuffer>,
        };
        normalizeFeatures(features, mode);
        const expected = tensor(`sb/batch.${name}`).data.subarray(start, start + features.data.length);
        assert.ok(deviation(features.data, expected).worst < 1e-4, `${name}, row ${row}`);
      }
    }
  });

  const features = () => ({ frames: 3, bins: 2, data: Float32Array.of(1, 5, 2, 5, 6, 5) });

  it('normalises a crop by the statistics of its utterance', () => {
    const whole = features();
    const statistics = featureStatistics(whole);
    normalizeFeatures(whole, 'meanvar');
    const crop = { frames: 1, bins: 2, data: Float32Array.of(2, 5) };
    normalizeFeatures(crop, 'meanvar', { statistics });
    assert.deepEqual(crop.data, whole.data.slice(2, 4));
  });

  it('subtracts a global mean, leaves `none` alone, and survives bands that never change', () => {
    const global = features();
    normalizeFeatures(global, 'global', { globalMean: Float32Array.of(1, 2) });
    assert.deepEqual([...global.data], [0, 3, 1, 3, 5, 3]);
    const none = features();
    normalizeFeatures(none, 'none');
    assert.deepEqual(none, features());
    const constant = features();
    normalizeFeatures(constant, 'meanvar');
    assert.deepEqual([constant.data[1], constant.data[3], constant.data[5]], [0, 0, 0]);
  });

  it('subtracts the mean of the frames around each, as many at the ends as in the middle', () => {
    const ramp = { frames: 8, bins: 1, data: Float32Array.of(1, 2, 4, 8, 16, 32, 64, 128) };
    const windows = Array.from({ length: 8 }, (_, t) => windowAround(t, 8, 4));
    // Kaldi's apply-cmvn-sliding --center=true --cmn-window=4: from t - 2, moved inwards.
    assert.deepEqual(
      windows.map(({ from }) => from),
      [0, 0, 0, 1, 2, 3, 4, 4],
    );
    assert.ok(windows.every(({ from, to }) => to - from === 4));
    const expected = [...ramp.data].map((value, t) => {
      const { from, to } = windows[t];
      return value - ramp.data.slice(from, to).reduce((sum, x) => sum + x, 0) / 4;
    });
    assert.deepEqual([...subtractWindowMeans(ramp, 4).data], expected);
    // A crop needs no more than its windows.
    const part = { frames: 5, bins: 1, data: ramp.data.slice(1, 6) };
    const crop = subtractWindowMeans(part, 4, { first: 3, count: 2, offset: 1, frames: 8 });
    assert.deepEqual([...crop.data], expected.slice(3, 5));
    normalizeFeatures(ramp, { window: 4 });
    assert.deepEqual([...ramp.data], expected);
  });

  it('takes the mean of an utterance that is shorter than the window', () => {
    const [windowed, mean] = [features(), features()];
    normalizeFeatures(windowed, { window: 300 });
    normalizeFeatures(mean, 'mean');
    assert.deepEqual(windowed, mean);
  });
});

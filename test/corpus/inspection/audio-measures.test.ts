/** @file Measures of samples: known signals have known levels, clipping, offset and silence. */
import assert from 'node:assert/strict';
import { createAudioMeter, LOWEST_DBFS, type AudioMeasures } from '../../../src/corpus/inspection/audio-measures.js';

const RATE = 16000;
const measure = (samples: Float32Array, { block = samples.length, rate = RATE } = {}): AudioMeasures => {
  const meter = createAudioMeter(rate);
  for (let from = 0; from < samples.length; from += block) meter.add(samples.subarray(from, from + block));
  return meter.measures();
};
const tone = (seconds: number, amplitude: number, { offset = 0 } = {}) =>
  Float32Array.from(
    { length: seconds * RATE },
    (_, i) => offset + amplitude * Math.sin((2 * Math.PI * 440 * i) / RATE),
  );
const near = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `expected ${expected} ± ${tolerance}, got ${actual}`);

describe('audio measures', () => {
  it('gives a full-scale sine a peak of 0 and a level of -3.01 dBFS', () => {
    const { peak, level, activeLevel, dcOffset, clipped, flat } = measure(tone(1, 1));
    near(peak, 0, 0.001);
    near(level, -3.0103, 0.001);
    near(activeLevel, -3.0103, 0.05); // frames of 20 ms do not hold whole periods
    near(dcOffset, 0, 1e-6);
    assert.equal(clipped, 0);
    assert.equal(flat, 0);
  });

  it('measures the speech and not the pauses as active level, and the level around the mean', () => {
    const samples = Float32Array.from([...tone(1, 0.1, { offset: 0.2 }), ...new Float32Array(3 * RATE).fill(0.2)]);
    const { level, activeLevel, dcOffset, flat } = measure(samples);
    near(activeLevel, -23.01, 0.05);
    near(level, -23.01 - 6.02, 0.05); // a quarter of the time: 6 dB less
    near(dcOffset, 0.2, 1e-6);
    near(flat, 0.75, 1e-4);
  });

  it('counts samples in runs of three or more at the extremes as clipped', () => {
    const clean = tone(1, 1);
    const hard = clean.map((x) => Math.max(-0.5, Math.min(0.5, x)));
    const expected = clean.filter((x) => Math.abs(x) >= 0.5).length / clean.length;
    near(measure(hard).clipped, expected, 1e-9);
    near(measure(hard.map((x) => x * 0.4)).clipped, expected, 1e-9); // scaled down afterwards
    assert.equal(measure(hard.map((x) => x * 0.1)).clipped, 0); // too quiet to call it clipping
    const single = Float32Array.from(clean, (x, i) => (i % 1000 === 0 ? 1 : 0.3 * x));
    assert.equal(measure(single).clipped, 0);
  });

  it('calls a constant silence and not clipping', () => {
    for (const value of [0, 0.3, -1]) {
      const { level, clipped, flat } = measure(new Float32Array(RATE).fill(value));
      assert.ok(level < -120, String(level)); // the rounding of a mean of squares in double precision
      assert.deepEqual({ clipped, flat }, { clipped: 0, flat: 1 });
    }
  });

  it('counts NaN and infinite samples and leaves them out of the rest', () => {
    const samples = tone(1, 0.5);
    samples.set([NaN, Infinity, -Infinity], 100);
    const { nonFinite, peak } = measure(samples);
    assert.equal(nonFinite, 3);
    near(peak, -6.02, 0.01);
    assert.equal(measure(new Float32Array(3).fill(NaN)).peak, LOWEST_DBFS);
  });

  it('gives the same whatever the size of the blocks', () => {
    const samples = tone(1, 0.9).map((x) => Math.min(0.6, x));
    const whole = measure(samples);
    for (const block of [1, 7, 320, 5000]) assert.deepEqual(measure(samples, { block }), whole);
  });

  it('measures nothing as silence', () => {
    assert.equal(measure(new Float32Array(0)).level, LOWEST_DBFS);
  });
});

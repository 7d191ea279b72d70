/** @file What gets through a telephone, how late, and how loud. */
import assert from 'node:assert/strict';
import { throughCodec } from '../../../src/features/augmentation/codec.js';
import { codecTypes } from '../../../src/features/augmentation/options.js';
import { decibels, delayOf, inner, sine, whiteNoise } from './signals.js';

/** Gain of a tone's middle part, dB. */
function gainAt(frequency: number, type: (typeof codecTypes)[number], sampleRate = 16000): number {
  const tone = sine(sampleRate, frequency, sampleRate);
  return decibels(inner(throughCodec(tone, type, sampleRate))) - decibels(inner(tone));
}

describe('features/augmentation/codec', () => {
  for (const type of codecTypes) {
    for (const sampleRate of [8000, 16000, 44100]) {
      it(`keeps length and time: ${type} at ${sampleRate} Hz`, () => {
        const tone = sine(sampleRate + 1, 1000, sampleRate).map((value, i) => value * (i % 997 < 500 ? 1 : 0.2));
        const heard = throughCodec(tone, type, sampleRate);
        assert.equal(heard.length, tone.length);
        assert.equal(delayOf(heard, tone, 30), 0);
      });
    }
  }

  it('passes 300-3400 Hz at their level and stops what is outside', () => {
    for (const frequency of [410, 1000, 2500, 3290]) {
      assert.ok(Math.abs(gainAt(frequency, 'narrow-band')) < 0.05, `${frequency} Hz`);
    }
    // Half of the amplitude at the edges themselves.
    for (const frequency of [300, 3400]) assert.ok(Math.abs(gainAt(frequency, 'narrow-band') + 6) < 0.2);
    for (const frequency of [50, 150, 3550, 5000, 7500]) assert.ok(gainAt(frequency, 'narrow-band') < -50);
  });

  it('quantises as 8-bit companding does: 30 to 42 dB below speech', () => {
    for (const type of ['mu-law', 'a-law'] as const) {
      for (const deviation of [0.02, 0.2]) {
        const speech = whiteNoise(16000, 'x', deviation);
        const heard = throughCodec(speech, type, 16000);
        const ratio = decibels(speech) - decibels(heard.map((value, i) => value - speech[i]));
        assert.ok(ratio > 30 && ratio < 42, `${type}: ${ratio} dB`);
      }
    }
  });

  it("takes rates below the telephone's", () => {
    const tone = sine(4000, 1000, 4000);
    for (const type of codecTypes) assert.equal(throughCodec(tone, type, 4000).length, 4000);
    assert.ok(Math.abs(gainAt(1000, 'telephone-a-law', 4000)) < 0.2);
  });

  it('saturates at full scale, as the line does', () => {
    const heard = throughCodec(Float32Array.of(3, -3), 'mu-law', 16000);
    assert.ok(heard[0] > 0.97 && heard[0] < 1 && heard[1] === -heard[0]);
  });

  it('keeps the telephone to its band, images of the lower rate included', () => {
    for (const type of ['telephone-mu-law', 'telephone-a-law'] as const) {
      assert.ok(Math.abs(gainAt(1000, type)) < 0.2);
      for (const frequency of [100, 4500, 6000]) assert.ok(gainAt(frequency, type) < -50);
    }
  });
});

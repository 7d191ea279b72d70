/** @file Synthetic voices: pitch is where the voice has it, and speakers differ more than their sessions do. */
import assert from 'node:assert/strict';
import { synthesizeUtterance } from '../../../../src/corpus/readers/synth/utterance.js';
import { makeVoice } from '../../../../src/corpus/readers/synth/voice.js';

const sampleRate = 8000;
const clean = [60, 60] as const;

function say(speaker: string, gender: 'f' | 'm', utterance: string): Float32Array {
  const voice = makeVoice(1, speaker, gender);
  return synthesizeUtterance({
    seed: 1,
    voice,
    utterance,
    session: utterance,
    snr: clean,
    samples: 3 * sampleRate,
    sampleRate,
  });
}

/** Median over 40-ms frames of the lag with the highest autocorrelation, as a frequency, among frames that have one. */
function medianPitch(samples: Float32Array): number {
  const length = 0.04 * sampleRate;
  const pitches: number[] = [];
  for (let start = 0; start + 2 * length < samples.length; start += length) {
    const product = (lag: number) => {
      let sum = 0;
      for (let n = start; n < start + length; n++) sum += samples[n] * samples[n + lag];
      return sum;
    };
    const energy = product(0);
    const lags = Array.from({ length: sampleRate / 60 - sampleRate / 400 }, (_, i) => i + sampleRate / 400);
    const correlations = lags.map(product);
    const highest = Math.max(...correlations);
    // The first lag that is nearly as good as the best: the period, not a multiple of it.
    if (highest > 0.7 * energy)
      pitches.push(sampleRate / lags[correlations.findIndex((value) => value > 0.9 * highest)]);
  }
  return pitches.sort((a, b) => a - b)[pitches.length >> 1];
}

describe('synthetic voices', () => {
  for (const [speaker, gender] of [
    ['a', 'f'],
    ['b', 'm'],
    ['c', 'm'],
  ] as const) {
    it(`speaks at the pitch of voice ${speaker}`, () => {
      const { pitch } = makeVoice(1, speaker, gender);
      const measured = medianPitch(say(speaker, gender, 'u'));
      // Within 4 semitones: accents, the day's manner and the crude estimate move the median.
      assert.ok(Math.abs(12 * Math.log2(measured / pitch)) < 4, `${measured} Hz, expected about ${pitch} Hz`);
    });
  }

  it('is a function of its arguments', () => {
    assert.deepEqual(say('a', 'f', 'u'), say('a', 'f', 'u'));
    assert.notDeepEqual(say('a', 'f', 'u'), say('a', 'f', 'v'));
  });

  it('gives men lower formants than women, on average', () => {
    const meanFirst = (gender: 'f' | 'm') => {
      const voices = Array.from({ length: 30 }, (_, i) => makeVoice(1, `${gender}${i}`, gender));
      const firsts = voices.flatMap(({ formants }) => [...formants.values()].map((frequencies) => frequencies[0]));
      return firsts.reduce((sum, value) => sum + value, 0) / firsts.length;
    };
    const ratio = meanFirst('f') / meanFirst('m');
    assert.ok(ratio > 1.08 && ratio < 1.25, `${ratio}`); // 1.16, ± 0.02 from 30 voices each
  });
});

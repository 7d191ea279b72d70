/** @file Recordings in which there is no voice to compare, and those that are only poor. */
import assert from 'node:assert/strict';
import { keyedRandom } from '../../src/random.js';
import { checkSpeech } from '../../src/features/speech-check.js';

const RATE = 16000;
const noise = (seconds: number, level: number) => {
  const random = keyedRandom('speech-check', seconds);
  return Float32Array.from({ length: seconds * RATE }, () => level * random.normal());
};
const joined = (...parts: Float32Array[]) => Float32Array.from(parts.flatMap((part) => [...part]));
const silence = (seconds: number) => new Float32Array(seconds * RATE);

describe('recordings of voices', () => {
  it('are measured: length, and seconds with sound', () => {
    const { seconds, soundSeconds, notes } = checkSpeech(joined(noise(2.4, 0.1), silence(1)), RATE, 'a.wav');
    assert.equal(seconds, 3.4);
    assert.ok(Math.abs(soundSeconds - 2.4) <= 0.021, String(soundSeconds)); // to a frame of 20 ms
    assert.deepEqual(notes, []);
  });

  it('may be quiet: a whisper at −55 dB of full scale', () => {
    assert.deepEqual(checkSpeech(noise(3, 10 ** (-55 / 20)), RATE, 'a.wav').notes, []);
  });

  for (const [title, samples, message] of [
    ['digital silence', silence(3), /^a\.wav: is silent: its loudest parts have -150 dB/],
    ['an offset without sound', new Float32Array(3 * RATE).fill(0.5), /^a\.wav: is silent/],
    ['the hiss of an open input', noise(3, 10 ** (-75 / 20)), /^a\.wav: is silent: its loudest parts have -75 dB/],
    ['too short', noise(0.4, 0.1), /^a\.wav: is 0\.40 s long, and a voice needs 0\.5 s at least/],
    ['nothing at all', new Float32Array(0), /^a\.wav: is 0\.00 s long/],
    ['a click in silence', joined(silence(1), noise(0.1, 0.3), silence(1)), /only 0\.10 s of its 2\.1 s hold sound/],
    ['no numbers', joined(noise(1, 0.1), Float32Array.of(NaN)), /^a\.wav: 1 of its samples are no numbers/],
  ] as const) {
    it(`are refused: ${title}`, () => {
      assert.throws(() => checkSpeech(samples, RATE, 'a.wav'), { name: 'UserError', message });
    });
  }

  it('are said to be poor: short, clipped', () => {
    const clipped = noise(1, 0.5).map((value) => Math.max(-0.5, Math.min(0.5, value)));
    const { notes } = checkSpeech(clipped, RATE, 'a.wav');
    assert.match(
      notes.join('\n'),
      /^a\.wav: holds 1\.0 s of sound; below 2 s a score says little\na\.wav: \d+ % of it is clip/,
    );
  });
});

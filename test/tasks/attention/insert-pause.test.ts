/** @file A pause put into an utterance: what stays, where it lies and how it sounds. */
import assert from 'node:assert/strict';
import { keyedRandom } from '../../../src/random.js';
import { insertPause } from '../../../src/tasks/attention/insert-pause.js';

const RATE = 8000;
const rms = (samples: Float32Array) => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);

/** Three seconds of noise, loud but for the quiet stretch from 1.3 s to 1.8 s. */
function utterance(): Float32Array {
  const random = keyedRandom('test');
  return Float32Array.from({ length: 3 * RATE }, (_, i) => {
    const quiet = i >= 1.3 * RATE && i < 1.8 * RATE;
    return (quiet ? 0.001 : 0.1) * random.normal();
  });
}

describe('a pause put into an utterance', () => {
  const samples = utterance();
  const { samples: longer, pause } = insertPause(samples, { sampleRate: RATE, seconds: 0.8 });
  const [from, to] = [Math.round(pause.from * RATE), Math.round(pause.to * RATE)];

  it('lies where the middle is quiet and leaves all else as it was', () => {
    assert.ok(pause.from > 1.3 && pause.from < 1.8, String(pause.from));
    assert.equal(to - from, 0.8 * RATE);
    assert.equal(longer.length, samples.length + 0.8 * RATE);
    assert.deepEqual(longer.subarray(0, from), samples.subarray(0, from));
    assert.deepEqual(longer.subarray(to), samples.subarray(from));
  });

  it("has the level of the utterance's own pauses, throughout", () => {
    for (let at = from; at + 1600 <= to; at += 1600) {
      const level = rms(longer.subarray(at, at + 1600));
      assert.ok(level > 0.0008 && level < 0.0012, String(level));
    }
  });

  it('is the same every time, and fits the shortest of utterances', () => {
    assert.deepEqual(insertPause(samples, { sampleRate: RATE, seconds: 0.8 }).samples, longer);
    const short = insertPause(new Float32Array(200).fill(0.1), { sampleRate: RATE, seconds: 0.1 });
    assert.equal(short.samples.length, 200 + 800);
    assert.ok(short.samples.every(Number.isFinite));
  });
});

/** @file Reverberated speech: where it lies in time, how loud it is, and what is refused. */
import assert from 'node:assert/strict';
import { directPath, reverberate } from '../../../src/features/augmentation/reverberation.js';
import { decibels, delayOf, whiteNoise } from './signals.js';

/**
 * A box-shaped room by the image method (Allen and Berkley, 1979): every path's 1/distance, less what each wall takes.
 * Lengths in m; arrivals are rounded to the sample.
 */
function room(
  { size, source, microphone }: Record<'size' | 'source' | 'microphone', readonly [number, number, number]>,
  { reflection, seconds }: { reflection: number; seconds: number },
): Float32Array {
  const response = new Float32Array(Math.round(seconds * 16000));
  // Along one axis: squared distance to each image, and how many walls are in between.
  const [along, across, up] = size.map((length, axis) => {
    const reach = Math.ceil((343 * seconds) / (2 * length));
    const numbers = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
    return numbers.flatMap((n) =>
      [0, 1].map((side) => ({
        squared: ((1 - 2 * side) * source[axis] + 2 * n * length - microphone[axis]) ** 2,
        walls: Math.abs(n - side) + Math.abs(n),
      })),
    );
  });
  for (const x of along) {
    for (const y of across) {
      for (const z of up) {
        const distance = Math.sqrt(x.squared + y.squared + z.squared);
        const at = Math.round((distance / 343) * 16000);
        if (at < response.length) response[at] += reflection ** (x.walls + y.walls + z.walls) / distance;
      }
    }
  }
  return response;
}

const small = { size: [3, 4, 2.5], source: [1, 1.2, 1.5], microphone: [2, 2.5, 1.2] } as const;
const large = { size: [12, 9, 4], source: [3, 2, 1.6], microphone: [4, 3.5, 1.4] } as const;
const rooms = {
  'small, dry': room(small, { reflection: 0.5, seconds: 0.2 }),
  'small, live': room(small, { reflection: 0.65, seconds: 0.4 }),
  'large, live': room(large, { reflection: 0.75, seconds: 0.6 }),
};

/** Speech-like in its spectrum: most energy below 1 kHz. */
function speechLike(length: number): Float32Array<ArrayBuffer> {
  const samples = whiteNoise(length, 'speech');
  for (let i = 1; i < length; i++) samples[i] = 0.9 * samples[i - 1] + 0.3 * samples[i];
  return samples;
}

describe('features/augmentation/reverberation', () => {
  const speech = speechLike(48000);

  for (const [name, response] of [
    ['an impulse', Float32Array.of(1)],
    ['a delayed impulse', Float32Array.of(0, 0, 0, 0.3)],
  ] as const) {
    it(`leaves speech as it is with ${name}`, () => {
      const heard = reverberate(speech, response, 'h');
      // Transforms in float64, the result in float32.
      for (let i = 0; i < heard.length; i++) assert.ok(Math.abs(heard[i] - speech[i]) < 1e-6, `sample ${i}`);
    });
  }

  for (const [name, response] of Object.entries(rooms)) {
    it(`keeps time, length and energy in a room: ${name}`, () => {
      for (const samples of [speech, whiteNoise(48000, 'white')]) {
        const heard = reverberate(samples, response, 'h');
        assert.equal(heard.length, samples.length);
        // What arrives first is what is most like the speech.
        assert.equal(delayOf(heard, samples, 200), 0);
        assert.ok(Math.abs(decibels(heard) - decibels(samples)) < 1e-4);
      }
    });
  }

  it('cuts a response that is longer than the speech to what can be heard', () => {
    const long = whiteNoise(200_000, 'long', 0.001);
    long[50_000] = 1;
    const heard = reverberate(speech, long, 'h');
    const cut = reverberate(speech, long.slice(0, 98_000), 'h');
    assert.deepEqual(heard, cut);
    assert.equal(delayOf(heard, speech, 50), 0);
  });

  it('begins with the beginning: what comes before the direct path is not cut off', () => {
    const click = new Float32Array(1000);
    click[100] = 1;
    const heard = reverberate(click, Float32Array.of(0, 0.25, 1, 0.5), 'h');
    const gain = 1 / Math.hypot(0.25, 1, 0.5);
    const expected = [0, 0.25, 1, 0.5, 0].map((value) => value * gain);
    expected.forEach((value, i) => assert.ok(Math.abs(heard[98 + i] - value) < 1e-6, `sample ${98 + i}`));
  });

  it('finds the direct path, also where later reflections add up to more', () => {
    assert.equal(directPath(Float32Array.of(0.1, -0.9, 0.9, 0.2)), 1);
    assert.equal(directPath(Float32Array.of(0.4, 0.6, 0.7, 0.2, 1)), 2);
    for (const { size, source, microphone } of [small, large]) {
      const distance = Math.hypot(...source.map((place, axis) => place - microphone[axis]));
      for (const reflection of [0.5, 0.7, 0.75, 0.8]) {
        const response = room({ size, source, microphone }, { reflection, seconds: 0.4 });
        assert.equal(directPath(response), Math.round((distance / 343) * 16000));
      }
    }
  });

  it('leaves silence silent', () => {
    assert.deepEqual(reverberate(new Float32Array(100), rooms['small, dry'], 'h'), new Float32Array(100));
  });

  it('names an impulse response that is silent or no numbers', () => {
    assert.throws(
      () => reverberate(speech, new Float32Array(9), 'rir/7.wav'),
      /^UserError: rir\/7\.wav: .*only silence/,
    );
    assert.throws(() => reverberate(speech, Float32Array.of(1, NaN), 'rir/7.wav'), /rir\/7\.wav: .*not finite/);
  });

  it('does not depend on what was convolved before', () => {
    const alone = reverberate(speech, rooms['small, live'], 'h');
    reverberate(speech, rooms['large, live'], 'h');
    assert.deepEqual(reverberate(speech, rooms['small, live'], 'h'), alone);
  });
});

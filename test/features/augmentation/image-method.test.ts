/**
 * @file Impulse responses against rooms whose images are found by mirroring the source over the six walls again and
 * again, and against what acoustics expects: delay and strength of the direct sound, and Eyring's decay.
 */
import assert from 'node:assert/strict';
import {
  reflectionFor,
  roomResponse,
  SPEED_OF_SOUND,
  type Room,
} from '../../../src/features/augmentation/image-method.js';

const RATE = 16000;

/** Every image within `reach`, with how many walls lie between: breadth first, so that the first visit is the shortest. */
function imagesByMirrors({ size, source, microphone }: Room, reach: number): { distance: number; walls: number }[] {
  const seen = new Set<string>();
  const found: { distance: number; walls: number }[] = [];
  let front: (readonly number[])[] = [source];
  for (let walls = 0; front.length > 0; walls++) {
    const next: number[][] = [];
    for (const image of front) {
      const key = image.map((value) => value.toFixed(6)).join();
      if (seen.has(key)) continue;
      seen.add(key);
      const distance = Math.hypot(...image.map((value, axis) => value - microphone[axis]));
      // An image farther than this has no nearer one behind it: mirrors beyond lie farther still.
      if (distance > reach + 2 * Math.max(...size)) continue;
      if (distance <= reach) found.push({ distance, walls });
      for (let axis = 0; axis < 3; axis++) {
        for (const wall of [0, size[axis]]) next.push(image.map((value, i) => (i === axis ? 2 * wall - value : value)));
      }
    }
    front = next;
  }
  return found;
}

/** The sum of the arrivals, each a sinc in a Hann window of 32 samples, then the high-pass filter in its direct form. */
function bruteForce(room: Room, length: number): number[] {
  const dry = new Array<number>(length).fill(0);
  for (const { distance, walls } of imagesByMirrors(room, ((length + 16) / RATE) * SPEED_OF_SOUND)) {
    const time = (distance / SPEED_OF_SOUND) * RATE;
    for (let n = 0; n < length; n++) {
      const t = n - time;
      if (Math.abs(t) >= 16) continue;
      const sinc = t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t);
      dry[n] += ((room.reflection ** walls / (4 * Math.PI * distance)) * sinc * (1 + Math.cos((Math.PI * t) / 16))) / 2;
    }
  }
  const w = (2 * Math.PI * 100) / RATE;
  const r = Math.exp(-w);
  const out: number[] = [];
  for (let n = 0; n < length; n++) {
    const [x1, x2, y1, y2] = [dry[n - 1] ?? 0, dry[n - 2] ?? 0, out[n - 1] ?? 0, out[n - 2] ?? 0];
    out.push(dry[n] - (1 + r) * x1 + r * x2 + 2 * r * Math.cos(w) * y1 - r * r * y2);
  }
  return out;
}

describe('the image method', () => {
  it('adds up the images that mirrors make', () => {
    for (const room of [
      { size: [3, 4.1, 2.6], source: [0.7, 1.9, 1.1], microphone: [2.2, 3.3, 1.6], reflection: 0.8 },
      { size: [5.3, 3.7, 2.9], source: [4.6, 0.6, 2.2], microphone: [1.1, 2.9, 0.9], reflection: 0.93 },
    ] satisfies Room[]) {
      const length = 700;
      const expected = bruteForce(room, length);
      const got = roomResponse(room, { sampleRate: RATE, length });
      const largest = Math.max(...expected.map(Math.abs));
      const worst = Math.max(...expected.map((value, n) => Math.abs(value - got[n])));
      assert.ok(worst < 1e-10 * largest, `off by ${worst} of ${largest}`); // double precision
    }
  });

  it('gives the direct sound after d / c seconds, at 1 / (4πd), and nothing else where walls give nothing back', () => {
    const distance = (SPEED_OF_SOUND * 120) / RATE; // 120 samples
    const room: Room = { size: [6, 5, 3], source: [1, 2, 1.5], microphone: [1 + distance, 2, 1.5], reflection: 0 };
    const response = roomResponse(room, { sampleRate: RATE, length: 400 });
    const early = response.slice(0, 120).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assert.ok(early < 1e-12, `${early} before the sound`);
    assert.ok(Math.abs(response[120] * 4 * Math.PI * distance - 1) < 1e-9, `${response[120]}`);
    // The filter's tail: it takes out what is under 100 Hz.
    const late = response.slice(121).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assert.ok(late < 0.05 * response[120], `${late} after it`);
  });

  it('has no reflection of more than 1, and the one that Sabine gives where walls are hard', () => {
    const size: Room['size'] = [6, 5, 3];
    const [volume, surface] = [90, 2 * (30 + 15 + 18)];
    const beta = reflectionFor(5, size);
    const sabine = (24 * Math.LN10 * volume) / (SPEED_OF_SOUND * surface * (1 - beta ** 2));
    assert.ok(beta < 1 && Math.abs(sabine / 5 - 1) < 0.05, `${sabine}`); // Eyring's differs by α / 2
  });

  it('decays by 60 dB in about the time that Eyring gives', () => {
    // Eyring takes sound to come from all directions alike. In an image model of a room with sides that are not too
    // unequal the decay was within a fifth of it in published comparisons (Lehmann & Johansson, JASA 124(1), 2008).
    for (const t60 of [0.2, 0.4]) {
      const size: Room['size'] = [4.7, 4.1, 3.6];
      const room: Room = {
        size,
        source: [1.3, 2.9, 1.2],
        microphone: [3.4, 1.1, 2.3],
        reflection: reflectionFor(t60, size),
      };
      const response = roomResponse(room, { sampleRate: 8000, length: 8000 * t60 * 1.5 });
      const left = new Float64Array(response.length + 1); // Schroeder's backward integral
      for (let n = response.length - 1; n >= 0; n--) left[n] = left[n + 1] + response[n] ** 2;
      const level = (n: number) => 10 * Math.log10(left[n] / left[0]);
      const when = (decibels: number) => left.findIndex((_, n) => level(n) < decibels) / 8000;
      const measured = 2 * (when(-35) - when(-5));
      assert.ok(Math.abs(measured / t60 - 1) < 0.25, `${measured} s, expected about ${t60} s`);
    }
  });
});

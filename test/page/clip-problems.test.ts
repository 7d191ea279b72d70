/** @file Recordings that cannot be used, and those that can with less to rely on. */
import assert from 'node:assert/strict';
import { findClipProblems } from '../../src/page/clip-problems.js';

const tone = (seconds: number, level: number) =>
  Float32Array.from({ length: seconds * 16000 }, (_, i) => level * Math.sin(i / 10));

describe('page/clip-problems', () => {
  for (const [name, samples, expected] of [
    ['short', tone(0.4, 0.1), /^This is too short: 0\.4 seconds/],
    ['empty', new Float32Array(0), /^This is too short/],
    ['silent', new Float32Array(48_000), /^This is silent/],
    ['next to silent', tone(3, 0.0003), /^This is silent/],
    ['not a number', new Float32Array(48_000).fill(NaN), /^This is silent/],
  ] as const) {
    it(`refuses what is ${name}`, () => assert.match(findClipProblems(samples, 16000).error!, expected));
  }

  it('warns of short and of overdriven speech, and of nothing else', () => {
    assert.match(findClipProblems(tone(1, 0.1), 16000).warning!, /^Only 1\.0 seconds/);
    assert.match(
      findClipProblems(
        tone(3, 3).map((x) => Math.max(-1, Math.min(1, x))),
        16000,
      ).warning!,
      /overdriven/,
    );
    assert.deepEqual(findClipProblems(tone(3, 0.01), 16000), {});
  });
});

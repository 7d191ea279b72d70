/** @file µ-law and A-law against the values that G.711 tabulates. */
import assert from 'node:assert/strict';
import {
  aLawCode,
  aLawToLinear,
  aLawValues,
  linearToALaw,
  linearToMuLaw,
  muLawCode,
  muLawToLinear,
  muLawValues,
  throughALaw,
  throughMuLaw,
} from '../../src/audio/g711.js';

/** All 65,536 values of 16 bits. */
const all = Int16Array.from({ length: 65536 }, (_, i) => i - 32768);

describe('G.711', () => {
  it('gives the values of the standard', () => {
    // The ends of the segments: G.711's tables 1 and 2 in units of 16 bits (13- and 14-bit values times 8 and 4).
    assert.deepEqual(
      [0xff, 0xfe, 0xf0, 0xef, 0xe0, 0xdf, 0x8f, 0x80, 0x7f, 0x7e, 0x00].map((code) => muLawValues[code]),
      [0, 8, 120, 132, 372, 396, 16764, 32124, 0, -8, -32124],
    );
    assert.deepEqual(
      [0xd5, 0xd4, 0xda, 0xc5, 0xca, 0xf5, 0xa5, 0xaa, 0x55, 0x2a].map((code) => aLawValues[code]),
      [8, 24, 248, 264, 504, 528, 16896, 32256, -8, -32256],
    );
  });

  // A segment's 16 steps span one octave of |x| + bias.
  for (const [name, values, codeOf, bias] of [
    ['µ-law', muLawValues, muLawCode, 132],
    ['A-law', aLawValues, aLawCode, 0],
  ] as const) {
    it(`${name} codes each value of its own as itself`, () => {
      for (const value of values) assert.equal(values[codeOf(value)], value);
    });

    it(`${name} is off by half a step at most, and rises with its input`, () => {
      const largest = Math.max(...values);
      let previous = -Infinity;
      for (const value of all) {
        const heard = values[codeOf(value)];
        const halfStep = Math.max(4, 2 ** Math.floor(Math.log2(Math.abs(heard) + bias)) / 32, bias === 0 ? 8 : 0);
        const clipped = Math.max(-largest, Math.min(largest, value));
        assert.ok(Math.abs(heard - clipped) <= halfStep, `${value} → ${heard}`);
        assert.ok(heard >= previous);
        previous = heard;
      }
    });
  }

  it('codes and decodes arrays', () => {
    const values = Int16Array.of(-32768, -1000, -1, 0, 1, 1000, 32767);
    assert.deepEqual(muLawToLinear(linearToMuLaw(values)), Int16Array.of(-32124, -988, 0, 0, 0, 988, 32124));
    assert.deepEqual(aLawToLinear(linearToALaw(values)), Int16Array.of(-32256, -1008, -8, 8, 8, 1008, 32256));
  });

  it('passes float samples through a line, clipped', () => {
    const samples = Float32Array.of(-2, -1000 / 32768, 0, 1000 / 32768, 2);
    assert.deepEqual(
      [...throughMuLaw(samples)].map((sample) => sample * 32768),
      [-32124, -988, 0, 988, 32124],
    );
    assert.deepEqual(
      [...throughALaw(samples)].map((sample) => sample * 32768),
      [-32256, -1008, 8, 1008, 32256],
    );
  });
});

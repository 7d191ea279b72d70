/** @file Masks on features: how wide, where, and with what they are filled. */
import assert from 'node:assert/strict';
import { maskFeatures } from '../../../src/features/augmentation/spec-augment.js';
import { keyedRandom } from '../../../src/random.js';

const ones = (frames: number, bins: number) => ({ frames, bins, data: new Float32Array(frames * bins).fill(1) });
const masks = (time: [number, number], frequency: [number, number]) => ({
  time: { count: time[0], width: time[1] },
  frequency: { count: frequency[0], width: frequency[1] },
});

describe('features/augmentation/spec-augment', () => {
  it('sets whole frames and whole bands to 0 and leaves the rest', () => {
    const seen = { frames: new Set<number>(), bands: new Set<number>() };
    for (let i = 0; i < 300; i++) {
      const features = ones(20, 12);
      maskFeatures(features, masks([1, 5], [1, 4]), keyedRandom(i));
      const frames = Array.from({ length: 20 }, (_, t) => t).filter((t) =>
        features.data.subarray(t * 12, t * 12 + 12).every((value) => value === 0),
      );
      const bands = Array.from({ length: 12 }, (_, b) => b).filter((b) =>
        features.data.every((value, at) => at % 12 !== b || value === 0),
      );
      features.data.forEach((value, at) => {
        assert.equal(value, frames.includes(Math.floor(at / 12)) || bands.includes(at % 12) ? 0 : 1);
      });
      if (frames.length > 0) assert.equal(frames.at(-1)! - frames[0] + 1, frames.length);
      seen.frames.add(frames.length);
      seen.bands.add(bands.length);
    }
    assert.deepEqual([...seen.frames].sort(), [0, 1, 2, 3, 4, 5]);
    assert.deepEqual([...seen.bands].sort(), [0, 1, 2, 3, 4]);
  });

  it('masks no more than there is', () => {
    const features = ones(3, 2);
    for (let i = 0; i < 20; i++) maskFeatures(features, masks([2, 50], [2, 50]), keyedRandom(i));
    assert.equal(features.data.length, 6);
    maskFeatures({ frames: 0, bins: 2, data: new Float32Array(0) }, masks([1, 5], [1, 5]), keyedRandom(1));
  });
});

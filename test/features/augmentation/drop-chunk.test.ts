/** @file Silent stretches: how long, how many, and what stays. */
import assert from 'node:assert/strict';
import { dropChunks } from '../../../src/features/augmentation/drop-chunk.js';
import { keyedRandom } from '../../../src/random.js';

const ones = (length: number) => new Float32Array(length).fill(1);
const silent = (samples: Float32Array) => samples.filter((value) => value === 0).length;

describe('features/augmentation/drop-chunk', () => {
  it('silences one stretch of a length within the bounds and leaves the rest, and the original', () => {
    const lengths = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const samples = ones(1000);
      const dropped = dropChunks(samples, { count: 1, length: [10, 14] }, keyedRandom(i));
      assert.deepEqual(samples, ones(1000));
      assert.equal(dropped.lastIndexOf(0) - dropped.indexOf(0) + 1, silent(dropped));
      lengths.add(silent(dropped));
    }
    assert.deepEqual([...lengths].sort(), [10, 11, 12, 13, 14]);
  });

  it('leaves half of a clip, however short', () => {
    for (const length of [1, 3, 50, 999]) {
      const dropped = dropChunks(ones(length), { count: 5, length: [1000, 2000] }, keyedRandom(length));
      assert.ok(silent(dropped) <= length / 2);
    }
  });
});

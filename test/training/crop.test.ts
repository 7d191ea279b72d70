/** @file Crops and batches: where crops lie, and what becomes of short utterances. */
import assert from 'node:assert/strict';
import { UserError } from '../../src/errors.js';
import { assembleBatch, cachedCrops, cropStart, planShortClips, type FeatureSource } from '../../src/training/crop.js';

const BINS = 2;
const lengths: Record<string, number> = { long: 10, short: 3, exact: 4 };

/** Frame f of every utterance is [f, −f]; notes what was read. */
function frameNumbers(): FeatureSource & { reads: [string, number, number][] } {
  const reads: [string, number, number][] = [];
  return {
    reads,
    bins: BINS,
    frames: (id) => lengths[id],
    read: (id, from = 0, count = lengths[id] - from) => {
      reads.push([id, from, count]);
      return {
        frames: count,
        bins: BINS,
        data: Float32Array.from({ length: count * BINS }, (_, i) => (from + (i >> 1)) * (i % 2 ? -1 : 1)),
      };
    },
  };
}

const utterances = [
  { id: 'long', target: 5 },
  { id: 'short', target: 7 },
  { id: 'exact', target: 9 },
];
const order = (utterance: number, copy: number) => ({ ...utterances[utterance], copy });
const assemble = (
  pad: 'wrap' | 'zero',
  { source = frameNumbers(), cropFrames = 4, crops = [order(1, 0), order(0, 2), order(2, 0)] } = {},
) =>
  assembleBatch({
    readCrop: cachedCrops(source, { seed: 1, cropFrames }),
    crops,
    epoch: 3,
    bins: BINS,
    cropFrames,
    pad,
  });

describe('crop', () => {
  it('reads only the frames of the crop and lays them in a row of the batch', async () => {
    const source = frameNumbers();
    const { features, targets } = await assemble('wrap', { source });
    const start = cropStart({ seed: 1, epoch: 3, id: 'long', copy: 2 }, 10, 4);
    assert.deepEqual(source.reads, [
      ['short', 0, 3],
      ['long', start, 4],
      ['exact', 0, 4],
    ]);
    assert.deepEqual([...targets], [7, 5, 9]);
    assert.deepEqual(
      [...features.subarray(8, 16)].filter((_, i) => i % 2 === 0),
      [start, start + 1, start + 2, start + 3],
    );
  });

  it('repeats a short utterance, or appends zeros', async () => {
    const wrapped = (await assemble('wrap')).features;
    const padded = (await assemble('zero')).features;
    const firstBin = (features: Float32Array) => [...features.subarray(0, 8)].filter((_, i) => i % 2 === 0);
    assert.deepEqual(firstBin(wrapped), [0, 1, 2, 0]);
    assert.deepEqual(
      firstBin(padded),
      [0, 1, 2, 0].map((value, i) => (i < 3 ? value : 0)),
    );
    assert.equal(wrapped[1], -0);
    assert.equal(wrapped[7], -0);
    assert.deepEqual([...wrapped.subarray(2, 6)], [1, -1, 2, -2]);
  });

  it('repeats an utterance as often as it takes', async () => {
    const { features } = await assemble('wrap', { cropFrames: 11, crops: [order(1, 0)] });
    const expected = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1];
    assert.deepEqual(
      [...features].filter((_, i) => i % 2 === 0),
      expected,
    );
  });

  it('starts anywhere the crop fits, keyed by seed, epoch, utterance and copy', () => {
    const starts = Array.from({ length: 200 }, (_, copy) => cropStart({ seed: 1, epoch: 0, id: 'u', copy }, 10, 8));
    assert.deepEqual([...new Set(starts)].toSorted(), [0, 1, 2]);
    const far = (key: object) => cropStart({ seed: 1, epoch: 0, id: 'u', copy: 0, ...key }, 1e9, 8);
    assert.equal(far({}), far({}));
    assert.equal(new Set([far({}), far({ seed: 2 }), far({ epoch: 1 }), far({ id: 'v' }), far({ copy: 1 })]).size, 5);
  });

  it('accounts for every short utterance', () => {
    const plan = (pad: 'wrap' | 'zero' | 'skip') =>
      planShortClips(utterances, { frames: ({ id }) => lengths[id], cropFrames: 4, pad });
    assert.deepEqual(plan('wrap').counts, { total: 3, full: 2, wrapped: 1, zeroPadded: 0, skipped: 0 });
    assert.deepEqual(plan('zero').counts, { total: 3, full: 2, wrapped: 0, zeroPadded: 1, skipped: 0 });
    const skipping = plan('skip');
    assert.deepEqual(skipping.counts, { total: 3, full: 2, wrapped: 0, zeroPadded: 0, skipped: 1 });
    assert.deepEqual(
      skipping.utterances.map(({ id }) => id),
      ['long', 'exact'],
    );
  });

  it('refuses an utterance without any frame, and a list of which nothing is left', () => {
    const plan = (frames: number, pad: 'wrap' | 'skip') =>
      planShortClips([{ id: 'u1' }], { frames: () => frames, cropFrames: 4, pad });
    assert.throws(() => plan(0, 'wrap'), { name: UserError.name, message: /shorter than one frame.*u1/s });
    assert.throws(() => plan(3, 'skip'), { name: UserError.name, message: /at least 4 frames/ });
  });
});

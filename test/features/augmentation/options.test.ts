/** @file What a recipe may say about augmentation, and what it is told otherwise. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { augmentationOptions } from '../../../src/features/augmentation/options.js';

describe('features/augmentation/options', () => {
  it('fills in what is left out, and takes what it gave', () => {
    const options = augmentationOptions.parse({
      when: 'copies',
      noise: { source: 'musan/noise' },
      babble: {},
      speed: {},
      specAugment: { time: { count: 2 } },
    });
    assert.deepEqual(augmentationOptions.parse(options), options);
    assert.equal(options.copies, 1);
    assert.deepEqual(options.noise, { source: 'musan/noise', probability: 0.2, snr: [0, 15] });
    assert.deepEqual(options.babble, { source: null, probability: 0.2, speakers: [3, 7], snr: [13, 20] });
    assert.deepEqual(options.specAugment!.time, { count: 2, width: 10 });
    assert.equal(options.reverberation, null);
    assert.equal(augmentationOptions.parse({ level: {} }).copies, null);
  });

  const mistakes: [string, unknown, RegExp][] = [
    ['nothing to do', {}, /expected at least one of reverberation, noise/],
    ['an unknown technique', { echo: {} }, /Unrecognized key: "echo"/],
    ['an unknown key of a technique', { level: { db: 3 } }, /Unrecognized key: "db"/],
    ['copies on line', { copies: 2, level: {} }, /is an option of `when: copies`/],
    ['a range upside down', { noise: { source: 'n', snr: [15, 0] } }, /expected \[lowest, highest\]/],
    ['bands too narrow for any filter', { dropFrequency: { width: 1e-7 } }, /expected number to be >=0.001/],
    ['more chunks than a clip has room for', { dropChunk: { count: [1, 1e8] } }, /expected number to be <=1000/],
    ['noise without a source', { noise: {} }, /source/],
    ['a speed of one', { speed: { factors: [1] } }, /other than 1/],
    ['a speed finer than hundredths', { speed: { factors: [0.905] } }, /expected hundredths/],
    ['a speed twice', { speed: { factors: [0.9, 0.9] } }, /expected factors that differ/],
    [
      'alternatives that are more than certain',
      { noise: { source: 'n', probability: 0.7 }, reverberation: { source: 'r', probability: 0.4 } },
      /one: expected probabilities of .* that sum to at most 1, got 1.1/,
    ],
  ];
  for (const [name, given, message] of mistakes) {
    it(`refuses ${name}`, () => {
      const result = augmentationOptions.safeParse(given);
      assert.ok(!result.success);
      assert.match(z.prettifyError(result.error), message);
    });
  }

  it('lets every technique be certain where each is drawn by itself', () => {
    const certain = { source: 's', probability: 1 };
    assert.ok(augmentationOptions.parse({ select: 'each', noise: certain, music: certain, reverberation: certain }));
    const third = { source: 's', probability: 1 / 3 };
    assert.ok(augmentationOptions.parse({ noise: third, music: third, reverberation: third }));
  });
});

/** @file The sampler: what an epoch holds, and that it depends on seed and epoch alone. */
import assert from 'node:assert/strict';
import { indexSpeakers, planEpoch, samplerOptions, stepsPerEpoch } from '../../src/training/sampler.js';

/** Speakers 0, 1, 2, … with the given numbers of utterances. */
const corpus = (...sizes: number[]) =>
  sizes.flatMap((size, target) => Array.from({ length: size }, (_, i) => ({ id: `s${target}-${i}`, target })));

const allBatches = (options: Parameters<typeof planEpoch>[0]) => {
  const plan = planEpoch(options);
  return Array.from({ length: plan.steps }, (_, step) => plan.batch(step));
};

const sample = (sizes: number[], options: object, { seed = 1, epoch = 0 } = {}) =>
  allBatches({ seed, epoch, utterances: corpus(...sizes), ...samplerOptions.parse(options) });

function count<T>(items: Iterable<T>): Map<T, number> {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

describe('sampler', () => {
  it('takes every utterance once in an epoch, in an order that depends on seed and epoch alone', () => {
    const order = (key: object) =>
      sample([7, 3, 2], { batchSize: 4 }, key)
        .flat()
        .map(({ utterance }) => utterance);
    assert.deepEqual(
      order({}).toSorted((a, b) => a - b),
      Array.from({ length: 12 }, (_, i) => i),
    );
    assert.deepEqual(order({}), order({}));
    assert.notDeepEqual(order({}), order({ epoch: 1 }));
    assert.notDeepEqual(order({}), order({ seed: 2 }));
  });

  it('fills the last batch from the next pass, with other crops', () => {
    const batches = sample([5], { batchSize: 4 });
    assert.deepEqual(
      batches.map((batch) => batch.length),
      [4, 4],
    );
    assert.deepEqual(
      batches.flat().map(({ copy }) => copy),
      [0, 0, 0, 0, 0, 1, 1, 1],
    );
    assert.equal(new Set(batches.flat().map(({ utterance, copy }) => `${utterance}/${copy}`)).size, 8);
  });

  it('fills a batch larger than the corpus', () => {
    const [batch] = sample([2], { batchSize: 5 });
    assert.deepEqual([...count(batch.map(({ utterance }) => utterance)).values()].toSorted(), [2, 3]);
  });

  it('takes several crops of each utterance, numbered apart', () => {
    const crops = sample([3], { batchSize: 3, cropsPerUtterance: 4 }).flat();
    assert.equal(crops.length, 12);
    assert.ok([...count(crops.map(({ utterance }) => utterance)).values()].every((n) => n === 4));
    assert.equal(new Set(crops.map(({ utterance, copy }) => `${utterance}/${copy}`)).size, 12);
  });

  it('takes every speaker equally often when balanced, whatever its number of utterances', () => {
    const sizes = [30, 1, 5];
    const utterances = corpus(...sizes);
    const crops = sample(sizes, { batchSize: 6, balanced: true }).flat();
    const speakers = count(crops.map(({ utterance }) => utterances[utterance].target));
    assert.deepEqual([...speakers.values()], [12, 12, 12]);
    const first = new Set(crops.filter(({ utterance }) => utterance < 30).map(({ utterance }) => utterance));
    assert.ok(first.size >= 6, 'a speaker is not always represented by the same utterances');
    assert.equal(new Set(crops.map(({ utterance, copy }) => `${utterance}/${copy}`)).size, crops.length);
  });

  it('ends an epoch after the number of crops asked for, rounded up to whole batches', () => {
    const options = samplerOptions.parse({ batchSize: 4, epochSize: 10 });
    assert.equal(stepsPerEpoch(100, options), 3);
    assert.equal(sample([100], options).length, 3);
    assert.equal(stepsPerEpoch(5, samplerOptions.parse({ batchSize: 4, cropsPerUtterance: 2 })), 3);
  });

  it('gives speakers their classes by name, not by the order of the list', () => {
    const list = [
      { id: 'u1', speaker: 'b' },
      { id: 'u2', speaker: 'a' },
      { id: 'u3', speaker: 'b' },
    ];
    assert.deepEqual(indexSpeakers(list), {
      speakers: ['a', 'b'],
      utterances: [
        { id: 'u1', target: 1 },
        { id: 'u2', target: 0 },
        { id: 'u3', target: 1 },
      ],
    });
  });

  it('takes an utterance that is listed several times as often, with crops of its own each time', () => {
    const { utterances } = indexSpeakers([
      { id: 'a', speaker: 'x', repeats: 3 },
      { id: 'b', speaker: 'y' },
    ]);
    assert.equal(utterances.length, 4);
    const options = samplerOptions.parse({ batchSize: 4, cropsPerUtterance: 2 });
    const crops = allBatches({ seed: 1, epoch: 0, utterances, ...options }).flat();
    const named = crops.map(({ utterance, copy }) => `${utterances[utterance].id}/${copy}`);
    assert.deepEqual(named.toSorted(), ['a/0', 'a/1', 'a/2', 'a/3', 'a/4', 'a/5', 'b/0', 'b/1']);
  });
});

/** @file Parts of manifests: which utterances are kept. */
import assert from 'node:assert/strict';
import type { Split, Utterance } from '../../../src/corpus/manifest/manifest.js';
import { subsetOf, type SubsetOptions } from '../../../src/corpus/manifest/manifest-subset.js';

describe('corpus/manifest/manifest-subset', () => {
  /** Two speakers a split with four utterances each, one after the other in turns. */
  const utterances: Utterance[] = [0, 1, 2, 3].flatMap((number) =>
    (['train', 'test', 'dev'] as Split[]).flatMap((split) =>
      ['a', 'b'].map((name) => ({
        ...{ id: `${split}-${name}-${number}`, speaker: `${split}-${name}`, path: `/${split}/${name}${number}.wav` },
        ...{ duration: 1, sampleRate: 16000, channels: 1, corpus: 'x', split },
      })),
    ),
  );
  const ids = (options: SubsetOptions, from = utterances) => subsetOf(from, options).map(({ id }) => id);

  it('keeps the first of each speaker, in the manifest’s order, and splits without a number whole', () => {
    assert.deepEqual(
      ids({ perSpeaker: { train: 1, test: 2 } }),
      utterances
        .filter(({ id, split }) => Number(id.at(-1)) < { train: 1, test: 2, dev: 4 }[split])
        .map(({ id }) => id),
    );
    assert.deepEqual(
      ids({ speakers: { train: 1, test: 1, dev: 5 }, perSpeaker: { train: 9 } }),
      utterances.filter(({ id, split }) => split === 'dev' || id.includes('-a-')).map(({ id }) => id),
    );
  });

  it('draws the same ones by a seed, whatever the order of the manifest', () => {
    const options = { perSpeaker: { train: 2, test: 2, dev: 2 }, speakers: { train: 1 }, seed: 3 };
    const drawn = ids(options);
    assert.equal(drawn.length, 2 + 4 + 4);
    assert.deepEqual(ids(options, [...utterances].reverse()), [...drawn].reverse());
    const seeds = [1, 2, 3, 4, 5, 6].map((seed) => ids({ ...options, seed }).join());
    assert.ok(new Set(seeds).size > 3);
  });
});

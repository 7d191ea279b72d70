/** @file Shards that are taken over from another cache, and those that are not. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeOverShards } from '../../../src/features/cache/cache-sharing.js';
import { extractionHash, featureOptions } from '../../../src/features/options.js';

describe('features/cache-sharing', () => {
  let dir: string;
  const options = featureOptions.parse({});

  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-sharing-'));
    for (const [name, configuration] of [
      ['same', extractionHash(options)],
      ['older', 'of the same options, computed in another way'],
    ]) {
      mkdirSync(join(dir, name));
      const counts = { bins: 80, utterances: 0, frames: 0, audioSeconds: 0, shards: [] };
      const description = { format: 'acanet features 1', configuration, manifest: '', options, ...counts };
      writeFileSync(join(dir, name, 'cache.json'), JSON.stringify(description));
      writeFileSync(join(dir, name, 'feats-00001.ark'), name);
    }
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  it('takes shards over where nothing but the normalisation differs', () => {
    const target = join(dir, 'target');
    const global = featureOptions.parse({ normalize: 'global' });
    assert.equal(takeOverShards(target, global, [join(dir, 'older'), join(dir, 'same')]), 1);
    assert.ok(existsSync(join(target, 'feats-00001.ark')));
  });

  it('leaves shards alone that were computed in another way, or with other options', () => {
    const target = join(dir, 'none');
    assert.equal(takeOverShards(target, options, [join(dir, 'older')]), 0);
    assert.equal(takeOverShards(target, featureOptions.parse({ bins: 40 }), [join(dir, 'same')]), 0);
    assert.ok(!existsSync(target));
  });
});

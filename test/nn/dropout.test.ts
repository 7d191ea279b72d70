/** Dropout: keys that depend on seed and step alone, masks that each layer takes in turn. */
import assert from 'node:assert/strict';
import { hashMask } from '../../src/engine/trace/extensions.js';
import * as tf from '../../src/engine/tfjs.js';
import { withBackend } from '../../src/engine/program/with-backend.js';
import { createDropout, dropoutKeyCount, dropoutKeys } from '../../src/nn/dropout.js';

const sites = [
  { rows: 6, columns: 4 },
  { rows: 3, columns: 8 },
];

describe('dropoutKeys', () => {
  it('are a pure function of seed and step', () => {
    const keys = dropoutKeys(sites, 3, 100);
    dropoutKeys(sites, 3, 101);
    assert.deepEqual(dropoutKeys(sites, 3, 100), keys);
    assert.notDeepEqual(dropoutKeys(sites, 3, 101), keys);
    assert.notDeepEqual(dropoutKeys(sites, 4, 100), keys);
  });

  it('are odd, and one a row and a column of each layer', () => {
    const keys = dropoutKeys(sites, 3, 100);
    assert.equal(keys.length, dropoutKeyCount(sites));
    assert.equal(keys.length, 6 + 4 + 3 + 8);
    assert.ok(keys.every((key) => key % 2 !== 0));
    assert.equal(new Set(keys).size, keys.length);
  });

  it('are no keys for no layers', () => assert.equal(dropoutKeys([], 1, 1).length, 0));
});

describe('createDropout', () => {
  it('takes each layer’s keys in turn and scales what it keeps', () => {
    const keys = dropoutKeys(sites, 1, 2);
    withBackend('cpu', () => {
      const dropout = createDropout(tf.tensor1d(keys, 'int32'), 0.25);
      const first = dropout(tf.fill([6, 4], 3)).dataSync();
      const second = dropout(tf.fill([3, 8], 3)).dataSync();
      const mask = (from: number, rows: number, columns: number) =>
        hashMask(
          tf.tensor1d(keys.slice(from, from + rows), 'int32'),
          tf.tensor1d(keys.slice(from + rows, from + rows + columns), 'int32'),
          0.75,
        ).dataSync();
      assert.deepEqual(
        first,
        mask(0, 6, 4).map((value) => value * 3),
      );
      assert.deepEqual(
        second,
        mask(10, 3, 8).map((value) => value * 3),
      );
      assert.ok([...first, ...second].every((value) => value === 0 || Math.abs(value - 4) < 1e-6));
    });
  });
});

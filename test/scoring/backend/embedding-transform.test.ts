import assert from 'node:assert/strict';
import { Matrix } from 'ml-matrix';
import { meanEmbedding, transformEmbeddings } from '../../../src/scoring/backend/embedding-transform.js';

describe('embedding transform', () => {
  const embeddings = new Map([
    ['a', Float32Array.of(3, 4)],
    ['b', Float32Array.of(8, 6)],
  ]);
  const shown = (map: ReadonlyMap<string, ArrayLike<number>>) =>
    Array.from(map, ([id, each]) => [id, Array.from(each)]);

  it('averages embeddings', () => {
    assert.deepEqual([...meanEmbedding(embeddings, 'x')], [5.5, 5]);
    assert.throws(
      () => meanEmbedding(new Map(), 'x.ark'),
      /^UserError: x\.ark: expected embeddings to average, got none/,
    );
  });

  it('subtracts the mean, then multiplies', () => {
    const mean = [3, 3];
    const matrix = new Matrix([[2, 1]]);
    assert.deepEqual(shown(transformEmbeddings(embeddings, { mean }, 'x')), [
      ['a', [0, 1]],
      ['b', [5, 3]],
    ]);
    assert.deepEqual(shown(transformEmbeddings(embeddings, { mean, matrix }, 'x')), [
      ['a', [1]],
      ['b', [13]],
    ]);
    assert.deepEqual(shown(transformEmbeddings(embeddings, { matrix }, 'x')), [
      ['a', [10]],
      ['b', [22]],
    ]);
    assert.equal(transformEmbeddings(embeddings, {}, 'x'), embeddings);
  });

  it('names an embedding of another length', () => {
    assert.throws(
      () => transformEmbeddings(embeddings, { mean: [1, 2, 3] }, 'x.ark'),
      /x\.ark: the embedding of a has 2 values, expected 3/,
    );
  });
});

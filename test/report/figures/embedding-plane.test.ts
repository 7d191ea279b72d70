import assert from 'node:assert/strict';
import { chooseUtterances, mapEmbeddings, nearestIsOwn } from '../../../src/report/figures/embedding-plane.js';
import { sampleReport } from '../html/sample-report.js';

describe('the map of embeddings', () => {
  const { utterances, systems } = sampleReport().tested!.embeddings;
  const [{ embeddings }] = systems;

  it('is the same for the same seed, and keeps speakers together that are apart in space', () => {
    const points = mapEmbeddings(embeddings, 1);
    assert.deepEqual(mapEmbeddings(embeddings, 1), points);
    const together = nearestIsOwn(
      points.map((point) => Float32Array.from([...point, 1])),
      utterances,
    );
    assert.ok(together > 0.6, String(together));
  });

  it('knows how many utterances lie nearest to one of their own speaker', () => {
    const vectors = [
      [1, 0],
      [1, 0.1],
      [0, 1],
      [1, 0.2],
    ].map((vector) => Float32Array.from(vector));
    const speakers = ['a', 'a', 'b', 'b'].map((speaker, i) => ({ id: String(i), speaker }));
    assert.equal(nearestIsOwn(vectors, speakers), 0.5);
  });

  it('takes some of many, by lot but always the same', () => {
    const many = Array.from({ length: 3000 }, (_, i) => ({ id: String(i), speaker: `s${i % 60}` }));
    const chosen = chooseUtterances(many, 1);
    assert.equal(chosen.length, 24 * 25);
    assert.equal(new Set(chosen.map(({ speaker }) => speaker)).size, 24);
    assert.deepEqual(chooseUtterances(many, 1), chosen);
    assert.notDeepEqual(chooseUtterances(many, 2), chosen);
  });
});

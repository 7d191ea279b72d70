/** Constants of a graph: what is handed over twice is kept once. */
import assert from 'node:assert/strict';
import { GraphBuilder } from '../../../src/engine/trace/graph.js';

describe('constants of a graph', () => {
  const table = Float32Array.from({ length: 100 }, (_, i) => i);

  it('are one where the same table is handed over again in the same shape', () => {
    const graph = new GraphBuilder();
    const first = graph.constant(table, [100], 'float32');
    assert.equal(graph.constant(table, [100], 'float32'), first);
    assert.deepEqual(graph.constant(table, [10, 10], 'float32').shape, [10, 10]);
    assert.equal(graph.constant(table, [100], 'float32'), first);
    assert.notEqual(graph.constant(table.slice(), [100], 'float32'), first);
  });
});

import assert from 'node:assert/strict';
import { keyedRandom } from '../../../src/random.js';
import { pairProducts } from '../../../src/scoring/backend/pair-products.js';

describe('inner products of pairs', () => {
  const [rowsOfA, rowsOfB, pairs] = [37, 53, 9000]; // more than go through the module at once
  const random = keyedRandom('pair-products');
  const rows = (below: number) => Uint32Array.from({ length: pairs }, () => random.below(below));

  for (const Values of [Float32Array, Float64Array]) {
    for (const width of [1, 3, 4, 30, 192]) {
      it(`are four sums in a fixed order, of ${width} values in ${Values.name}`, () => {
        const vectors = (count: number) => {
          const values = new Values(count * width);
          for (let i = 0; i < values.length; i++) values[i] = random.normal();
          return values;
        };
        const a = { vectors: vectors(rowsOfA), rows: rows(rowsOfA) };
        const b = { vectors: vectors(rowsOfB), rows: rows(rowsOfB) };
        const expected = Float64Array.from({ length: pairs }, (_, pair) => {
          const sums = [0, 0, 0, 0];
          const whole = width - (width % 4);
          for (let i = 0; i < width; i++) {
            const product = a.vectors[a.rows[pair] * width + i] * b.vectors[b.rows[pair] * width + i];
            sums[i < whole ? i % 4 : 0] += product;
          }
          return sums[0] + sums[1] + (sums[2] + sums[3]);
        });
        assert.deepEqual(pairProducts(a, b, { width }), expected);
        // As many rows as fit: of a 5 (8 tiles), of b 5 (11 tiles).
        const tileBytes = 5 * width * Values.BYTES_PER_ELEMENT;
        assert.deepEqual(pairProducts(a, b, { width, tileBytes }), expected);
        const none = { vectors: a.vectors, rows: new Uint32Array(0) };
        assert.deepEqual(pairProducts(none, none, { width }), new Float64Array());
      });
    }
  }
});

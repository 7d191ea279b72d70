/** Initial values: PyTorch's distributions, orthogonal rows, and streams of their own for every name. */
import assert from 'node:assert/strict';
import {
  initialValue,
  linearInit,
  normal,
  ones,
  orthogonalRows,
  uniform,
  xavierUniform,
  zeros,
} from '../../src/nn/initialize.js';
import { keyedRandom } from '../../src/random.js';

const COUNT = 20_000;
const draw = (init: typeof zeros, shape: number[] = [COUNT]) => init(shape, keyedRandom('test', 'initial'));
const deviation = (values: Float32Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);

describe('initial values', () => {
  for (const { name, init, bound } of [
    { name: 'uniform(0.3)', init: uniform(0.3), bound: 0.3 },
    { name: 'a linear map of 400 inputs', init: linearInit(400), bound: 0.05 },
    { name: 'xavier of 100 inputs and 50 outputs', init: xavierUniform(100, 50), bound: 0.2 },
  ]) {
    it(`of ${name} fill ±${bound} evenly`, () => {
      const values = draw(init);
      const [low, high] = [Math.min(...values), Math.max(...values)];
      assert.ok(low >= -bound && high <= Math.fround(bound), `${low} … ${high}`);
      // 20,000 draws miss the outermost thousandth with probability e^-10
      assert.ok(low < -0.999 * bound && high > 0.999 * bound, `${low} … ${high}`);
      // the deviation of a uniform distribution is bound/√3, that of its estimate 0.45 % of it
      assert.ok(Math.abs((deviation(values) * Math.sqrt(3)) / bound - 1) < 0.02);
    });
  }

  it('of normal(0.02) have that deviation and no mean', () => {
    const values = draw(normal(0.02));
    assert.ok(Math.abs(deviation(values) / 0.02 - 1) < 0.02); // four standard deviations of the estimate
    assert.ok(Math.abs(values.reduce((sum, x) => sum + x, 0) / COUNT) < 0.02 * 0.03);
  });

  it('are constants where they should be', () => {
    assert.ok(draw(zeros).every((x) => x === 0) && draw(ones).every((x) => x === 1));
  });

  for (const [rows, columns] of [
    [8, 8],
    [5, 16],
    [20, 8],
    [192, 256],
  ]) {
    it(`of ${rows} orthogonal rows of ${columns} are as long as normal ones and at right angles`, () => {
      const std = 0.5;
      const values = draw(orthogonalRows(std), [rows, 1, columns]);
      assert.equal(values.length, rows * columns);
      const row = (i: number) => values.subarray(i * columns, (i + 1) * columns);
      const product = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, c) => sum + x * b[c], 0);
      const squared = std ** 2 * columns;
      for (let i = 0; i < rows; i++) {
        assert.ok(Math.abs(product(row(i), row(i)) / squared - 1) < 1e-5);
        const sameSet = i - (i % columns);
        for (let j = sameSet; j < i; j++) {
          const cosine = product(row(i), row(j)) / squared;
          assert.ok(Math.abs(cosine) < 1e-5, `rows ${j} and ${i}: cosine ${cosine}`);
        }
      }
    });
  }

  it('depend on seed and name alone', () => {
    const spec = { name: 'a.weight', shape: [4, 3], init: uniform(1) };
    assert.deepEqual(initialValue(spec, 1), initialValue(spec, 1));
    assert.notDeepEqual(initialValue(spec, 1), initialValue(spec, 2));
    assert.notDeepEqual(initialValue(spec, 1), initialValue({ ...spec, name: 'b.weight' }, 1));
  });
});

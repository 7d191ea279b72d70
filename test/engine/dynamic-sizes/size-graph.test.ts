/**
 * @file The operators that compute sizes: in order, each made once, and none for what is no formula of a known size.
 */
import assert from 'node:assert/strict';
import { createSizeGraph } from '../../../src/engine/dynamic-sizes/size-graph.js';
import type { GraphNode, Value } from '../../../src/engine/trace/graph.js';

const input: Value = { name: 'x', shape: [3, 211], dtype: 'float32' };

function sizesOfInput() {
  const nodes: GraphNode[] = [];
  const sizes = createSizeGraph(nodes);
  sizes.addReadable([3, 5, 7], input, 0);
  sizes.addReadable([211, 307, 409], input, 1);
  return { sizes, operators: () => nodes.map(({ op, inputs }) => `${op}(${inputs.map(valueText).join(', ')})`) };
}
const valueText = ({ constant, producer, name }: Value): string =>
  constant && 'data' in constant ? String(constant.data) : (producer?.op ?? name);

describe('engine/dynamic-sizes/size-graph', () => {
  it('computes a shape whose sizes differ, and reads each size once', () => {
    const { sizes, operators } = sizesOfInput();
    const shape = sizes.shape([
      [212, 308, 410],
      [4, 4, 4],
      [633, 1535, 2863],
    ]);
    assert.deepEqual(shape?.shape, [3]);
    assert.deepEqual(operators(), [
      'Shape(x)',
      'Add(Shape, 1)',
      'Shape(x)',
      'Mul(Shape, Shape)',
      'Concat(Add, 4, Mul)',
    ]);
    assert.equal(sizes.shape([[212, 308, 410]])?.producer?.op, 'Add');
    assert.equal(operators().length, 5);
  });

  it('computes a number as a scalar', () => {
    const { sizes, operators } = sizesOfInput();
    const mean = sizes.number([-1 / 211, -1 / 307, -1 / 409], 'float32');
    assert.deepEqual([mean?.shape, mean?.dtype], [[], 'float32']);
    assert.deepEqual(operators(), [
      'Shape(x)',
      'Cast(Shape)',
      'Mul(Cast, -1)',
      'Reciprocal(Mul)',
      'Reshape(Reciprocal, )',
    ]);
  });

  it('needs no operator for what is the same in every trace', () => {
    const { sizes, operators } = sizesOfInput();
    assert.equal(
      valueText(
        sizes.shape([
          [4, 4, 4],
          [5, 5, 5],
        ])!,
      ),
      '4,5',
    );
    assert.deepEqual(operators(), []);
  });

  it('reads a size that no formula gives once it may', () => {
    const { sizes, operators } = sizesOfInput();
    const halves = [105, 153, 204];
    assert.equal(sizes.isKnown(halves), false);
    assert.equal(sizes.shape([halves]), undefined);
    sizes.addReadable(halves, { name: 'y', shape: [105], dtype: 'float32' }, 0);
    assert.equal(sizes.isKnown(halves), true);
    assert.equal(sizes.shape([halves])?.producer?.op, 'Shape');
    assert.deepEqual(operators(), ['Shape(y)']);
  });
});

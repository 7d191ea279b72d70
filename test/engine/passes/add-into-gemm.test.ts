/** Sums are folded into matrix products where Gemm can add, and only there. */
import assert from 'node:assert/strict';
import '../../../src/engine/lower/all-lowerings.js';
import { foldSumsIntoGemms } from '../../../src/engine/passes/add-into-gemm.js';
import { foldScalesIntoProducts } from '../../../src/engine/passes/scale-into-product.js';
import type { Program, TensorMap } from '../../../src/engine/program/program.js';
import * as tf from '../../../src/engine/tfjs.js';
import type { Tensor } from '../../../src/engine/tfjs.js';
import { normal } from '../random-tensors.js';
import { checkResults, operators, trace } from './operators.js';

const inputs = {
  a: normal(6, 4)('a'),
  b: normal(4, 5)('b'),
  same: normal(6, 5)('same'),
  row: normal(5)('row'),
  flatRow: normal(1, 5)('flatRow'),
  column: normal(6, 1)('column'),
  grid: normal(2, 3, 5)('grid'),
  stack: normal(2, 6, 5)('stack'),
  batchA: normal(2, 3, 4)('batchA'),
  batchB: normal(2, 4, 5)('batchB'),
};
type Inputs = Record<keyof typeof inputs, Tensor>;

interface Row {
  readonly name: string;
  readonly program: (inputs: Inputs) => Tensor | Tensor[];
  /** Operators after the pass, each with its number of inputs. */
  readonly after: string[];
}
const matMul = (a: Tensor, b: Tensor): Tensor => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D);

const folded: Row[] = [
  { name: 'a matrix', program: ({ a, b, same }) => tf.add(matMul(a, b), same), after: ['Gemm/3'] },
  { name: 'a matrix on the left', program: ({ a, b, same }) => tf.add(same, matMul(a, b)), after: ['Gemm/3'] },
  { name: 'a row', program: ({ a, b, row }) => tf.add(matMul(a, b), row), after: ['Gemm/3'] },
  { name: 'a row of two axes', program: ({ a, b, flatRow }) => tf.add(flatRow, matMul(a, b)), after: ['Gemm/3'] },
  { name: 'a column', program: ({ a, b, column }) => tf.add(matMul(a, b), column), after: ['Gemm/3'] },
  {
    name: 'another product',
    program: ({ a, b, same, row }) => tf.add(matMul(a, b), matMul(same, tf.mul(row, tf.ones([5, 5])))),
    after: ['Expand/2', 'Gemm/2', 'Gemm/3'],
  },
  {
    name: 'a tensor of more axes, behind a reshape',
    program: ({ a, b, grid }) => tf.add(tf.reshape(matMul(a, b), [2, 3, 5]), grid),
    after: ['Gemm/3'],
  },
  {
    name: 'to a scaled product',
    program: ({ a, b, same }) => tf.add(tf.mul(matMul(a, b), 0.5), same),
    after: ['Gemm/3'],
  },
  {
    name: 'the first of two sums',
    program: ({ a, b, same, row }) => tf.add(tf.add(matMul(a, b), same), row),
    after: ['Gemm/3', 'Add/2'],
  },
];

const left: Row[] = [
  {
    name: 'to a product that is used twice',
    program: ({ a, b, same }) => {
      const product = matMul(a, b);
      return tf.mul(tf.add(product, same), product);
    },
    after: ['Gemm/2', 'Add/2', 'Mul/2'],
  },
  {
    name: 'of a product with itself',
    program: ({ a, b }) => {
      const product = matMul(a, b);
      return tf.add(product, product);
    },
    after: ['Gemm/2', 'Add/2'],
  },
  {
    name: 'to a product that is also an output',
    program: ({ a, b, same }) => {
      const product = matMul(a, b);
      return [product, tf.add(product, same)];
    },
    after: ['Gemm/2', 'Add/2'],
  },
  {
    name: 'that makes the product larger',
    program: ({ a, b, stack }) => tf.add(matMul(a, b), stack),
    after: ['Gemm/2', 'Add/2'],
  },
  {
    name: 'of a row behind a reshape',
    program: ({ a, b, row }) => tf.add(tf.reshape(matMul(a, b), [2, 3, 5]), row),
    after: ['Gemm/2', 'Add/2'],
  },
  {
    name: 'to a product of batches',
    program: ({ batchA, batchB, grid }) => tf.add(matMul(batchA, batchB), grid),
    after: ['MatMul/2', 'Add/2'],
  },
  {
    name: 'to a product that has a bias',
    program: ({ a, b, row, same }) =>
      tf.add(tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, bias: row }), same),
    after: ['Gemm/3', 'Add/2'],
  },
];

const asProgram =
  ({ program }: Row): Program =>
  (tensors) =>
    Object.fromEntries([program(tensors as Inputs)].flat().map((tensor, i) => [`y${i}`, tensor]));

describe('folding sums into matrix products', () => {
  for (const row of folded) {
    it(`folds ${row.name}`, async () => {
      const graph = trace(asProgram(row), inputs);
      foldScalesIntoProducts(graph);
      const before = operators(graph);
      foldSumsIntoGemms(graph);
      assert.deepEqual(operators(graph), row.after);
      assert.equal(
        graph.nodes.filter(({ op }) => op === 'Add').length,
        before.filter((op) => op === 'Add/2').length - 1,
      );
      await checkResults(asProgram(row), inputs);
    });
  }
  for (const row of left) {
    it(`leaves a sum ${row.name}`, async () => {
      const graph = trace(asProgram(row), inputs);
      foldSumsIntoGemms(graph);
      assert.deepEqual(operators(graph), row.after);
      await checkResults(asProgram(row), inputs);
    });
  }

  it('leaves sums of a size or more where it is told', () => {
    const program = ({ a, b, same }: TensorMap) => ({ y: tf.add(matMul(a, b), same) });
    for (const [limit, after] of [
      [30, ['Gemm/2', 'Add/2']],
      [31, ['Gemm/3']],
    ] as const) {
      // prettier-ignore
      const graph = trace(program, inputs);
      foldSumsIntoGemms(graph, limit);
      assert.deepEqual(operators(graph), after);
    }
  });
});

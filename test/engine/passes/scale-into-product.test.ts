/** Scales are folded into products where that is the same, and only there. */
import assert from 'node:assert/strict';
import '../../../src/engine/lower/all-lowerings.js';
import { foldScalesIntoProducts } from '../../../src/engine/passes/scale-into-product.js';
import type { Program } from '../../../src/engine/program/program.js';
import * as tf from '../../../src/engine/tfjs.js';
import type { Tensor } from '../../../src/engine/tfjs.js';
import { normal } from '../random-tensors.js';
import { checkResults, operators, trace } from './operators.js';

const matMul = (a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor =>
  tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, transposeA, transposeB);

const inputs = {
  a: normal(3, 4)('a'),
  b: normal(4, 5)('b'),
  batchA: normal(2, 3, 4)('batchA'),
  batchB: normal(2, 4, 5)('batchB'),
  factor: normal()('factor'),
};
type Inputs = Record<keyof typeof inputs, Tensor>;

interface Row {
  readonly name: string;
  readonly program: (inputs: Inputs) => Tensor | Tensor[];
  /** Operators after the pass. */
  readonly after: string[];
  /** The product's factor after the pass. */
  readonly alpha?: number;
}

const folded: Row[] = [
  { name: 'a product of matrices', program: ({ a, b }) => tf.mul(matMul(a, b), 0.5), after: ['Gemm/2'], alpha: 0.5 },
  { name: 'a factor on the left', program: ({ a, b }) => tf.mul(-2, matMul(a, b)), after: ['Gemm/2'], alpha: -2 },
  {
    name: 'a product of batches',
    program: ({ batchA, batchB }) => tf.mul(matMul(batchA, batchB), 0.5),
    after: ['FusedMatMul/2'],
    alpha: 0.5,
  },
  {
    name: 'a product of transposed batches',
    program: ({ batchA, batchB }) => tf.mul(matMul(batchB, batchA, true, true), 0.5),
    after: ['FusedMatMul/2'],
    alpha: 0.5,
  },
  {
    name: 'a division by a number',
    program: ({ batchA, batchB }) => tf.div(matMul(batchA, batchB), 4),
    after: ['FusedMatMul/2'],
    alpha: 0.25,
  },
  {
    name: 'a product behind reshapes',
    program: ({ a, b }) => tf.mul(tf.reshape(matMul(a, b), [5, 3]), 0.5),
    after: ['Gemm/2'],
    alpha: 0.5,
  },
  {
    name: 'one of two factors',
    program: ({ batchA, batchB }) => tf.mul(tf.mul(matMul(batchA, batchB), 0.5), 3),
    after: ['FusedMatMul/2', 'Mul/2'],
    alpha: 0.5,
  },
];

const left: Row[] = [
  {
    name: 'of a product that is used twice',
    program: ({ a, b }) => {
      const product = matMul(a, b);
      return tf.add(tf.mul(product, 0.5), tf.tanh(product));
    },
    after: ['Gemm/2', 'Mul/2', 'Tanh/1', 'Add/2'],
    alpha: undefined,
  },
  {
    name: 'of a product that is also an output',
    program: ({ a, b }) => {
      const product = matMul(a, b);
      return [product, tf.mul(product, 0.5)];
    },
    after: ['Gemm/2', 'Mul/2'],
  },
  {
    name: 'of a product whose reshape is used twice',
    program: ({ a, b }) => {
      const flat = tf.reshape(matMul(a, b), [15]);
      return tf.add(tf.mul(flat, 0.5), tf.tanh(flat));
    },
    after: ['Gemm/2', 'Mul/2', 'Tanh/1', 'Add/2'],
  },
  {
    name: 'by a factor that is no constant',
    program: ({ a, b, factor }) => tf.mul(matMul(a, b), factor),
    after: ['Gemm/2', 'Mul/2'],
  },
  {
    name: 'by a row of factors',
    program: ({ a, b }) => tf.mul(matMul(a, b), [1, 2, 3, 4, 5]),
    after: ['Gemm/2', 'Mul/2'],
  },
  {
    name: 'of a product with a bias',
    program: ({ a, b }) =>
      tf.mul(tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, bias: tf.tensor1d([1, 2, 3, 4, 5]) }), 0.5),
    after: ['Gemm/3', 'Mul/2'],
  },
  { name: 'of no product', program: ({ a }) => tf.mul(tf.tanh(a), 0.5), after: ['Tanh/1', 'Mul/2'] },
];

const asProgram =
  ({ program }: Row): Program =>
  (tensors) =>
    Object.fromEntries([program(tensors as Inputs)].flat().map((tensor, i) => [`y${i}`, tensor]));

describe('folding scales into products', () => {
  for (const row of folded) {
    it(`folds ${row.name}`, async () => {
      const graph = trace(asProgram(row), inputs);
      foldScalesIntoProducts(graph);
      assert.deepEqual(operators(graph), row.after);
      const product = graph.nodes.find(({ op }) => op === 'Gemm' || op === 'FusedMatMul')!;
      assert.deepEqual(product.attributes.alpha, { float: row.alpha });
      await checkResults(asProgram(row), inputs);
    });
  }
  for (const row of left) {
    it(`leaves a scale ${row.name}`, async () => {
      const graph = trace(asProgram(row), inputs);
      const before = operators(graph);
      foldScalesIntoProducts(graph);
      assert.deepEqual(operators(graph), row.after);
      assert.deepEqual(operators(graph), before);
      await checkResults(asProgram(row), inputs);
    });
  }
});

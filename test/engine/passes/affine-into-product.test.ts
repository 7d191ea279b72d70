/** A batch normalisation behind a product's ReLU becomes part of the product, where that is the same, and only there. */
import assert from 'node:assert/strict';
import { foldConstants } from '../../../src/engine/fold-constants.js';
import { traceInference } from '../../../src/engine/inference-graph.js';
import { foldAffineIntoProducts } from '../../../src/engine/passes/affine-into-product.js';
import type { HostTensors } from '../../../src/engine/program/host-tensor.js';
import type { InferenceDefinition } from '../../../src/engine/program/program.js';
import * as tf from '../../../src/engine/tfjs.js';
import type { Tensor } from '../../../src/engine/tfjs.js';
import { createEngine } from '../../../src/engine/create-engine.js';
import { assertAllClose } from '../assert-close.js';
import { normal } from '../random-tensors.js';
import { operators } from './operators.js';

type Tensors = Record<'x' | 'w' | 'b' | 's' | 't', Tensor>;

const linear = (x: Tensor, w: Tensor, bias?: Tensor, transposeB = false): Tensor =>
  tf.fused.matMul({ a: x as tf.Tensor2D, b: w as tf.Tensor2D, transposeB, bias });
const columns = (w: Tensor, x: Tensor) => tf.matMul(w as tf.Tensor2D, x as tf.Tensor2D, false, true) as Tensor;
const column = (x: Tensor): Tensor => tf.reshape(x, [-1, 1]);
/** Positive, as almost all are after a training. */
const positive = (s: Tensor) => tf.add(tf.abs(s), 0.1);

interface Row {
  readonly name: string;
  readonly program: (tensors: Tensors) => Tensor;
  readonly after: string[];
}

const folded: Row[] = [
  {
    name: 'over rows',
    program: ({ x, w, b, s, t }) => tf.add(tf.mul(tf.relu(linear(x, w, b)), positive(s)), t),
    after: ['Gemm/3', 'Max/2'],
  },
  {
    name: 'over rows, of a transposed weight without a bias',
    program: ({ x, w, s, t }) => tf.add(tf.mul(positive(s), tf.relu(linear(x, tf.transpose(w), undefined, true))), t),
    after: ['Gemm/3', 'Max/2'],
  },
  {
    name: 'over columns',
    program: ({ x, w, b, s, t }) => {
      const product = tf.add(columns(tf.transpose(w), x), column(b));
      return tf.add(column(t), tf.mul(tf.relu(product), column(positive(s))));
    },
    after: ['Gemm/3', 'Max/2'],
  },
  {
    name: 'over columns of a square result, where rows and columns could be taken for each other',
    program: ({ x, w, s }) =>
      tf.mul(tf.relu(columns(tf.transpose(w), tf.slice(x, [0, 0], [5, 4]))), column(positive(s))),
    after: ['Slice/4', 'Gemm/3', 'Relu/1'],
  },
  {
    name: 'without a shift',
    program: ({ x, w, b, s }) => tf.mul(tf.relu(linear(x, w, b)), positive(s)),
    after: ['Gemm/3', 'Relu/1'],
  },
  {
    name: 'with factors of zero',
    program: ({ x, w, b, s, t }) => tf.add(tf.mul(tf.relu(linear(x, w, b)), tf.relu(s)), t),
    after: ['Gemm/3', 'Max/2'],
  },
  {
    name: 'of a ReLU over another shape',
    program: ({ x, w, b, s }) => {
      const heard = tf.relu(tf.reshape(linear(x, w, b), [-1, 1, 5]));
      return tf.mul(tf.reshape(heard, [-1, 5]), positive(s));
    },
    after: ['Gemm/3', 'Relu/1'],
  },
  {
    name: 'by one number',
    program: ({ x, w, b }) => tf.add(tf.mul(tf.relu(linear(x, w, b)), 3), 2),
    after: ['Gemm/3', 'Max/2'],
  },
  {
    name: 'but for what is added that is no constant',
    program: ({ x, w, b, s }) => tf.add(tf.mul(tf.relu(linear(x, w, b)), positive(s)), tf.slice(x, [0, 0], [-1, 1])),
    after: ['Gemm/3', 'Relu/1', 'Slice/4', 'Add/2'],
  },
];

const left: Row[] = [
  {
    name: 'where a factor is negative',
    program: ({ x, w, b, s, t }) => tf.add(tf.mul(tf.relu(linear(x, w, b)), tf.sub(positive(s), 1)), t),
    after: ['Gemm/3', 'Relu/1', 'Mul/2', 'Add/2'],
  },
  {
    name: 'across the channels',
    program: ({ x, w, b }) =>
      tf.mul(tf.relu(linear(tf.slice(x, [0, 0], [5, 4]), w, b)), column(tf.tensor1d([1, 2, 3, 4, 5]))),
    after: ['Slice/4', 'Gemm/3', 'Relu/1', 'Mul/2'],
  },
  {
    name: 'of a product with a sum that is no constant',
    program: ({ x, w, s }) => tf.mul(tf.relu(linear(x, w, tf.slice(tf.reshape(x, [-1]), [0], [5]))), positive(s)),
    after: ['Slice/4', 'Gemm/3', 'Relu/1', 'Mul/2'],
  },
  {
    name: 'of a ReLU that is used twice',
    program: ({ x, w, b, s }) => {
      const heard = tf.relu(linear(x, w, b));
      return tf.add(tf.mul(heard, positive(s)), tf.tanh(heard));
    },
    after: ['Gemm/3', 'Relu/1', 'Mul/2', 'Tanh/1', 'Add/2'],
  },
  {
    name: 'of a product without a constant',
    program: ({ x, s }) => tf.mul(tf.relu(linear(x, tf.slice(x, [0, 0], [4, 4]))), tf.slice(positive(s), [0], [4])),
    after: ['Slice/4', 'Gemm/2', 'Relu/1', 'Mul/2'],
  },
];

const parameters: HostTensors = { w: normal(4, 5)('w'), b: normal(5)('b'), s: normal(5)('s'), t: normal(5)('t') };
const definitionOf = ({ program }: Row): InferenceDefinition => ({
  program: (tensors) => ({ y: program(tensors as Tensors) }),
  inputs: { x: { shape: ['N', 4] } },
  parameters,
});

async function check(row: Row): Promise<void> {
  const definition = definitionOf(row);
  const { graph } = traceInference(definition);
  await foldConstants(graph);
  foldAffineIntoProducts(graph);
  const inGraph = operators(graph).filter((operator) => !/^(Shape|Concat|Expand)/.test(operator)); // of sizes
  assert.deepEqual(inGraph, row.after);
  const x = normal(7, 4)('x');
  const [actual, expected] = await Promise.all(
    (['onnx', 'reference'] as const).map(async (name) => {
      const engine = await createEngine({ name, device: 'cpu', threads: 1 });
      const inference = await engine.compileInference(definition);
      const outputs = await inference.run({ x });
      await inference.dispose();
      return outputs;
    }),
  );
  assertAllClose(actual, expected, 1e-6); // a few roundings to float32 of sums of four products
}

describe('folding normalisations into products', () => {
  for (const row of folded) it(`folds one ${row.name}`, () => check(row));
  for (const row of left) it(`leaves one ${row.name}`, () => check(row));
});

/** @file Matrix products: transposed, batched, broadcast, with bias and activation. */
import * as tf from '../../../src/engine/tfjs.js';
import type { Tensor } from '../../../src/engine/tfjs.js';
import { normal } from '../random-tensors.js';
import type { LoweringCase } from './lowering-case.js';

interface ProductShape {
  readonly name: string;
  /** Leading axes of both operands. */
  readonly batchA?: number[];
  readonly batchB?: number[];
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

const shapes: ProductShape[] = [
  { name: 'matrices', rows: 3, inner: 4, columns: 5 },
  { name: 'row by column', rows: 1, inner: 4, columns: 1 },
  { name: 'column by row', rows: 4, inner: 1, columns: 3 },
  { name: 'many rows by a few columns', rows: 9, inner: 4, columns: 2 },
  { name: 'batches', batchA: [2], batchB: [2], rows: 3, inner: 4, columns: 5 },
  { name: 'batches, many rows by a few columns', batchA: [2], batchB: [2], rows: 8, inner: 3, columns: 4 },
  { name: 'batches of two axes', batchA: [2, 3], batchB: [2, 3], rows: 3, inner: 4, columns: 2 },
  { name: 'a batch by one matrix', batchA: [3], batchB: [1], rows: 2, inner: 4, columns: 5 },
  {
    name: 'a batch by one matrix, many rows by a few columns',
    batchA: [3],
    batchB: [1],
    rows: 8,
    inner: 4,
    columns: 2,
  },
  { name: 'a batch by one matrix of two axes', batchA: [3], batchB: [], rows: 2, inner: 4, columns: 5 },
  { name: 'one matrix by a batch', batchA: [1], batchB: [3], rows: 2, inner: 4, columns: 5 },
  {
    name: 'one matrix by a batch, many rows by a few columns',
    batchA: [1],
    batchB: [3],
    rows: 8,
    inner: 4,
    columns: 2,
  },
  { name: 'one matrix of two axes by a batch', batchA: [], batchB: [2, 3], rows: 2, inner: 4, columns: 5 },
  { name: 'batches of one', batchA: [1], batchB: [1], rows: 3, inner: 4, columns: 5 },
];

const sides = [
  { transposeA: false, transposeB: false },
  { transposeA: true, transposeB: false },
  { transposeA: false, transposeB: true },
  { transposeA: true, transposeB: true },
];
const label = ({ transposeA, transposeB }: (typeof sides)[number]) =>
  `${transposeA ? 'Aᵀ' : 'A'}·${transposeB ? 'Bᵀ' : 'B'}`;

const productCases: LoweringCase[] = shapes.flatMap(({ name, batchA = [], batchB = [], rows, inner, columns }) =>
  sides.map(({ transposeA, transposeB }) => ({
    kernel: 'BatchMatMul',
    name: `${label({ transposeA, transposeB })}, ${name}`,
    inputs: {
      a: normal(...batchA, ...(transposeA ? [inner, rows] : [rows, inner])),
      b: normal(...batchB, ...(transposeB ? [columns, inner] : [inner, columns])),
    },
    program: ({ a, b }: Record<string, Tensor>) =>
      tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, transposeA, transposeB),
  })),
);

const biases = [
  { name: 'no bias' },
  { name: 'a row of bias', bias: [5] },
  { name: 'a row of bias of two axes', bias: [1, 5] },
  { name: 'a column of bias', bias: [3, 1] },
  { name: 'a bias of the size of the matrix', bias: [3, 5] },
  { name: 'a scalar bias', bias: [] },
];
const fusedCases: LoweringCase[] = [[], [2]].flatMap((batch) =>
  sides.flatMap(({ transposeA, transposeB }) =>
    [...biases, ...(batch.length > 0 ? [{ name: 'a bias of the size of the batch', bias: [2, 3, 5] }] : [])].flatMap(
      ({ name, bias }) =>
        (['linear', 'relu'] as const).map((activation) => ({
          kernel: '_FusedMatMul',
          name: `${label({ transposeA, transposeB })}, batch [${batch}], ${name}, ${activation}`,
          inputs: {
            a: normal(...batch, ...(transposeA ? [4, 3] : [3, 4])),
            b: normal(...(transposeB ? [5, 4] : [4, 5])),
            ...(bias && { bias: normal(...bias) }),
          },
          program: ({ a, b, bias }: Record<string, Tensor>) =>
            tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, transposeA, transposeB, bias, activation }),
        })),
    ),
  ),
);

export const matmulCases: readonly LoweringCase[] = [...productCases, ...fusedCases];

/** @file Sums, means and maxima over any axes; softmax. */
import * as tf from '../../../src/engine/tfjs.js';
import type { Tensor } from '../../../src/engine/tfjs.js';
import { booleans, floats, integers, normal } from '../random-tensors.js';
import type { LoweringCase } from './lowering-case.js';

type Reduction = (x: Tensor, axis?: number | number[], keepDims?: boolean) => Tensor;
const reductions: { kernel: string; op: Reduction }[] = [
  { kernel: 'Sum', op: tf.sum },
  { kernel: 'Mean', op: tf.mean },
  { kernel: 'Max', op: tf.max },
];
const axes: (number | number[] | undefined)[] = [undefined, 0, 1, -1, [0, 1], [2, 0], [-1, 1], [0, 1, 2]];

const axisCases: LoweringCase[] = reductions.flatMap(({ kernel, op }) => [
  ...axes.flatMap((axis) =>
    [false, true].map((keepDims) => ({
      kernel,
      name: `over ${axis === undefined ? 'everything' : `[${axis}]`}${keepDims ? ', kept' : ''}`,
      inputs: { x: normal(2, 3, 4) },
      program: ({ x }: Record<string, Tensor>) => op(x, axis, keepDims),
    })),
  ),
  // from 65 rows of more than 8 numbers on, sums over leading axes are matrix products
  ...[
    [[70, 9], 0],
    [
      [5, 20, 3, 4],
      [0, 1],
    ],
    [[65, 12], [0]],
    [[64, 9], 0],
    [[70, 8], 0],
    [[9, 70], 1],
  ].map(([shape, axis]) => ({
    kernel,
    name: `of [${shape as number[]}] over [${axis}]`,
    inputs: { x: normal(...(shape as number[])) },
    program: ({ x }: Record<string, Tensor>) => op(x, axis as number | number[], true),
  })),
  { kernel, name: 'over axes of size 1', inputs: { x: normal(1, 3, 1) }, program: ({ x }) => op(x, [0, 2]) },
  { kernel, name: 'of a scalar', inputs: { x: normal() }, program: ({ x }) => op(x) },
  { kernel, name: 'of ints', inputs: { x: integers(-9, 9, 3, 4) }, program: ({ x }) => op(x, 1) },
  {
    kernel,
    name: 'of ints over an axis of size 1',
    inputs: { x: integers(-9, 9, 3, 1) },
    program: ({ x }) => op(x, 1),
  },
]);

const softmaxCases: LoweringCase[] = [[4], [3, 4], [2, 3, 4]].map((shape) => ({
  kernel: 'Softmax',
  name: `of shape [${shape}]`,
  inputs: { logits: normal(...shape) },
  program: ({ logits }) => tf.softmax(logits),
}));

export const reductionCases: readonly LoweringCase[] = [
  ...axisCases,
  ...softmaxCases,
  { kernel: 'Sum', name: 'of bools', inputs: { x: booleans(3, 4) }, program: ({ x }) => tf.sum(x, 0) },
  {
    kernel: 'Softmax',
    name: 'of large numbers',
    inputs: { x: floats(1000, 999, -1000) },
    program: ({ x }) => tf.softmax(x),
  },
];

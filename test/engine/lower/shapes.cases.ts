/** @file Reshape, transpose, slice, concatenate, split, pad, tile, reverse, cast, fill. */
import type { DType } from '../../../src/engine/program/host-tensor.js';
import * as tf from '../../../src/engine/tfjs.js';
import type { Tensor } from '../../../src/engine/tfjs.js';
import { booleans, floats, halves, integers, normal } from '../random-tensors.js';
import type { LoweringCase } from './lowering-case.js';

const cube = { x: normal(2, 3, 4) };
const counts = { x: integers(-9, 9, 2, 3, 4) };
const flags = { x: booleans(2, 3, 4) };

const reshapeCases: LoweringCase[] = [
  ...[[24], [6, 4], [2, 12], [4, 3, 2], [1, 2, 3, 4, 1], [-1], [2, -1], [3, -1, 2]].map((shape) => ({
    kernel: 'Reshape',
    name: `to [${shape}]`,
    inputs: cube,
    program: ({ x }: Record<string, Tensor>) => tf.reshape(x, shape),
  })),
  { kernel: 'Reshape', name: 'to its own shape', inputs: cube, program: ({ x }) => tf.reshape(x, [2, 3, 4]) },
  { kernel: 'Reshape', name: 'to a scalar', inputs: { x: normal(1, 1) }, program: ({ x }) => tf.reshape(x, []) },
  { kernel: 'Reshape', name: 'from a scalar', inputs: { x: normal() }, program: ({ x }) => tf.reshape(x, [1, 1]) },
  { kernel: 'Reshape', name: 'twice', inputs: cube, program: ({ x }) => tf.reshape(tf.reshape(x, [4, 6]), [3, 8]) },
  { kernel: 'Reshape', name: 'of ints', inputs: counts, program: ({ x }) => tf.reshape(x, [6, 4]) },
  { kernel: 'Reshape', name: 'of bools', inputs: flags, program: ({ x }) => tf.reshape(x, [6, 4]) },
  {
    kernel: 'Reshape',
    name: 'of a number and a table',
    inputs: { x: normal(2, 2) },
    program: ({ x }) =>
      tf.add(tf.mul(x, tf.reshape(tf.fill([4], 3), [2, 2])), tf.reshape(tf.tensor1d([1, 2, 3, 4]), [2, 2])),
  },
  ...[0, 1, 3, -1, -2].map((axis) => ({
    kernel: 'ExpandDims',
    name: `at axis ${axis}`,
    inputs: cube,
    program: ({ x }: Record<string, Tensor>) => tf.expandDims(x, axis),
  })),
];

const gatherCases: LoweringCase[] = [
  ...[0, 1, 2].map((axis) => ({
    kernel: 'GatherV2',
    name: `along axis ${axis}`,
    inputs: cube,
    program: ({ x }: Record<string, Tensor>) => tf.gather(x, tf.tensor1d([1, 0, 1], 'int32'), axis),
  })),
  {
    kernel: 'GatherV2',
    name: 'by a matrix that is computed',
    inputs: { ...cube, indices: integers(0, 2, 2, 3) },
    program: ({ x, indices }) => tf.gather(x, tf.add(indices, tf.scalar(1, 'int32')) as tf.Tensor2D, 1),
  },
];

const transposeCases: LoweringCase[] = [
  ...[
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
    [0, 1, 2],
  ].map((perm) => ({
    kernel: 'Transpose',
    name: `by [${perm}]`,
    inputs: cube,
    program: ({ x }: Record<string, Tensor>) => tf.transpose(x, perm),
  })),
  { kernel: 'Transpose', name: 'without a permutation', inputs: cube, program: ({ x }) => tf.transpose(x) },
  {
    kernel: 'Transpose',
    name: 'that moves an axis of size 1',
    inputs: { x: normal(2, 1, 3) },
    program: ({ x }) => tf.transpose(x, [1, 0, 2]),
  },
  {
    kernel: 'Transpose',
    name: 'that moves other axes too',
    inputs: { x: normal(2, 1, 3) },
    program: ({ x }) => tf.transpose(x, [1, 2, 0]),
  },
  {
    kernel: 'Transpose',
    name: 'twice',
    inputs: cube,
    program: ({ x }) => tf.transpose(tf.transpose(x, [1, 2, 0]), [1, 0, 2]),
  },
  {
    kernel: 'Transpose',
    name: 'twice, back',
    inputs: cube,
    program: ({ x }) => tf.transpose(tf.transpose(x, [1, 2, 0]), [2, 0, 1]),
  },
  { kernel: 'Transpose', name: 'of ints', inputs: counts, program: ({ x }) => tf.transpose(x, [2, 0, 1]) },
  { kernel: 'Transpose', name: 'of bools', inputs: flags, program: ({ x }) => tf.transpose(x, [2, 0, 1]) },
  {
    kernel: 'Transpose',
    name: 'of a table',
    inputs: { x: normal(3, 2) },
    program: ({ x }) => tf.add(x, tf.transpose(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]))),
  },
];

const sources = { float32: halves(3, 5), int32: integers(-2, 3, 3, 5), bool: booleans(3, 5) };
const castCases: LoweringCase[] = [
  ...Object.entries(sources).flatMap(([from, x]) =>
    (['float32', 'int32', 'bool'] as DType[]).map((to) => ({
      kernel: 'Cast',
      name: `${from} to ${to}`,
      inputs: { x },
      program: ({ x }: Record<string, Tensor>) => tf.cast(x, to),
    })),
  ),
  {
    kernel: 'Cast',
    name: 'a fraction to int',
    inputs: { x: floats(-1.9, -0.5, 0.5, 1.9, 1e6 + 0.5) },
    program: ({ x }) => tf.cast(x, 'int32'),
  },
  {
    kernel: 'Cast',
    name: 'numbers',
    inputs: { x: integers(0, 5, 3) },
    program: ({ x }) => tf.mul(x, tf.cast(tf.fill([3], -2.7), 'int32')),
  },
  {
    kernel: 'Cast',
    name: 'a number to bool',
    inputs: { x: booleans(3) },
    program: ({ x }) => tf.logicalAnd(x, tf.cast(tf.fill([3], -2.7), 'bool')),
  },
];

const slices: { name: string; begin: number | number[]; size?: number | number[] }[] = [
  { name: 'a block', begin: [0, 1, 1], size: [2, 2, 2] },
  { name: 'to the end with -1', begin: [1, 0, 2], size: [-1, 3, -1] },
  { name: 'everything', begin: [0, 0, 0], size: [2, 3, 4] },
  { name: 'one axis', begin: [0, 0, 1], size: [2, 3, 2] },
  { name: 'fewer axes than there are', begin: [1], size: [1] },
  { name: 'no sizes', begin: [1, 1, 1] },
  { name: 'numbers', begin: 1, size: 1 },
];
const sliceCases: LoweringCase[] = [
  ...slices.map(({ name, begin, size }) => ({
    kernel: 'Slice',
    name,
    inputs: cube,
    program: ({ x }: Record<string, Tensor>) => tf.slice(x, begin, size),
  })),
  { kernel: 'Slice', name: 'of ints', inputs: counts, program: ({ x }) => tf.slice(x, [0, 1, 1], [1, 2, 2]) },
  {
    kernel: 'Slice',
    name: 'of a number',
    inputs: { x: normal(2) },
    program: ({ x }) => tf.mul(x, tf.slice(tf.fill([5], 3), [1], [2])),
  },
  {
    kernel: 'Slice',
    name: 'of a table',
    inputs: { x: normal(2) },
    program: ({ x }) => tf.mul(x, tf.slice(tf.tensor1d([1, 2, 3, 4]), [1], [2])),
  },
  {
    kernel: 'Slice',
    name: 'of a slice',
    inputs: cube,
    program: ({ x }) => tf.slice(tf.slice(x, [0, 1, 0], [2, 2, 4]), [1, 1, 1], [1, 1, 2]),
  },
];

const joinCases: LoweringCase[] = [
  ...[0, 1, 2, -1].map((axis) => ({
    kernel: 'Concat',
    name: `of equal parts at axis ${axis}`,
    inputs: { a: normal(2, 3, 4), b: normal(2, 3, 4) },
    program: ({ a, b }: Record<string, Tensor>) => tf.concat([a, b], axis),
  })),
  {
    kernel: 'Concat',
    name: 'of unequal parts',
    inputs: { a: normal(2, 1), b: normal(2, 3), c: normal(2, 2) },
    program: ({ a, b, c }) => tf.concat([a, b, c], 1),
  },
  {
    kernel: 'Concat',
    name: 'of a repeated part and a constant',
    inputs: { a: normal(2, 2) },
    program: ({ a }) => tf.concat([a, tf.zeros([1, 2]), a], 0),
  },
  {
    kernel: 'Concat',
    name: 'of twelve parts',
    inputs: { x: normal(12, 2) },
    program: ({ x }) => tf.concat(tf.split(x, 12, 0), 1),
  },
  {
    kernel: 'Concat',
    name: 'of ints',
    inputs: { a: integers(0, 9, 2), b: integers(0, 9, 3) },
    program: ({ a, b }) => tf.concat([a, b]),
  },
  {
    kernel: 'Concat',
    name: 'of bools',
    inputs: { a: booleans(2), b: booleans(3) },
    program: ({ a, b }) => tf.concat([a, b]),
  },
  { kernel: 'SplitV', name: 'evenly', inputs: cube, program: ({ x }) => tf.split(x, 2, 2) },
  { kernel: 'SplitV', name: 'unevenly', inputs: cube, program: ({ x }) => tf.split(x, [1, 3], 2) },
  { kernel: 'SplitV', name: 'with a rest', inputs: cube, program: ({ x }) => tf.split(x, [1, -1, 1], 2) },
  { kernel: 'SplitV', name: 'at a negative axis', inputs: cube, program: ({ x }) => tf.split(x, [1, 2], -2) },
  { kernel: 'SplitV', name: 'into one part', inputs: cube, program: ({ x }) => tf.split(x, 1, 1) },
  { kernel: 'SplitV', name: 'of which one part is used', inputs: cube, program: ({ x }) => tf.split(x, [1, 2], 1)[1] },
  {
    kernel: 'SplitV',
    name: 'twice at once',
    inputs: { x: normal(4, 6) },
    program: ({ x }) => [...tf.split(x, 2, 0), ...tf.split(x, 2, 1)],
  },
];

const growCases: LoweringCase[] = [
  {
    kernel: 'PadV2',
    name: 'with zeros',
    inputs: cube,
    program: ({ x }) =>
      tf.pad(x, [
        [0, 0],
        [1, 0],
        [2, 3],
      ]),
  },
  {
    kernel: 'PadV2',
    name: 'with a number',
    inputs: cube,
    program: ({ x }) =>
      tf.pad(
        x,
        [
          [1, 1],
          [0, 0],
          [0, 1],
        ],
        -1.5,
      ),
  },
  {
    kernel: 'PadV2',
    name: 'ints',
    inputs: counts,
    program: ({ x }) =>
      tf.pad(
        x,
        [
          [1, 0],
          [0, 0],
          [0, 1],
        ],
        7,
      ),
  },
  {
    kernel: 'MirrorPad',
    name: 'one axis',
    inputs: { x: normal(2, 3, 6) },
    program: ({ x }) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [0, 0],
          [4, 5],
        ],
        'reflect',
      ),
  },
  {
    kernel: 'MirrorPad',
    name: 'two axes',
    inputs: { x: normal(3, 4) },
    program: ({ x }) =>
      tf.mirrorPad(
        x,
        [
          [1, 2],
          [3, 0],
        ],
        'reflect',
      ),
  },
  {
    kernel: 'MirrorPad',
    name: 'nothing',
    inputs: { x: normal(3, 4) },
    program: ({ x }) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [0, 0],
        ],
        'reflect',
      ),
  },
  { kernel: 'Tile', name: 'axes of size 1', inputs: { x: normal(2, 1, 3) }, program: ({ x }) => tf.tile(x, [1, 4, 1]) },
  { kernel: 'Tile', name: 'longer axes', inputs: { x: normal(2, 3) }, program: ({ x }) => tf.tile(x, [2, 3]) },
  { kernel: 'Tile', name: 'both kinds of axes', inputs: { x: normal(1, 3) }, program: ({ x }) => tf.tile(x, [2, 2]) },
  { kernel: 'Tile', name: 'once', inputs: { x: normal(2, 3) }, program: ({ x }) => tf.tile(x, [1, 1]) },
  { kernel: 'Tile', name: 'ints', inputs: { x: integers(0, 9, 2, 3) }, program: ({ x }) => tf.tile(x, [1, 2]) },
  { kernel: 'Tile', name: 'bools', inputs: { x: booleans(1, 3) }, program: ({ x }) => tf.tile(x, [2, 1]) },
  {
    kernel: 'Tile',
    name: 'a number',
    inputs: { x: normal(2, 3) },
    program: ({ x }) => tf.mul(x, tf.tile(tf.fill([1, 1], 3), [2, 3])),
  },
];

const reverseCases: LoweringCase[] = [
  ...[0, 2, -1, -2, [0, 2], [1, -1], undefined].map((axis) => ({
    kernel: 'Reverse',
    name: `along ${axis === undefined ? 'all axes' : `[${axis}]`}`,
    inputs: cube,
    program: ({ x }: Record<string, Tensor>) => tf.reverse(x, axis),
  })),
  {
    kernel: 'Reverse',
    name: 'along an axis of size 1',
    inputs: { x: normal(1, 3) },
    program: ({ x }) => tf.reverse(x, 0),
  },
  { kernel: 'Reverse', name: 'of ints', inputs: counts, program: ({ x }) => tf.reverse(x, 1) },
];

const fillCases: LoweringCase[] = [
  { kernel: 'Fill', name: 'floats', inputs: { x: normal(3) }, program: ({ x }) => tf.add(x, tf.fill([2, 3], 0.1)) },
  {
    kernel: 'Fill',
    name: 'as an output',
    inputs: { x: normal(3) },
    program: ({ x }) => [tf.neg(x), tf.fill([2, 3], 0.1)],
  },
  {
    kernel: 'Fill',
    name: 'ints',
    inputs: { x: integers(0, 9, 3) },
    program: ({ x }) => tf.add(x, tf.fill([2, 3], 4, 'int32')),
  },
  {
    kernel: 'Fill',
    name: 'bools',
    inputs: { x: booleans(3) },
    program: ({ x }) => tf.logicalOr(x, tf.fill([2, 3], 1, 'bool')),
  },
  { kernel: 'ZerosLike', name: 'of floats', inputs: cube, program: ({ x }) => tf.add(tf.zerosLike(x), tf.neg(x)) },
  {
    kernel: 'ZerosLike',
    name: 'of ints, as an output',
    inputs: counts,
    program: ({ x }) => [tf.zerosLike(x), tf.neg(x)],
  },
  { kernel: 'OnesLike', name: 'of floats', inputs: cube, program: ({ x }) => tf.add(tf.onesLike(x), x) },
  { kernel: 'OnesLike', name: 'of ints', inputs: counts, program: ({ x }) => tf.add(tf.onesLike(x), x) },
  { kernel: 'Identity', name: 'between operators', inputs: cube, program: ({ x }) => tf.neg(tf.clone(x)) },
  { kernel: 'Identity', name: 'from an input to an output', inputs: cube, program: ({ x }) => tf.clone(x) },
  {
    kernel: 'Identity',
    name: 'to two outputs',
    inputs: cube,
    program: ({ x }) => {
      const y = tf.neg(x);
      return [y, tf.clone(y)];
    },
  },
];

export const shapeCases: readonly LoweringCase[] = [
  ...reshapeCases,
  ...gatherCases,
  ...transposeCases,
  ...castCases,
  ...sliceCases,
  ...joinCases,
  ...growCases,
  ...reverseCases,
  ...fillCases,
];

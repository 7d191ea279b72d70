/** @file Arithmetic, comparisons, functions of one operand, selection. */
import * as tf from '../../../src/engine/tfjs.js';
import type { Tensor } from '../../../src/engine/tfjs.js';
import { booleans, floats, halves, integers, normal, positive } from '../random-tensors.js';
import type { RandomTensor } from '../random-tensors.js';
import { OPERAND_SHAPES } from './lowering-case.js';
import type { LoweringCase } from './lowering-case.js';

type Binary = (a: Tensor, b: Tensor) => Tensor;
type Unary = (x: Tensor) => Tensor;
type Make = (...shape: number[]) => RandomTensor;
const smallIntegers: Make = (...shape) => integers(-3, 4, ...shape);

/** Every way of broadcasting, for one kernel and kind of values. */
const broadcasts = (kernel: string, op: Binary, kind: string, make: Make): LoweringCase[] =>
  OPERAND_SHAPES.map(({ name, a, b }) => ({
    kernel,
    name: `${kind}, ${name}`,
    inputs: { a: make(...a), b: make(...b) },
    program: ({ a, b }) => op(a, b),
  }));

const binaryCases = [
  ...broadcasts('Add', tf.add, 'float', normal),
  ...broadcasts('Add', tf.add, 'int', smallIntegers),
  ...broadcasts('Sub', tf.sub, 'float', normal),
  ...broadcasts('Sub', tf.sub, 'int', smallIntegers),
  ...broadcasts('Multiply', tf.mul, 'float', normal),
  ...broadcasts('Multiply', tf.mul, 'int', smallIntegers),
  ...broadcasts('RealDiv', tf.div, 'float', positive),
  ...broadcasts('Pow', tf.pow, 'float', positive),
  ...broadcasts('Maximum', tf.maximum, 'float', halves),
  ...broadcasts('Maximum', tf.maximum, 'int', smallIntegers),
  ...broadcasts('Minimum', tf.minimum, 'float', halves),
  ...broadcasts('Minimum', tf.minimum, 'int', smallIntegers),
  ...broadcasts('SquaredDifference', tf.squaredDifference, 'float', normal),
  ...broadcasts('SquaredDifference', tf.squaredDifference, 'int', smallIntegers),
  ...[
    { kernel: 'Greater', op: tf.greater },
    { kernel: 'GreaterEqual', op: tf.greaterEqual },
    { kernel: 'Less', op: tf.less },
    { kernel: 'LessEqual', op: tf.lessEqual },
    { kernel: 'Equal', op: tf.equal },
    { kernel: 'NotEqual', op: tf.notEqual },
  ].flatMap(({ kernel, op }) => [
    ...broadcasts(kernel, op, 'float', halves),
    ...broadcasts(kernel, op, 'int', smallIntegers),
  ]),
  ...broadcasts('LogicalAnd', tf.logicalAnd, 'bool', booleans),
  ...broadcasts('LogicalOr', tf.logicalOr, 'bool', booleans),
];

const row = { x: normal(3) };
const grid = { x: normal(2, 3) };
const counts = { x: integers(-4, 5, 2, 3) };
/** Operands that are known when the program is traced. */
const constantCases: LoweringCase[] = [
  { kernel: 'Add', name: 'zeros on the right', inputs: grid, program: ({ x }) => tf.add(x, 0) },
  { kernel: 'Add', name: 'zeros that broadcast', inputs: row, program: ({ x }) => tf.add(x, tf.zeros([2, 3])) },
  { kernel: 'Add', name: 'zeros on the left', inputs: row, program: ({ x }) => tf.add(tf.zeros([4, 2, 1]), x) },
  { kernel: 'Add', name: 'int zeros', inputs: counts, program: ({ x }) => tf.add(x, tf.zeros([1, 3], 'int32')) },
  { kernel: 'Add', name: 'a repeated number', inputs: grid, program: ({ x }) => tf.add(x, tf.fill([2, 3], 1.5)) },
  {
    kernel: 'Add',
    name: 'a repeated number that broadcasts',
    inputs: row,
    program: ({ x }) => tf.add(tf.fill([2, 3], 1.5), x),
  },
  {
    kernel: 'Add',
    name: 'two numbers',
    inputs: grid,
    program: ({ x }) => tf.mul(x, tf.add(tf.fill([2, 1], 1.5), 0.7)),
  },
  {
    kernel: 'Add',
    name: 'two int numbers',
    inputs: counts,
    program: ({ x }) => tf.mul(x, tf.add(tf.scalar(2, 'int32'), tf.scalar(3, 'int32'))),
  },
  {
    kernel: 'Add',
    name: 'a table',
    inputs: row,
    program: ({ x }) =>
      tf.add(
        x,
        tf.tensor2d([
          [1, 2, 3],
          [4, 5, 6],
        ]),
      ),
  },
  { kernel: 'Add', name: 'with itself', inputs: grid, program: ({ x }) => tf.add(x, x) },
  {
    kernel: 'Sub',
    name: 'zeros on the right that broadcast',
    inputs: row,
    program: ({ x }) => tf.sub(x, tf.zeros([2, 3])),
  },
  { kernel: 'Sub', name: 'from zeros', inputs: row, program: ({ x }) => tf.sub(tf.zeros([2, 1]), x) },
  { kernel: 'Sub', name: 'two numbers', inputs: grid, program: ({ x }) => tf.mul(x, tf.sub(tf.fill([3], 1.5), 0.7)) },
  { kernel: 'Multiply', name: 'by one', inputs: grid, program: ({ x }) => tf.mul(x, 1) },
  { kernel: 'Multiply', name: 'by ones that broadcast', inputs: row, program: ({ x }) => tf.mul(tf.ones([2, 1]), x) },
  { kernel: 'Multiply', name: 'by zeros that broadcast', inputs: row, program: ({ x }) => tf.mul(x, tf.zeros([2, 1])) },
  { kernel: 'Multiply', name: 'int by zero', inputs: counts, program: ({ x }) => tf.mul(tf.scalar(0, 'int32'), x) },
  {
    kernel: 'Multiply',
    name: 'int with 32-bit overflow',
    inputs: { x: integers(-(2 ** 31), 2 ** 31, 40) },
    program: ({ x }) => tf.mul(x, tf.scalar(3, 'int32')),
  },
  { kernel: 'RealDiv', name: 'by one', inputs: grid, program: ({ x }) => tf.div(x, 1) },
  { kernel: 'RealDiv', name: 'by a number', inputs: grid, program: ({ x }) => tf.div(x, 7) },
  { kernel: 'RealDiv', name: 'by zero', inputs: { x: floats(-1, 0, 1) }, program: ({ x }) => tf.div(x, 0) },
  {
    kernel: 'RealDiv',
    name: 'by a repeated number that broadcasts',
    inputs: row,
    program: ({ x }) => tf.div(x, tf.fill([2, 1], 3)),
  },
  { kernel: 'RealDiv', name: 'of a number', inputs: { x: positive(2, 3) }, program: ({ x }) => tf.div(2, x) },
  { kernel: 'RealDiv', name: 'of two numbers', inputs: grid, program: ({ x }) => tf.mul(x, tf.div(tf.scalar(2), 3)) },
  { kernel: 'RealDiv', name: 'of int by float', inputs: counts, program: ({ x }) => tf.div(x, 4.5) },
  {
    kernel: 'Multiply',
    name: 'bool by float',
    inputs: { m: booleans(2, 3), x: normal(3) },
    program: ({ m, x }) => tf.mul(m, x),
  },
  {
    kernel: 'Add',
    name: 'int to float',
    inputs: { n: integers(-9, 9, 3), x: normal(2, 3) },
    program: ({ n, x }) => tf.add(n, x),
  },
  { kernel: 'Maximum', name: 'with a number', inputs: grid, program: ({ x }) => tf.maximum(x, 0.25) },
  {
    kernel: 'Minimum',
    name: 'of a number that broadcasts',
    inputs: row,
    program: ({ x }) => tf.minimum(tf.fill([2, 3], 0.25), x),
  },
  {
    kernel: 'Pow',
    name: 'of negative numbers to whole powers',
    inputs: { x: halves(12) },
    program: ({ x }) => tf.pow(x, 3),
  },
  { kernel: 'Pow', name: 'int', inputs: counts, program: ({ x }) => tf.pow(x, tf.scalar(2, 'int32')) },
  { kernel: 'Greater', name: 'than a number', inputs: { x: halves(2, 3) }, program: ({ x }) => tf.greater(x, 0.5) },
  {
    kernel: 'Less',
    name: 'than an int number, reversed',
    inputs: counts,
    program: ({ x }) => tf.less(tf.scalar(1, 'int32'), x),
  },
  {
    kernel: 'Equal',
    name: 'bool',
    inputs: { a: booleans(2, 3), b: booleans(3) },
    program: ({ a, b }) => tf.equal(a, b),
  },
  {
    kernel: 'Equal',
    name: 'against a table of ints',
    inputs: { x: integers(0, 3, 2, 1) },
    program: ({ x }) => tf.equal(x, tf.tensor1d([0, 1, 2], 'int32')),
  },
];

const unaryCases: LoweringCase[] = [
  ...[
    { kernel: 'Relu', op: tf.relu, x: halves },
    { kernel: 'Sqrt', op: tf.sqrt, x: positive },
    { kernel: 'Rsqrt', op: tf.rsqrt, x: positive },
    { kernel: 'Exp', op: tf.exp, x: normal },
    { kernel: 'Log', op: tf.log, x: positive },
    { kernel: 'Tanh', op: tf.tanh, x: normal },
    { kernel: 'Sigmoid', op: tf.sigmoid, x: normal },
    { kernel: 'Softplus', op: tf.softplus, x: normal },
    { kernel: 'Neg', op: tf.neg, x: halves },
    { kernel: 'Abs', op: tf.abs, x: halves },
    { kernel: 'Erf', op: tf.erf, x: normal },
    { kernel: 'Sin', op: tf.sin, x: normal },
    { kernel: 'Cos', op: tf.cos, x: normal },
    { kernel: 'Floor', op: tf.floor, x: normal },
    { kernel: 'Sign', op: tf.sign, x: halves },
    { kernel: 'Square', op: tf.square, x: normal },
    { kernel: 'Reciprocal', op: tf.reciprocal, x: positive },
    { kernel: 'Step', op: tf.step as Unary, x: halves },
  ].flatMap(({ kernel, op, x }) =>
    [[], [7], [2, 3, 4]].map((shape) => ({
      kernel,
      name: `of shape [${shape}]`,
      inputs: { x: x(...shape) },
      program: ({ x }: Record<string, Tensor>) => op(x),
    })),
  ),
  ...[
    { kernel: 'Relu', op: tf.relu },
    { kernel: 'Neg', op: tf.neg },
    { kernel: 'Abs', op: tf.abs },
    { kernel: 'Sign', op: tf.sign },
    { kernel: 'Square', op: tf.square },
  ].map(({ kernel, op }) => ({
    kernel,
    name: 'of ints',
    inputs: counts,
    program: ({ x }: Record<string, Tensor>) => op(x),
  })),
  { kernel: 'Log', name: 'of zero', inputs: { x: floats(0, 1) }, program: ({ x }) => tf.log(x) },
  {
    kernel: 'Exp',
    name: 'of large numbers',
    inputs: { x: floats(-90, 0, 88, 89) },
    program: ({ x }) => tf.exp(x),
    tolerance: 1e-5,
  },
  {
    kernel: 'Sigmoid',
    name: 'of large numbers',
    inputs: { x: floats(-100, -20, 20, 100) },
    program: ({ x }) => tf.sigmoid(x),
  },
  { kernel: 'LogicalNot', name: 'of bools', inputs: { x: booleans(2, 3) }, program: ({ x }) => tf.logicalNot(x) },
  {
    kernel: 'ClipByValue',
    name: 'on both sides',
    inputs: { x: normal(4, 5) },
    program: ({ x }) => tf.clipByValue(x, -0.5, 0.75),
  },
  { kernel: 'ClipByValue', name: 'of a scalar', inputs: { x: normal() }, program: ({ x }) => tf.clipByValue(x, 2, 3) },
  { kernel: 'ClipByValue', name: 'of ints', inputs: counts, program: ({ x }) => tf.clipByValue(x, -2, 3) },
];

const selectionCases: LoweringCase[] = [
  {
    kernel: 'Select',
    name: 'equal shapes',
    inputs: { c: booleans(2, 3), a: normal(2, 3), b: normal(2, 3) },
    program: ({ c, a, b }) => tf.where(c, a, b),
  },
  {
    kernel: 'Select',
    name: 'a column of conditions',
    inputs: { c: booleans(2, 1), a: normal(2, 3), b: normal(2, 3) },
    program: ({ c, a, b }) => tf.where(c, a, b),
  },
  {
    kernel: 'Select',
    name: 'more conditions than values',
    inputs: { c: booleans(4, 3), a: normal(3), b: normal(4, 1) },
    program: ({ c, a, b }) => tf.where(c, a, b),
  },
  {
    kernel: 'Select',
    name: 'numbers',
    inputs: { c: booleans(4, 3) },
    program: ({ c }) => tf.where(c, tf.scalar(1.5), tf.scalar(-2)),
  },
  {
    kernel: 'Select',
    name: 'ints',
    inputs: { c: booleans(3), a: integers(0, 9, 2, 3), b: integers(0, 9, 3) },
    program: ({ c, a, b }) => tf.where(c, a, b),
  },
  {
    kernel: 'Select',
    name: 'a constant condition',
    inputs: { a: normal(3), b: normal(3) },
    program: ({ a, b }) => tf.where(tf.tensor1d([true, false, true], 'bool'), a, b),
  },
  {
    kernel: 'OneHot',
    name: 'float',
    inputs: { i: integers(0, 4, 6) },
    program: ({ i }) => tf.oneHot(i, 4, 1, 0, 'float32'),
  },
  {
    kernel: 'OneHot',
    name: 'int',
    inputs: { i: integers(0, 4, 6) },
    program: ({ i }) => tf.oneHot(i, 4, 1, 0, 'int32'),
  },
  {
    kernel: 'OneHot',
    name: 'bool',
    inputs: { i: integers(0, 4, 6) },
    program: ({ i }) => tf.oneHot(i, 4, 1, 0, 'bool'),
  },
  {
    kernel: 'OneHot',
    name: 'of a matrix',
    inputs: { i: integers(0, 4, 2, 3) },
    program: ({ i }) => tf.oneHot(i, 4, 1, 0, 'float32'),
  },
  {
    kernel: 'OneHot',
    name: 'of indices outside',
    inputs: { i: integers(-2, 7, 12) },
    program: ({ i }) => tf.oneHot(i, 4, 1, 0, 'float32'),
  },
];

export const elementwiseCases: readonly LoweringCase[] = [
  ...binaryCases,
  ...constantCases,
  ...unaryCases,
  ...selectionCases,
];

/** @file acanet's own operations against their plain TensorFlow.js formulas. */
import {
  averageSegments,
  convolvePlanes,
  EXTENSION,
  hashMask,
  normalCdf,
  normalizeLast,
  positiveMask,
} from '../../../src/engine/trace/extensions.js';
import * as tf from '../../../src/engine/tfjs.js';
import { floats, halves, hashKeys, normal } from '../random-tensors.js';
import type { LoweringCase } from './lowering-case.js';

export const extensionCases: readonly LoweringCase[] = [
  ...[
    [3, 8],
    [2, 3, 16],
    [5, 1],
  ].map((shape) => ({
    kernel: EXTENSION.normalizeLast,
    name: `of [${shape}]`,
    inputs: { x: normal(...shape) },
    program: ({ x }: Record<string, tf.Tensor>) => normalizeLast(x, 1e-5),
    // single pass in ONNX Runtime, two passes here: a few roundings of values around 1; 1/deviation of one value is 316
    tolerance: 3e-6,
  })),
  {
    kernel: EXTENSION.normalizeLast,
    name: 'far from zero',
    inputs: { x: normal(4, 32) },
    program: ({ x }) => normalizeLast(tf.add(x, 50), 1e-5),
    tolerance: 1e-4,
  },
  { kernel: EXTENSION.normalCdf, name: 'near zero', inputs: { x: normal(3, 7) }, program: ({ x }) => normalCdf(x) },
  {
    kernel: EXTENSION.normalCdf,
    name: 'in the tails',
    inputs: { x: floats(-40, -6, -1, 0, 1, 6, 40) },
    program: ({ x }) => normalCdf(x),
  },
  {
    kernel: EXTENSION.positiveMask,
    name: 'of what ReLU gives',
    inputs: { x: halves(4, 5) },
    program: ({ x }) => positiveMask(tf.relu(x)),
  },
  {
    kernel: EXTENSION.positiveMask,
    name: 'of tiny numbers',
    inputs: { x: floats(0, 1e-29, 1e-10, 1e30) },
    program: ({ x }) => positiveMask(x),
  },
  ...[0.8, 0.5, 1e-3, 1].map((keep) => ({
    kernel: EXTENSION.hashMask,
    name: `keeping ${keep}`,
    inputs: { r: hashKeys(37), c: hashKeys(53) },
    program: ({ r, c }: Record<string, tf.Tensor>) => hashMask(r, c, keep),
    tolerance: 0, // the mask must be the same on every engine
  })),
  ...[1, 2].flatMap((batch) => [
    {
      kernel: EXTENSION.convolvePlanes,
      name: `of ${batch} planes with zeros on all sides`,
      inputs: { x: normal(3, batch, 4, 5), weight: normal(2, 3, 3, 3) },
      program: ({ x, weight }: Record<string, tf.Tensor>) =>
        convolvePlanes(x, weight, { strides: [1, 1], padding: [1, 1, 1, 1] }),
    },
    {
      kernel: EXTENSION.convolvePlanes,
      name: `of ${batch} planes with strides and zeros on some sides`,
      inputs: { x: normal(3, batch, 6, 7), weight: normal(2, 3, 3, 2) },
      program: ({ x, weight }: Record<string, tf.Tensor>) =>
        convolvePlanes(x, weight, { strides: [2, 3], padding: [0, 1, 2, 0] }),
    },
  ]),
  ...[1, 4, 5, 6, 11].map((count) => ({
    kernel: EXTENSION.averageSegments,
    name: `of ${count} values, 5 a segment`,
    inputs: { x: normal(2, 3, count) },
    program: ({ x }: Record<string, tf.Tensor>) => averageSegments(x, 5),
  })),
];

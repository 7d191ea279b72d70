/** Convolution over planes: values and gradients against products of slices, one a tap. */
import assert from 'node:assert/strict';
import { withBackend } from '../../src/engine/program/with-backend.js';
import * as tf from '../../src/engine/tfjs.js';
import type { Tensor } from '../../src/engine/tfjs.js';
import { convolvedLength, planeConvolution } from '../../src/nn/plane-convolution.js';
import { normal } from '../engine/random-tensors.js';
import { checkGradients } from './gradient-check.js';

interface Case {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly planes: readonly [number, number];
}

/** Σ over taps of weight[:, :, i, j] · x at every stride-th place from (i, j), which a product with 0 and 1 picks. */
function plainConvolution(x: Tensor, weight: Tensor, { kernel, strides, padding, planes }: Case): Tensor {
  const [channels, batch] = x.shape as [number, number];
  const [outputs] = weight.shape;
  const sizes = planes.map((length, axis) => convolvedLength(length, kernel[axis], strides[axis], padding[axis]));
  /** [length, size]: 1 where place o of the result takes its tap from place o·stride + tap − padding. */
  const picks = (axis: number, tap: number) => {
    const place = (o: number) => o * strides[axis] + tap - padding[axis];
    return tf.tensor2d(
      Array.from({ length: planes[axis] }, (_, i) => Array.from({ length: sizes[axis] }, (_, o) => +(place(o) === i))),
      [planes[axis], sizes[axis]],
    );
  };
  const taps = Array.from({ length: kernel[0] * kernel[1] }, (_, tap) => {
    const [i, j] = [Math.floor(tap / kernel[1]), tap % kernel[1]];
    const columns = tf.matMul(tf.reshape(x, [-1, planes[1]]) as tf.Tensor2D, picks(1, j));
    const turned = tf.transpose(tf.reshape(columns, [channels, batch, planes[0], sizes[1]]), [0, 1, 3, 2]);
    const rows = tf.matMul(tf.reshape(turned, [-1, planes[0]]) as tf.Tensor2D, picks(0, i));
    const taken = tf.transpose(tf.reshape(rows, [channels, batch, sizes[1], sizes[0]]), [0, 1, 3, 2]);
    const tapWeight = tf.reshape(tf.slice(weight, [0, 0, i, j], [outputs, channels, 1, 1]), [outputs, channels]);
    return tf.matMul(tapWeight as tf.Tensor2D, tf.reshape(taken, [channels, -1]) as tf.Tensor2D) as Tensor;
  });
  const sum = taps.reduce((total, tap) => tf.add(total, tap));
  return tf.reshape(sum, [outputs, batch, ...sizes]);
}

const cases: Case[] = [
  { kernel: [3, 3], strides: [1, 1], padding: [1, 1], planes: [4, 5] },
  { kernel: [3, 3], strides: [2, 2], padding: [1, 1], planes: [4, 6] },
  { kernel: [3, 3], strides: [2, 2], padding: [1, 1], planes: [5, 7] },
  { kernel: [3, 3], strides: [2, 1], padding: [1, 1], planes: [6, 5] },
  { kernel: [1, 1], strides: [1, 1], padding: [0, 0], planes: [3, 4] },
  { kernel: [1, 1], strides: [2, 2], padding: [0, 0], planes: [4, 5] },
  { kernel: [1, 1], strides: [2, 1], padding: [0, 0], planes: [5, 3] },
  { kernel: [3, 3], strides: [1, 1], padding: [0, 0], planes: [4, 5] },
  { kernel: [3, 5], strides: [1, 1], padding: [2, 2], planes: [4, 6] },
  { kernel: [2, 3], strides: [3, 2], padding: [1, 1], planes: [7, 8] },
  { kernel: [3, 3], strides: [1, 1], padding: [1, 1], planes: [1, 1] },
  { kernel: [1, 5], strides: [1, 2], padding: [0, 2], planes: [1, 9] },
  { kernel: [1, 5], strides: [1, 2], padding: [0, 2], planes: [1, 2] },
];

describe('planeConvolution', () => {
  for (const row of cases) {
    const { kernel, strides, padding, planes } = row;
    it(`of ${planes.join(' × ')} with ${kernel.join(' × ')} taps, strides ${strides.join(', ')}, padding ${padding.join(', ')}, and its gradients`, async () => {
      await checkGradients({
        layer: ({ x, weight }) => planeConvolution(x, weight, { strides, padding }),
        plain: ({ x, weight }) => plainConvolution(x, weight, row),
        inputs: { x: normal(3, 2, ...planes), weight: normal(4, 3, ...kernel) },
      });
    });
  }

  it('counts planes from 0 and sets zeros around them', () => {
    const sums = withBackend('cpu', () =>
      planeConvolution(tf.tensor4d([1, 2, 3, 4], [1, 1, 2, 2]), tf.ones([1, 1, 3, 3]), { padding: [1, 1] }).dataSync(),
    );
    assert.deepEqual([...sums], [10, 10, 10, 10]);
  });
});

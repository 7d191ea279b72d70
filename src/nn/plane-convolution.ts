/**
 * @file Convolution over planes of frequency and time, with zeros around them: [C, B, H, W] → [C', B, H', W'].
 *
 * Channels first and the batch second, as in all layers, so that the gradients are single products or convolutions. The
 * input's gradient is a convolution of the output's, spread by the stride, with the flipped kernels. The kernels'
 * gradient takes the taps of the columns from the input and those of the rows from the output's gradient: the product
 * [h·C', N]·[N, w·C] has all h × w taps, where as many copies of the input would cost more than the product does.
 */
import { convolvePlanes } from '../engine/trace/extensions.js';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';

type Pair = readonly [number, number];

export interface PlaneConvolutionOptions {
  /** Over frequency and over time. Default 1, 1. */
  readonly strides?: Pair;
  /** Zeros above and below, left and right. Default 0, 0. */
  readonly padding?: Pair;
}

/** The length of an axis after a convolution. */
export const convolvedLength = (length: number, kernel: number, stride: number, padding: number): number =>
  Math.floor((length + 2 * padding - kernel) / stride) + 1;

/** x [C, B, H, W], weight [C', C, h, w] → [C', B, H', W'], without bias. */
export function planeConvolution(
  x: Tensor,
  weight: Tensor,
  { strides = [1, 1], padding = [0, 0] }: PlaneConvolutionOptions = {},
): Tensor {
  const convolution = tf.customGrad((...args) => {
    const [x, weight] = args as Tensor[];
    const save = args[2] as unknown as tf.GradSaveFunc;
    save([x, weight]);
    const geometry = { planes: sizeOf(x), kernel: sizeOf(weight), strides, padding };
    return {
      value: convolvePlanes(x, weight, { strides, padding: [...padding, ...padding] }),
      gradFunc: (dy: Tensor, [x, weight]: Tensor[]) => [
        inputGradient(dy, weight, geometry),
        strides.every((stride) => stride === 1)
          ? kernelGradient(dy, x, geometry)
          : stridedKernelGradient(dy, x, geometry),
      ],
    };
  }) as (x: Tensor, weight: Tensor) => Tensor;
  return convolution(x, weight);
}

interface Geometry {
  readonly planes: Pair;
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly padding: Pair;
}

/** The last two axes. */
const sizeOf = (planes: Tensor) => planes.shape.slice(2) as [number, number];

const matrix = (x: Tensor, rows: number) => tf.reshape(x, [rows, -1]) as tf.Tensor2D;

const padPlanes = (x: Tensor, rows: Pair, columns: Pair) =>
  tf.pad(x, [[0, 0], [0, 0], [...rows], [...columns]] as [number, number][]);

const cutPlanes = (x: Tensor, [top, left]: Pair, [height, width]: Pair) =>
  tf.slice(x, [0, 0, top, left], [x.shape[0], x.shape[1]!, height, width]);

const range = (count: number) => [...Array(count).keys()];

/** dy [C', B, H', W'] → [C, B, H, W]: what every tap gave, added up where it was taken. */
function inputGradient(dy: Tensor, weight: Tensor, { planes, kernel, strides, padding }: Geometry): Tensor {
  const spread = spreadPlanes(dy, strides);
  const [top, left] = kernel.map((taps, axis) => taps - 1 - padding[axis]);
  const [bottom, right] = sizeOf(spread).map((length, axis) => planes[axis] - length + padding[axis]);
  const flipped = tf.transpose(tf.reverse(weight, [2, 3]), [1, 0, 2, 3]);
  return convolvePlanes(spread, flipped, { strides: [1, 1], padding: [top, left, bottom, right] });
}

/** Zeros between the rows and columns, which are `strides` apart then. */
function spreadPlanes(x: Tensor, [down, across]: Pair): Tensor {
  if (down === 1 && across === 1) return x;
  const [channels, batch, height, width] = x.shape as [number, number, number, number];
  const grid = tf.reshape(x, [channels * batch, height, 1, width, 1]);
  const apart = tf.pad(grid, [[0, 0], [0, 0], [0, down - 1], [0, 0], [0, across - 1]]); // prettier-ignore
  const planes = tf.reshape(apart, [channels, batch, height * down, width * across]);
  return cutPlanes(planes, [0, 0], [(height - 1) * down + 1, (width - 1) * across + 1]);
}

/** dy [C', B, H', W'], x [C, B, H, W] → [C', C, h, w]: Σ over b, r, s of dy[r + p − i, s]·x[r, s + j − p]. */
function kernelGradient(dy: Tensor, x: Tensor, { planes, kernel, padding }: Geometry): Tensor {
  const [outputs, inputs] = [dy.shape[0], x.shape[0]];
  const [taps, across] = kernel;
  const [height, width] = [planes[0], dy.shape[3]!];
  const rows = padPlanes(dy, [taps - 1 - padding[0], taps - 1 - padding[0]], [0, 0]);
  const byRow = range(taps).map((i) => cutPlanes(rows, [taps - 1 - i, 0], [height, width]));
  const columns = padPlanes(x, [0, 0], [padding[1], padding[1]]);
  const byColumn = range(across).map((j) => cutPlanes(columns, [0, j], [height, width]));
  const product = tf.matMul(
    matrix(tf.concat(byRow, 0), taps * outputs),
    matrix(tf.concat(byColumn, 0), across * inputs),
    false,
    true,
  );
  return tf.transpose(tf.reshape(product, [taps, outputs, across, inputs]), [1, 3, 0, 2]);
}

/** The same where taps are `strides` apart: dy by every tap of x, which are few then. */
function stridedKernelGradient(dy: Tensor, x: Tensor, { planes, kernel, strides, padding }: Geometry): Tensor {
  const [channels, batch] = x.shape as [number, number];
  const [down, across] = strides;
  const size = sizeOf(dy);
  // As many whole strides as the last tap needs.
  const steps = size.map((length, axis) => length + Math.floor((kernel[axis] - 1) / strides[axis]));
  const after = planes.map((length, axis) => steps[axis] * strides[axis] - length - padding[axis]);
  const padded = padPlanes(x, [padding[0], Math.max(0, after[0])], [padding[1], Math.max(0, after[1])]);
  const whole = cutPlanes(padded, [0, 0], [steps[0] * down, steps[1] * across]);
  const grid = tf.reshape(whole, [channels * batch, steps[0], down, steps[1], across]);
  const phases = tf.split(
    tf.reshape(tf.transpose(grid, [2, 4, 0, 1, 3]), [down * across * channels, batch, ...steps]),
    down * across,
    0,
  );
  const taps = range(kernel[0]).flatMap((i) =>
    range(kernel[1]).map((j) => {
      const phase = phases[(i % down) * across + (j % across)];
      return cutPlanes(phase, [Math.floor(i / down), Math.floor(j / across)], size);
    }),
  );
  const product = tf.matMul(matrix(dy, dy.shape[0]), matrix(tf.concat(taps, 0), taps.length * channels), false, true);
  return tf.transpose(tf.reshape(product, [dy.shape[0], ...kernel, channels]), [0, 3, 1, 2]);
}

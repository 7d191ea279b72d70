/**
 * @file Batch normalisation (Ioffe & Szegedy 2015) over channels-first and channels-last matrices.
 *
 * PyTorch's conventions: epsilon 1e-5; normalisation with the biased variance; running statistics take 0.1 of the
 * batch's mean and *unbiased* variance. In training the layer hands its batch statistics to a collector, which turns
 * them into new running statistics after the step; in evaluation the running statistics are one affine map.
 */
import type { TensorMap } from '../engine/program/program.js';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';

const EPSILON = 1e-5;
const MOMENTUM = 0.1;
/** Up to this many samples the variance is computed about the mean: E[x²] − mean² loses digits over few samples. */
const TWO_PASS_LIMIT = 1024;

/** Which axis of the matrix is the channel: 'first' for [C, N], 'last' for [N, C]. */
export type ChannelAxis = 'first' | 'last';
const sampleAxis = (channels: ChannelAxis) => (channels === 'first' ? 1 : 0);

/** Gathers the batches that passed through the batch normalisations of one training step. */
export interface BatchStatistics {
  record(name: string, x: Tensor, channels: ChannelAxis): void;
  /** Layers that are not trained: they normalise by their running statistics, as in evaluation. Absent: none. */
  readonly frozen?: ReadonlySet<string>;
}

/** Mean and variance (divisor N) over an axis, which is kept with size 1. */
export function batchMoments(x: Tensor, axis: number): { mean: Tensor; variance: Tensor } {
  const count = x.shape[axis];
  const mean = tf.mean(x, axis, true);
  const variance =
    count <= TWO_PASS_LIMIT || axis === 0
      ? tf.mean(tf.square(tf.sub(x, mean)), axis, true)
      : tf.sub(tf.mean(tf.square(x), axis, true), tf.square(mean));
  return { mean, variance };
}

/** Normalises a batch by its own statistics: x [C, N] or [N, C]; gain and shift broadcast against it. */
function normalizeBatch(x: Tensor, gain: Tensor, shift: Tensor, axis: number): Tensor {
  const count = x.shape[axis];
  const normalize = tf.customGrad((...args) => {
    const [x, gain, shift] = args as Tensor[];
    const save = args[3] as unknown as tf.GradSaveFunc;
    const { mean, variance } = batchMoments(x, axis);
    const inverse = tf.rsqrt(tf.add(variance, EPSILON));
    const slope = tf.mul(inverse, gain);
    save([x, mean, inverse, gain]);
    return {
      value: tf.add(tf.mul(x, slope), tf.sub(shift, tf.mul(mean, slope))),
      // dx = slope·(dy − mean(dy) − x̂·mean(dy·x̂)), written as one affine map of dy and one of x
      gradFunc: (dy: Tensor, [x, mean, inverse, gain]: Tensor[]) => {
        const meanDy = tf.mean(dy, axis, true);
        const meanDyX = tf.mul(tf.sum(tf.mul(dy, x), axis, true), 1 / count);
        const meanDyXhat = tf.mul(tf.sub(meanDyX, tf.mul(mean, meanDy)), inverse);
        const slope = tf.mul(gain, inverse);
        const xSlope = tf.mul(tf.mul(slope, inverse), meanDyXhat);
        const offset = tf.sub(tf.mul(xSlope, mean), tf.mul(slope, meanDy));
        const dx = tf.sub(tf.add(tf.mul(dy, slope), offset), tf.mul(x, xSlope));
        return [dx, tf.mul(meanDyXhat, count), tf.mul(meanDy, count)];
      },
    };
  }) as (x: Tensor, gain: Tensor, shift: Tensor) => Tensor;
  return normalize(x, gain, shift);
}

export interface BatchNormOptions {
  /** The layer's prefix in the state dict: `<name>.running_mean`, `.running_var`, and `.weight`, `.bias` if it has any. */
  readonly name: string;
  readonly channels: ChannelAxis;
  /** Present in training. */
  readonly statistics?: BatchStatistics;
}

/** Batch normalisation of a matrix, by batch statistics in training and by running ones otherwise. */
export function batchNorm(x: Tensor, tensors: TensorMap, { name, channels, statistics }: BatchNormOptions): Tensor {
  const perChannel = (tensor: Tensor) => tf.reshape(tensor, channels === 'first' ? [-1, 1] : [1, -1]);
  const size = x.shape[1 - sampleAxis(channels)]!;
  const { [`${name}.weight`]: weight = tf.ones([size]), [`${name}.bias`]: bias = tf.zeros([size]) } = tensors;
  const [gain, shift] = [perChannel(weight), perChannel(bias)];
  if (statistics && !statistics.frozen?.has(name)) {
    const count: number = x.shape[sampleAxis(channels)]!;
    if (count < 2)
      throw new RangeError(`batch normalisation ${name} needs at least 2 samples to train on, got ${count}`);
    statistics.record(name, x, channels);
    return normalizeBatch(x, gain, shift, sampleAxis(channels));
  }
  const slope = tf.mul(gain, tf.rsqrt(tf.add(perChannel(tensors[`${name}.running_var`]), EPSILON)));
  return tf.add(tf.mul(x, slope), tf.sub(shift, tf.mul(perChannel(tensors[`${name}.running_mean`]), slope)));
}

/** The same over the channels of [C, B], [C, B, T] or [C, B, H, W], or of these with the channels last. */
export function batchNormFrames(
  x: Tensor,
  tensors: TensorMap,
  { channels = 'first', ...options }: Omit<BatchNormOptions, 'channels'> & Partial<Pick<BatchNormOptions, 'channels'>>,
): Tensor {
  const shape = channels === 'first' ? [x.shape[0], -1] : [-1, x.shape.at(-1)!];
  const matrix = x.shape.length === 2 ? x : tf.reshape(x, shape);
  return tf.reshape(batchNorm(matrix, tensors, { ...options, channels }), x.shape);
}

/** The running statistics after one more batch: names → new values, shapes [C]. */
export function updatedStatistics(
  batches: readonly { name: string; x: Tensor; channels: ChannelAxis }[],
  tensors: TensorMap,
): TensorMap {
  const updated: TensorMap = {};
  for (const { name, x, channels } of batches) {
    const axis: number = sampleAxis(channels);
    const count: number = x.shape[axis];
    const { mean, variance } = batchMoments(x, axis);
    const blend = (key: string, batch: Tensor, weight: number) => {
      const running = tensors[`${name}.${key}`];
      const share = tf.mul(tf.reshape(batch, running.shape), MOMENTUM * weight);
      updated[`${name}.${key}`] = tf.add(tf.mul(running, 1 - MOMENTUM), share);
    };
    blend('running_mean', mean, 1);
    blend('running_var', variance, count / (count - 1));
  }
  return updated;
}

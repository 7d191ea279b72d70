/** Batch normalisation: training and evaluation, both layouts, few and many samples, running statistics. */
import assert from 'node:assert/strict';
import { float32 } from '../../src/engine/program/host-tensor.js';
import * as tf from '../../src/engine/tfjs.js';
import type { Tensor } from '../../src/engine/tfjs.js';
import { withBackend } from '../../src/engine/program/with-backend.js';
import { batchNorm, updatedStatistics } from '../../src/nn/batch-norm.js';
import type { ChannelAxis } from '../../src/nn/batch-norm.js';
import { normal, positive } from '../engine/random-tensors.js';
import { checkGradients } from './gradient-check.js';

const noStatistics = { record: () => undefined };
const perChannel = (channels: ChannelAxis, tensor: Tensor) =>
  tf.reshape(tensor, channels === 'first' ? [-1, 1] : [1, -1]);

const layouts = [
  // up to 1024 samples of a row are normalised in two passes, more in one
  { channels: 'first', shape: [3, 12], size: 3 },
  { channels: 'first', shape: [2, 1100], size: 2 },
  { channels: 'first', shape: [4, 3], size: 4 },
  { channels: 'last', shape: [12, 3], size: 3 },
  { channels: 'last', shape: [1100, 2], size: 2 },
  { channels: 'last', shape: [100, 12], size: 12 },
] as const;

describe('batchNorm', () => {
  for (const { channels, shape, size } of layouts) {
    it(`normalises [${shape}], channels ${channels}, by the batch, with its gradients`, async () => {
      await checkGradients({
        layer: ({ x, weight, bias }) =>
          batchNorm(x, { 'n.weight': weight, 'n.bias': bias }, { name: 'n', channels, statistics: noStatistics }),
        plain: ({ x, weight, bias }) => {
          const { mean, variance } = tf.moments(x, channels === 'first' ? 1 : 0, true);
          const normalized = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5)));
          return tf.add(tf.mul(normalized, perChannel(channels, weight)), perChannel(channels, bias));
        },
        inputs: { x: normal(...shape), weight: positive(size), bias: normal(size) },
        differenceTolerance: 3e-4, // thousands of outputs, each rounded
      });
    });

    it(`normalises [${shape}], channels ${channels}, by running statistics in evaluation`, async () => {
      await checkGradients({
        layer: ({ x, weight, bias, mean, variance }) =>
          batchNorm(
            x,
            { 'n.weight': weight, 'n.bias': bias, 'n.running_mean': mean, 'n.running_var': variance },
            { name: 'n', channels },
          ),
        plain: ({ x, weight, bias, mean, variance }) => {
          const [m, v, w, b] = [mean, variance, weight, bias].map((tensor) => perChannel(channels, tensor));
          return tf.add(tf.mul(tf.div(tf.sub(x, m), tf.sqrt(tf.add(v, 1e-5))), w), b);
        },
        inputs: {
          x: normal(...shape),
          weight: positive(size),
          bias: normal(size),
          mean: normal(size),
          variance: positive(size),
        },
      });
    });

    it(`moves running statistics by a tenth, for [${shape}], channels ${channels}`, () => {
      const x = normal(...shape)('x');
      const running = { mean: normal(size)('mean').data, variance: positive(size)('variance').data };
      const updated = withBackend('cpu', () => {
        const tensors = { 'n.running_mean': tf.tensor(running.mean), 'n.running_var': tf.tensor(running.variance) };
        const values = updatedStatistics([{ name: 'n', x: tf.tensor(x.data, [...shape]), channels }], tensors);
        return { mean: values['n.running_mean'].dataSync(), variance: values['n.running_var'].dataSync() };
      });
      const count = x.data.length / size;
      for (let c = 0; c < size; c++) {
        const at = (i: number) => x.data[channels === 'first' ? c * count + i : i * size + c];
        const samples = Array.from({ length: count }, (_, i) => at(i));
        const mean = samples.reduce((sum, value) => sum + value, 0) / count;
        const unbiased = samples.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
        assert.ok(Math.abs(updated.mean[c] - (0.9 * running.mean[c] + 0.1 * mean)) <= 1e-6);
        assert.ok(Math.abs(updated.variance[c] - (0.9 * running.variance[c] + 0.1 * unbiased)) <= 1e-6);
      }
    });
  }

  it('loses few digits where a channel’s mean is three times its deviation, in one pass too', async () => {
    await checkGradients({
      layer: ({ x, weight, bias }) =>
        batchNorm(
          tf.add(x, 3),
          { 'n.weight': weight, 'n.bias': bias },
          { name: 'n', channels: 'first', statistics: noStatistics },
        ),
      plain: ({ x, weight, bias }) => {
        const { mean, variance } = tf.moments(x, 1, true);
        const normalized = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5)));
        return tf.add(tf.mul(normalized, perChannel('first', weight)), perChannel('first', bias));
      },
      inputs: { x: normal(2, 1100), weight: positive(2), bias: normal(2) },
      tolerance: 2e-5, // E[x²] − mean² is 10 − 9, each with 1e-6 of rounding
      differenceTolerance: 1e-3,
    });
  });

  it('has no batch statistics of one sample', () => {
    for (const channels of ['first', 'last'] as const) {
      const { data } = float32([3], Float32Array.of(1, 2, 3));
      const run = () =>
        withBackend('cpu', () =>
          batchNorm(
            tf.tensor(data, channels === 'first' ? [3, 1] : [1, 3]),
            { 'n.weight': tf.ones([3]), 'n.bias': tf.zeros([3]) },
            { name: 'n', channels, statistics: noStatistics },
          ),
        );
      assert.throws(run, /batch normalisation n needs at least 2 samples/);
    }
  });
});

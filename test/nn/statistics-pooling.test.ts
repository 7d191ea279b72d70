/** Statistics over time: plain, attentive, masked. */
import assert from 'node:assert/strict';
import * as tf from '../../src/engine/tfjs.js';
import type { Tensor } from '../../src/engine/tfjs.js';
import { withBackend } from '../../src/engine/program/with-backend.js';
import { attentiveStatistics, frameWeights, sampleStatistics, statistics } from '../../src/nn/statistics-pooling.js';
import type { PooledStatistics } from '../../src/nn/statistics-pooling.js';
import { normal } from '../engine/random-tensors.js';
import { checkGradients } from './gradient-check.js';

const joined = ({ mean, deviation }: PooledStatistics) => tf.concat([mean, deviation], 0);

/** Weighted by p [C, B, T] that sums to one over time. */
function plainStatistics(x: Tensor, p: Tensor): Tensor {
  const mean = tf.sum(tf.mul(p, x), 2, true);
  const variance = tf.sum(tf.mul(p, tf.square(tf.sub(x, mean))), 2);
  return tf.concat([tf.squeeze(mean, [2]), tf.sqrt(variance)], 0);
}

describe('statistics', () => {
  it('are mean and biased deviation over time, with their gradients', async () => {
    await checkGradients({
      layer: ({ x }) => joined(statistics(x)),
      plain: ({ x }) => plainStatistics(x, tf.fill(x.shape, 1 / x.shape[2]!)),
      inputs: { x: normal(3, 2, 9) },
    });
  });

  it('of a constant have the floor’s deviation and no gradient that is not finite', () => {
    const [values, gradient] = withBackend('cpu', () => {
      const x = tf.ones([2, 1, 5]);
      return [joined(statistics(x)), tf.grad((y: Tensor) => joined(statistics(y)))(x)].map((t) => t.dataSync());
    });
    assert.deepEqual(
      [...values].map((v) => Math.abs(v - 1) < 1e-6 || Math.abs(v - 1e-6) < 1e-9),
      [true, true, true, true],
    );
    assert.ok(gradient.every(Number.isFinite));
  });
});

describe('sampleStatistics', () => {
  it('have the divisor T − 1 and 1e-7 under the root, with their gradients', async () => {
    await checkGradients({
      layer: ({ x }) => joined(sampleStatistics(x)),
      plain: ({ x }) => {
        const { mean, variance } = tf.moments(x, 2);
        const frames = x.shape[2]!;
        return tf.concat([mean, tf.sqrt(tf.add(tf.mul(variance, frames / (frames - 1)), 1e-7))], 0);
      },
      inputs: { x: normal(3, 2, 9) },
    });
  });

  it('of a constant have the gradient 0', () => {
    const gradient = withBackend('cpu', () =>
      tf
        .grad((x: Tensor) => joined(sampleStatistics(x)))(tf.fill([2, 1, 5], 3))
        .dataSync(),
    );
    // The mean's: 1/5 for each frame.
    assert.ok(gradient.every((value) => Math.abs(value - 0.2) < 1e-6));
  });
});

describe('attentiveStatistics', () => {
  it('weight frames by the softmax over time, with their gradients', async () => {
    await checkGradients({
      layer: ({ x, logits }) => joined(attentiveStatistics(x, logits)),
      plain: ({ x, logits }) => plainStatistics(x, tf.softmax(logits)),
      inputs: { x: normal(3, 2, 9), logits: normal(3, 2, 9) },
    });
  });
});

describe('frame weights', () => {
  const frames = 10;
  const counts = [10, 6, 1];
  const [channels, batch] = [4, counts.length];
  /** Statistics of the padded batch, and of each utterance cut to its length. */
  function compare(pool: (x: Tensor, logits: Tensor, weights?: Tensor) => Tensor) {
    return withBackend('cpu', () => {
      const x = tf.tensor(normal(channels, batch, frames)('x').data, [channels, batch, frames]);
      const logits = tf.tensor(normal(channels, batch, frames)('logits').data, [channels, batch, frames]);
      const lengths = tf.tensor1d(counts.map((count) => count / frames));
      const masked = pool(x, logits, frameWeights(lengths, frames)).arraySync() as number[][];
      const cut = counts.map((count, b) => {
        const part = (tensor: Tensor) => tf.slice(tensor, [0, b, 0], [channels, 1, count]);
        return pool(part(x), part(logits)).arraySync() as number[][];
      });
      return { masked, cut };
    });
  }
  for (const [name, pool] of Object.entries({
    statistics: (x: Tensor, _: Tensor, weights?: Tensor) => joined(statistics(x, weights)),
    attentiveStatistics: (x: Tensor, logits: Tensor, weights?: Tensor) =>
      joined(attentiveStatistics(x, logits, { weights })),
  })) {
    it(`leave out the padding in ${name}`, () => {
      const { masked, cut } = compare(pool);
      cut.forEach((rows, b) =>
        rows.forEach(([value], row) => {
          assert.ok(
            Math.abs(masked[row][b] - value) <= 2e-6,
            `utterance ${b}, row ${row}: ${masked[row][b]}, ${value}`,
          );
        }),
      );
    });
  }

  it('count a frame if it lies below float32(length)·frames', () => {
    const weights = withBackend('cpu', () => frameWeights(tf.tensor1d([0.6]), 300).dataSync());
    assert.equal(weights.filter((weight) => weight > 0).length, 180);
  });
});

/** Statistics by latents against the formula written plainly: values and gradients, on the engines. */
import assert from 'node:assert/strict';
import type { TensorMap } from '../../../src/engine/program/program.js';
import * as tf from '../../../src/engine/tfjs.js';
import type { Tensor } from '../../../src/engine/tfjs.js';
import { createParameterList } from '../../../src/models/contract/parameter-list.js';
import { crossStatistics, crossStatisticsOptions } from '../../../src/models/pooling/cross-statistics.js';
import { normal } from '../../engine/random-tensors.js';
import { checkGradients } from '../../nn/gradient-check.js';

const [channels, batch, frames, embed] = [6, 2, 5, 4];

/** Utterance by utterance, latent by latent, head by head: [2·L·C, B], means first. */
function plainPooling({ x, ...tensors }: TensorMap, { latents, heads }: { latents: number; heads: number }): Tensor {
  const utterances = Array.from({ length: batch }, (_, b) => {
    const own = tf.reshape(tf.slice(x, [0, b, 0], [channels, 1, frames]), [channels, frames]) as tf.Tensor2D;
    const mapped = tf.add(
      tf.matMul(tf.transpose(own) as tf.Tensor2D, tensors['p.key.weight'] as tf.Tensor2D, false, true),
      tensors['p.key.bias'],
    );
    const centred = tf.sub(mapped, tf.mean(mapped, 1, true));
    const keys = tf.div(centred, tf.sqrt(tf.add(tf.mean(tf.square(centred), 1, true), 1e-5))); // [T, E]
    const parts = Array.from({ length: latents }, (_, l) =>
      Array.from({ length: heads }, (_, h) => {
        const [d, c] = [embed / heads, channels / heads];
        const query = tf.slice(tensors['p.latent'], [l, h * d], [1, d]) as tf.Tensor2D;
        const scores = tf.matMul(query, tf.slice(keys, [0, h * d], [frames, d]) as tf.Tensor2D, false, true);
        const weights = tf.softmax(tf.div(scores, Math.sqrt(d))); // [1, T]
        const heard = tf.slice(own, [h * c, 0], [c, frames]);
        const mean = tf.sum(tf.mul(heard, weights), 1, true);
        const variance = tf.sum(tf.mul(tf.square(tf.sub(heard, mean)), weights), 1, true);
        return { mean, deviation: tf.sqrt(tf.add(variance, 1e-3)) };
      }),
    ).flat();
    return tf.concat([...parts.map(({ mean }) => mean), ...parts.map(({ deviation }) => deviation)], 0); // [2LC, 1]
  });
  return tf.concat(utterances, 1);
}

describe('statistics by latents', () => {
  for (const [latents, heads] of [
    [1, 1],
    [3, 1],
    [3, 2],
  ]) {
    it(`are those of the formula, ${latents} latents, ${heads} heads, with its gradients`, async () => {
      const options = crossStatisticsOptions.parse({ type: 'cross-statistics', latents, heads, embed });
      const pooling = crossStatistics.create(options, { name: 'p', channels });
      const list = createParameterList();
      pooling.list(list);
      await checkGradients({
        layer: ({ x, ...tensors }) => pooling.pool(x, tensors, {}),
        plain: (inputs) => plainPooling(inputs, { latents, heads }),
        inputs: {
          x: normal(channels, batch, frames),
          ...Object.fromEntries(list.parameters.map(({ name, shape }) => [name, normal(...shape)])),
        },
        tolerance: 5e-5, // a difference of squares, and the root of it
        differenceTolerance: 2e-3, // a layer normalisation over four values bends sharply
      });
      assert.equal(pooling.outputSize, 2 * latents * channels);
    });
  }

  it('show what each latent attends to, and need heads that divide the channels', () => {
    const options = crossStatisticsOptions.parse({ type: 'cross-statistics', latents: 3, heads: 2, embed });
    const { attention } = crossStatistics.create(options, { name: 'p', channels });
    assert.throws(
      () => crossStatistics.create(options, { name: 'p', channels: 5 }),
      /5 channels of a frame cannot be split into 2 heads/,
    );
    assert.deepEqual(attention, { name: 'p', title: 'statistics by latents', rows: 'latents' });
  });
});

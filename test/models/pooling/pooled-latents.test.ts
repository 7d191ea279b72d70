/** Pooling in place of cross attention against its formula written plainly: values and gradients, on both engines. */
import type { TensorMap } from '../../../src/engine/program/program.js';
import * as tf from '../../../src/engine/tfjs.js';
import type { Tensor } from '../../../src/engine/tfjs.js';
import { createLatentPooling } from '../../../src/models/pooling/registry.js';
import { normal, positive } from '../../engine/random-tensors.js';
import { checkGradients } from '../../nn/gradient-check.js';

const [batch, embed, frames, latents] = [2, 4, 6, 3];

const dense = (x: Tensor, weight: Tensor, bias: Tensor) =>
  tf.add(tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D, false, true), bias);

/** Utterance by utterance, on the rows as the normalisation's affine map leaves them. */
function plainPooling(inputs: TensorMap, pooling: 'statistics' | 'attentive'): Tensor {
  const { rows, gain, shift } = inputs;
  const utterances = Array.from({ length: batch }, (_, b) => {
    const x = tf.add(tf.mul(tf.slice(rows, [b * frames, 0], [frames, embed]), gain), shift);
    const heard = () => tf.tanh(dense(x, inputs.attention, inputs.attentionBias));
    const weights =
      pooling === 'attentive'
        ? tf.transpose(tf.softmax(tf.transpose(dense(heard(), inputs.score, inputs.scoreBias))))
        : tf.fill([frames, 1], 1 / frames);
    const mean = tf.sum(tf.mul(weights, x), 0, true);
    const deviation = tf.sqrt(tf.sum(tf.mul(weights, tf.square(tf.sub(x, mean))), 0, true));
    const output = dense(dense(tf.concat([mean, deviation], 1), inputs.read, inputs.readBias), inputs.output, inputs.outputBias); // prettier-ignore
    return tf.tile(output, [latents, 1]);
  });
  return tf.concat(utterances, 0); // [B·L, E]
}

const common = {
  rows: normal(batch * frames, embed),
  gain: positive(embed),
  shift: normal(embed),
  read: normal(embed, 2 * embed),
  readBias: normal(embed),
  output: normal(embed, embed),
  outputBias: normal(embed),
};
const attention = {
  attention: normal(embed, embed),
  attentionBias: normal(embed),
  score: normal(1, embed),
  scoreBias: normal(1),
};

describe('pooling in a layer of latents', () => {
  for (const pooling of ['statistics', 'attentive'] as const) {
    for (const channels of ['first', 'last'] as const) {
      it(`gives every latent the ${pooling} pooling of the frames, channels ${channels}, with its gradients`, async () => {
        const layout = (x: Tensor) => (channels === 'first' ? tf.transpose(x) : x);
        const layer = (inputs: TensorMap) => {
          const tensors = Object.fromEntries(
            Object.entries({ attention: 'attention', score: 'score', value: 'read', output: 'output' }).flatMap(
              ([map, input]) => [
                [`p.pool.${map}.weight`, inputs[input]],
                [`p.pool.${map}.bias`, inputs[`${input}Bias`]],
              ],
            ),
          ) as TensorMap;
          const affine = { gain: inputs.gain, shift: inputs.shift };
          const layer = createLatentPooling(pooling, { name: 'p', embed, latents });
          // What the latents are does not matter here.
          const nothing = tf.zeros(channels === 'first' ? [embed, batch * latents] : [batch * latents, embed]);
          return layout(layer.hear(nothing, layout(inputs.rows), tensors, { batch, channels, affine }));
        };
        // A bias of the scores adds the same to all frames: it has no gradient that could be compared.
        const { scoreBias, ...compared } = attention;
        const fixed = scoreBias('scoreBias');
        const complete = (inputs: TensorMap): TensorMap => ({
          ...inputs,
          scoreBias: tf.tensor(fixed.data as Float32Array, [1]),
        });
        await checkGradients({
          layer: (inputs) => layer(complete(inputs)),
          plain: (inputs) => plainPooling(complete(inputs), pooling),
          inputs: pooling === 'attentive' ? { ...common, ...compared } : common,
          tolerance: 2e-5, // products of three or four matrices in another order
        });
      });
    }
  }
});

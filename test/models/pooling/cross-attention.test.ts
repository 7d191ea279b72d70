/** Cross attention as a trunk's pooling, against its formula written plainly: values and gradients, on both engines. */
import assert from 'node:assert/strict';
import type { TensorMap } from '../../../src/engine/program/program.js';
import * as tf from '../../../src/engine/tfjs.js';
import type { Tensor } from '../../../src/engine/tfjs.js';
import { createParameterList } from '../../../src/models/contract/parameter-list.js';
import { crossAttention, crossAttentionOptions } from '../../../src/models/pooling/cross-attention.js';
import { normal, type RandomTensor } from '../../engine/random-tensors.js';
import { checkGradients } from '../../nn/gradient-check.js';

const [channels, batch, frames, latents, embed] = [5, 2, 6, 3, 4];
const options = crossAttentionOptions.parse({ type: 'cross-attention', latents, embed, mlp: 7 });
const pooling = crossAttention.create(options, { name: 'p', channels });
const list = createParameterList();
pooling.list(list);

const dense = (x: Tensor, weight: Tensor, bias: Tensor) =>
  tf.add(tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D, false, true), bias);

function layerNorm(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  const centred = tf.sub(x, tf.mean(x, 1, true));
  const deviation = tf.sqrt(tf.add(tf.mean(tf.square(centred), 1, true), 1e-5));
  return tf.add(tf.mul(tf.div(centred, deviation), weight), bias);
}

/** Utterance by utterance, rows by rows, as a textbook has it: [L·E, B]. */
function plainPooling({ x, ...tensors }: TensorMap): Tensor {
  const pair = (name: string) => [tensors[`p.${name}.weight`], tensors[`p.${name}.bias`]] as const;
  const [queryWeight, keyWeight, valueWeight] = tf.split(tensors['p.attn.in_proj_weight'], 3, 0);
  const [queryBias, keyBias, valueBias] = tf.split(tensors['p.attn.in_proj_bias'], 3, 0);
  const latent = tensors['p.latent'];
  const utterances = Array.from({ length: batch }, (_, b) => {
    const own = tf.transpose(tf.reshape(tf.slice(x, [0, b, 0], [channels, 1, frames]), [channels, frames]));
    const projected = dense(own, ...pair('project'));
    const rows = layerNorm(projected, ...pair('lnorm1')); // [T, E]
    const scores = tf.matMul(
      dense(latent, queryWeight, queryBias) as tf.Tensor2D,
      dense(rows, keyWeight, keyBias) as tf.Tensor2D,
      false,
      true,
    );
    const weights = tf.softmax(tf.div(scores, Math.sqrt(embed))) as tf.Tensor2D;
    const seen = tf.matMul(weights, dense(rows, valueWeight, valueBias) as tf.Tensor2D);
    const heard = tf.add(dense(seen, ...pair('attn.out_proj')), latent);
    const inner = dense(layerNorm(heard, ...pair('lnorm2')), ...pair('linear1'));
    const gelu = tf.mul(tf.mul(inner, 0.5), tf.add(tf.erf(tf.div(inner, Math.SQRT2)), 1));
    return tf.reshape(tf.add(dense(gelu, ...pair('linear2')), heard), [1, latents * embed]);
  });
  return tf.transpose(tf.concat(utterances, 0));
}

describe('cross attention as a pooling', () => {
  for (const mode of ['training', 'evaluation']) {
    it(`is the latents of the textbook's formula in ${mode}, with its gradients`, async () => {
      const training = mode === 'training' ? { statistics: { record: () => undefined } } : undefined;
      const half =
        (shape: readonly number[]): RandomTensor =>
        (key) => {
          const { data, ...rest } = normal(...shape)(key);
          return { ...rest, data: (data as Float32Array<ArrayBuffer>).map((value) => 0.5 * value) };
        };
      await checkGradients({
        layer: ({ x, ...tensors }) => pooling.pool(x, tensors, { training }),
        plain: plainPooling,
        inputs: {
          x: normal(channels, batch, frames),
          ...Object.fromEntries(list.parameters.map(({ name, shape }) => [name, half(shape)])),
        },
        tolerance: 2e-5, // products of five matrices in another order
        differenceTolerance: 2e-3, // two layer normalisations over four values bend sharply
      });
    });
  }

  it('has no answer for padded utterances', () => {
    // Refused before anything is computed, so that shapes will do.
    const shaped = (...shape: number[]) => ({ shape }) as unknown as tf.Tensor;
    assert.throws(() => pooling.pool(shaped(channels, 1, 1), {}, { weights: shaped(1, 1, 1) }), /padded/);
  });
});

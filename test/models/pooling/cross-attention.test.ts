/** Cross attention as a trunk's pooling, against its formula written plainly: values and gradients, on both engines. */
import assert from 'node:assert/strict';
import type { TensorMap } from '../../../src/engine/program/program.js';
import * as tf from '../../../src/engine/tfjs.js';
import type { Tensor } from '../../../src/engine/tfjs.js';
import { createParameterList } from '../../../src/models/contract/parameter-list.js';
import {
  createLatentAttention,
  crossAttention,
  crossAttentionOptions,
} from '../../../src/models/pooling/cross-attention.js';
import { normal, type RandomTensor } from '../../engine/random-tensors.js';
import { checkGradients } from '../../nn/gradient-check.js';

const [channels, batch, frames, latents, embed] = [5, 2, 6, 3, 4];

interface Variant {
  readonly heads?: number;
}

function poolingOf(variant: Variant) {
  const options = crossAttentionOptions.parse({ type: 'cross-attention', latents, embed, mlp: 7, ...variant });
  const pooling = crossAttention.create(options, { name: 'p', channels });
  const list = createParameterList();
  pooling.list(list);
  return { pooling, list };
}

const dense = (x: Tensor, weight: Tensor, bias: Tensor) =>
  tf.add(tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D, false, true), bias);

function layerNorm(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  const centred = tf.sub(x, tf.mean(x, 1, true));
  const deviation = tf.sqrt(tf.add(tf.mean(tf.square(centred), 1, true), 1e-5));
  return tf.add(tf.mul(tf.div(centred, deviation), weight), bias);
}

/** Attention and MLP of latents [L, E] over rows [N, E], as a textbook has them. */
function plainLayer(latent: Tensor, seen: Tensor, tensors: TensorMap, { name, heads = 1 }: Variant & { name: string }) {
  const pair = (part: string) => [tensors[`${name}.${part}.weight`], tensors[`${name}.${part}.bias`]] as const;
  const [queryWeight, keyWeight, valueWeight] = tf.split(tensors[`${name}.attn.in_proj_weight`], 3, 0);
  const [queryBias, keyBias, valueBias] = tf.split(tensors[`${name}.attn.in_proj_bias`], 3, 0);
  const rows = layerNorm(seen, ...pair('lnorm1'));
  const width = embed / heads;
  const [q, k, v] = [
    dense(latent, queryWeight, queryBias),
    dense(rows, keyWeight, keyBias),
    dense(rows, valueWeight, valueBias),
  ];
  const perHead = Array.from({ length: heads }, (_, h) => {
    const part = (x: Tensor) => tf.slice(x, [0, h * width], [x.shape[0], width]) as tf.Tensor2D;
    const weights = tf.softmax(tf.div(tf.matMul(part(q), part(k), false, true), Math.sqrt(width))) as tf.Tensor2D;
    return tf.matMul(weights, part(v));
  });
  const heard = tf.add(dense(tf.concat(perHead, 1), ...pair('attn.out_proj')), latent);
  const inner = dense(layerNorm(heard, ...pair('lnorm2')), ...pair('linear1'));
  const gelu = tf.mul(tf.mul(inner, 0.5), tf.add(tf.erf(tf.div(inner, Math.SQRT2)), 1));
  return tf.add(dense(gelu, ...pair('linear2')), heard);
}

/** Utterance by utterance: [L·E, B]. */
function plainPooling({ x, ...tensors }: TensorMap, variant: Variant): Tensor {
  const utterances = Array.from({ length: batch }, (_, b) => {
    const own = tf.transpose(tf.reshape(tf.slice(x, [0, b, 0], [channels, 1, frames]), [channels, frames]));
    const projected = dense(own, tensors['p.project.weight'], tensors['p.project.bias']);
    const latent = plainLayer(tensors['p.latent'], projected, tensors, { name: 'p', ...variant });
    return tf.reshape(latent, [1, latents * embed]);
  });
  return tf.transpose(tf.concat(utterances, 0));
}

describe('cross attention as a pooling', () => {
  for (const [name, variant] of [
    ['with one head', {}],
    ['with two heads', { heads: 2 }],
  ] as const) {
    const { pooling, list } = poolingOf(variant);
    for (const mode of ['training', 'evaluation']) {
      it(`${name} is the latents of the textbook's formula in ${mode}, with its gradients`, async () => {
        const training = mode === 'training' ? { statistics: { record: () => undefined } } : undefined;
        const half =
          (shape: readonly number[]): RandomTensor =>
          (key) => {
            const { data, ...rest } = normal(...shape)(key);
            return { ...rest, data: (data as Float32Array<ArrayBuffer>).map((value) => 0.5 * value) };
          };
        await checkGradients({
          layer: ({ x, ...tensors }) => pooling.pool(x, tensors, { training }),
          plain: (inputs) => plainPooling(inputs, variant),
          inputs: {
            x: normal(channels, batch, frames),
            ...Object.fromEntries(list.parameters.map(({ name, shape }) => [name, half(shape)])),
          },
          tolerance: 2e-5, // products of five matrices in another order
          differenceTolerance: 2e-3, // two layer normalisations over four values bend sharply
        });
      });
    }
  }

  it('in a layer of latents normalises queries where that is asked for, and hears deviations', async () => {
    const scale = 1.5;
    const place = { name: 'p', embed, latents, queryScale: scale, deviation: true };
    const list = createParameterList();
    createLatentAttention(place).list(list);
    const affine = ({ gain, shift }: TensorMap) => ({ gain, shift });
    await checkGradients({
      layer: ({ latent, rows, ...tensors }) =>
        createLatentAttention(place).hear(latent, rows, tensors, { batch: 1, channels: 'last', affine: affine(tensors) }), // prettier-ignore
      plain: ({ latent, rows, gain, shift, ...tensors }) => {
        const [queryWeight, keyWeight, valueWeight] = tf.split(tensors['p.attn.in_proj_weight'], 3, 0);
        const [queryBias, keyBias, valueBias] = tf.split(tensors['p.attn.in_proj_bias'], 3, 0);
        const asked = tf.mul(layerNorm(latent, tf.ones([embed]), tf.zeros([embed])), scale);
        const seen = tf.add(tf.mul(rows, gain), shift);
        const q = dense(asked, queryWeight, queryBias);
        const [k, v] = [dense(seen, keyWeight, keyBias), dense(seen, valueWeight, valueBias)];
        const weights = tf.softmax(tf.div(tf.matMul(q, k, false, true), Math.sqrt(embed))) as tf.Tensor2D;
        const mean = tf.matMul(weights, v as tf.Tensor2D);
        const centred = tf.square(tf.sub(tf.expandDims(v, 0), tf.expandDims(mean, 1))); // [L, N, d]
        const spread = tf.sqrt(tf.add(tf.sum(tf.mul(tf.expandDims(weights, 2), centred), 1), 1e-3)) as tf.Tensor2D;
        const ofSpread = tf.matMul(spread, tensors['p.attn.deviation.weight'] as tf.Tensor2D, false, true);
        return tf.add(dense(mean, tensors['p.attn.out_proj.weight'], tensors['p.attn.out_proj.bias']), ofSpread);
      },
      inputs: {
        latent: normal(latents, embed),
        rows: normal(frames, embed),
        gain: normal(embed),
        shift: normal(embed),
        ...Object.fromEntries(list.parameters.map(({ name, shape }) => [name, normal(...shape)])),
      },
      tolerance: 2e-5,
      differenceTolerance: 2e-3,
    });
  });

  it('has no answer for padded utterances', () => {
    // Refused before anything is computed, so that shapes will do.
    const { pooling } = poolingOf({});
    const shaped = (...shape: number[]) => ({ shape }) as unknown as tf.Tensor;
    assert.throws(() => pooling.pool(shaped(channels, 1, 1), {}, { weights: shaped(1, 1, 1) }), /padded/);
  });
});

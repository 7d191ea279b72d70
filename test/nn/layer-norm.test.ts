/** Layer normalisation: value, gradient, and its affine part folded into the next linear map. */
import type { TensorMap } from '../../src/engine/program/program.js';
import * as tf from '../../src/engine/tfjs.js';
import type { Tensor } from '../../src/engine/tfjs.js';
import { foldAffine, layerNormalize } from '../../src/nn/layer-norm.js';
import { linear } from '../../src/nn/linear.js';
import { normal, positive } from '../engine/random-tensors.js';
import { checkGradients } from './gradient-check.js';

const plainNormalize = (x: Tensor): Tensor => {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5)));
};

describe('layerNormalize', () => {
  for (const shape of [
    [3, 6],
    [2, 3, 5],
    [1, 16],
  ]) {
    it(`normalises the last axis of [${shape}], with its gradient`, async () => {
      await checkGradients({
        layer: ({ x }) => layerNormalize(x, 'last'),
        plain: ({ x }) => plainNormalize(x),
        inputs: { x: normal(...shape) },
      });
    });
  }

  it('normalises columns when channels come first, with its gradient', async () => {
    await checkGradients({
      layer: ({ x }) => layerNormalize(x, 'first'),
      plain: ({ x }) => tf.transpose(plainNormalize(tf.transpose(x))),
      inputs: { x: normal(6, 5) },
    });
  });

  it('of rows far from zero loses no more than their rounding', async () => {
    await checkGradients({
      layer: ({ x }) => layerNormalize(tf.add(x, 20), 'last'),
      plain: ({ x }) => plainNormalize(tf.add(x, 20)),
      inputs: { x: normal(4, 8) },
      tolerance: 1e-4, // numbers around 20 are rounded to 1e-6, the sum of gradients cancels
      differenceTolerance: 3e-4,
    });
  });
});

describe('foldAffine', () => {
  const inputs = { x: normal(5, 4), gain: positive(4), shift: normal(4), weight: normal(3, 4), bias: normal(3) };
  const plain = ({ x, gain, shift, weight, bias }: TensorMap) => {
    const rows = tf.add(tf.mul(x, gain), shift) as tf.Tensor2D;
    return tf.add(tf.matMul(rows, weight as tf.Tensor2D, false, true), bias);
  };

  it('is the affine part followed by the linear map of rows', async () => {
    await checkGradients({
      layer: ({ x, gain, shift, weight, bias }) => {
        const folded = foldAffine(weight, bias, { gain, shift });
        return linear(x, folded.weight, folded.bias, 'last');
      },
      plain,
      inputs,
    });
  });

  it('is the affine part followed by the linear map of columns', async () => {
    await checkGradients({
      layer: ({ x, gain, shift, weight, bias }) => {
        const folded = foldAffine(weight, bias, { gain, shift });
        return tf.transpose(linear(tf.transpose(x), folded.weight, folded.bias, 'first'));
      },
      plain,
      inputs,
    });
  });
});

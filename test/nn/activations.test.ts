/** GELU and ReLU: values and gradients. */
import assert from 'node:assert/strict';
import * as tf from '../../src/engine/tfjs.js';
import { withBackend } from '../../src/engine/program/with-backend.js';
import { gelu, relu } from '../../src/nn/activations.js';
import { floats, normal } from '../engine/random-tensors.js';
import { checkGradients } from './gradient-check.js';

describe('gelu', () => {
  it('is x·Φ(x), with its gradient', async () => {
    await checkGradients({
      layer: ({ x }) => gelu(x),
      plain: ({ x }) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
      inputs: { x: normal(4, 4) },
    });
  });

  it('has the published values', () => {
    // x·Φ(x) from tables of the normal distribution: Φ(1) = 0.8413447, Φ(2) = 0.9772499, Φ(3) = 0.9986501
    const expected = [0, 0.8413447, 1.9544997, 2.9959503, -0.1586553, -0.0040497];
    const values = withBackend('cpu', () => gelu(tf.tensor1d([0, 1, 2, 3, -1, -3])).dataSync());
    expected.forEach((value, i) => assert.ok(Math.abs(values[i] - value) <= 1e-6, `${values[i]}, not ${value}`));
  });
});

describe('relu', () => {
  it('is max(x, 0), with its gradient', async () => {
    await checkGradients({
      layer: ({ x }) => relu(x),
      plain: ({ x }) => tf.relu(x),
      inputs: { x: floats(-3, -1, -0.5, -0.1, 0.1, 0.5, 1, 3) }, // no kink within the finite differences' 0.04
    });
  });

  it('has the gradient 0 at 0', () => {
    const gradient = withBackend('cpu', () =>
      tf
        .grad(relu)(tf.tensor1d([-1, 0, 1]))
        .dataSync(),
    );
    assert.deepEqual([...gradient], [0, 0, 1]);
  });
});

/** The x-vector network against its layers written plainly: values and gradients, on both engines. */
import assert from 'node:assert/strict';
import type { TensorMap } from '../../src/engine/program/program.js';
import * as tf from '../../src/engine/tfjs.js';
import type { Tensor } from '../../src/engine/tfjs.js';
import { parameterNames } from '../../src/models/contract/model.js';
import { createModel, parseModelOptions } from '../../src/models/registry.js';
import { floats, normal, positive, type RandomTensor } from '../engine/random-tensors.js';
import { checkGradients } from '../nn/gradient-check.js';

const options = {
  type: 'x-vector',
  bins: 3,
  embedding: 4,
  channels: [4, 5, 6],
  kernels: [5, 3, 1],
  dilations: [1, 2, 1],
};
const model = createModel(parseModelOptions(options, 'test'));
const [batch, frames] = [2, 9];

/** One utterance and layer at a time, taps as slices of the reflected input. */
function plainXVector(tensors: TensorMap): Tensor {
  const utterances = Array.from({ length: batch }, (_, b) => {
    let x = tf.transpose(tf.squeeze(tf.slice(tensors.features, [b, 0, 0], [1, frames, 3]), [0]));
    options.channels.forEach((outputs, layer) => {
      const [kernel, dilation] = [options.kernels[layer], options.dilations[layer]];
      const margin = ((kernel - 1) * dilation) / 2;
      const cut = (from: number) => tf.reverse(tf.slice(x, [0, from], [x.shape[0], margin]), 1);
      const padded = margin > 0 ? tf.concat([cut(1), x, cut(frames - 1 - margin)], 1) : x;
      const weight = tensors[`blocks.${3 * layer}.conv.weight`];
      const taps = Array.from({ length: kernel }, (_, tap) =>
        tf.matMul(
          tf.reshape(tf.slice(weight, [0, 0, tap], [outputs, x.shape[0], 1]), [outputs, -1]) as tf.Tensor2D,
          tf.slice(padded, [0, tap * dilation], [x.shape[0], frames]) as tf.Tensor2D,
        ),
      );
      const column = (name: string) => tf.reshape(tensors[`blocks.${name}`], [-1, 1]);
      const heard = tf.relu(tf.add(tf.addN(taps), column(`${3 * layer}.conv.bias`)));
      const norm = `${3 * layer + 2}.norm`;
      const deviation = tf.sqrt(tf.add(column(`${norm}.running_var`), 1e-5));
      const normalized = tf.div(tf.sub(heard, column(`${norm}.running_mean`)), deviation);
      x = tf.add(tf.mul(normalized, column(`${norm}.weight`)), column(`${norm}.bias`));
    });
    const mean = tf.mean(x, 1, true);
    const variance = tf.mean(tf.square(tf.sub(x, mean)), 1, true);
    const pooled = tf.concat([mean, tf.sqrt(tf.maximum(variance, 1e-12))], 0);
    const { 'blocks.10.w.weight': weight, 'blocks.10.w.bias': bias } = tensors;
    return tf.add(tf.reshape(tf.matMul(weight as tf.Tensor2D, pooled as tf.Tensor2D), [1, -1]), bias);
  });
  return tf.concat(utterances, 0);
}

describe('an x-vector', () => {
  it('is the paper’s layers one after the other, with their gradients', async () => {
    const shapes = Object.fromEntries(model.parameters.map(({ name, shape }) => [name, shape]));
    const small =
      (shape: readonly number[]): RandomTensor =>
      (key) => {
        const { data, ...rest } = normal(...shape)(key);
        return { ...rest, data: (data as Float32Array<ArrayBuffer>).map((value) => 0.2 * value) };
      };
    // Far from the ReLUs' kinks on either side: finite differences must not cross them.
    const biases = (count: number, off = -12) =>
      floats(...Array.from({ length: count }, (_, i) => (i % 3 === 1 ? off : 12)));
    await checkGradients({
      layer: ({ features, ...tensors }) => model.embed(tensors, features),
      plain: plainXVector,
      inputs: {
        features: normal(batch, frames, 3),
        ...Object.fromEntries(
          parameterNames(model).map((name) => [
            name,
            name.endsWith('conv.bias')
              ? biases(shapes[name][0])
              : name.endsWith('conv.weight')
                ? small(shapes[name])
                : normal(...shapes[name]),
          ]),
        ),
        ...Object.fromEntries(
          model.batchNorms.flatMap(({ name, channels }) => [
            [`${name}.running_mean`, biases(channels, 0)], // so that the next layer gets what is left of the bias
            [`${name}.running_var`, positive(channels)],
          ]),
        ),
      },
      tolerance: 2e-5, // through three layers
      differenceTolerance: 1e-3,
    });
  });

  it('has SpeechBrain’s names and the published sizes', () => {
    const { parameters, minFrames, minCropFrames, embeddingSize } = createModel(
      parseModelOptions({ type: 'x-vector', bins: 24 }, 'test'),
    );
    const shapeOf = (name: string) => parameters.find((each) => each.name === name)?.shape;
    assert.deepEqual(shapeOf('blocks.0.conv.weight'), [512, 24, 5]);
    assert.deepEqual(shapeOf('blocks.12.conv.weight'), [1500, 512, 1]);
    assert.deepEqual(shapeOf('blocks.14.norm.weight'), [1500]);
    assert.deepEqual(shapeOf('blocks.16.w.weight'), [512, 3000]);
    assert.deepEqual([minFrames, minCropFrames, embeddingSize], [4, 9, 512]);
  });
});

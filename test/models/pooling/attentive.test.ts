/** Attentive statistics pooling of a trunk against its formula written plainly, on both engines. */
import type { TensorMap } from '../../../src/engine/program/program.js';
import * as tf from '../../../src/engine/tfjs.js';
import type { Tensor } from '../../../src/engine/tfjs.js';
import { createParameterList } from '../../../src/models/contract/parameter-list.js';
import { attentive } from '../../../src/models/pooling/attentive.js';
import { floats, normal, positive } from '../../engine/random-tensors.js';
import { checkGradients } from '../../nn/gradient-check.js';

const [channels, batch, frames, attentionChannels] = [3, 2, 5, 4];

const column = (x: Tensor) => tf.reshape(x, [-1, 1]);

/** Utterance by utterance, on the concatenation of frames, means and deviations. */
function plainPooling({ x, ...tensors }: TensorMap, globalContext: boolean): Tensor {
  const [weight, finalWeight] = ['tdnn.conv.conv', 'conv.conv'].map((name) =>
    tf.squeeze(tensors[`p.${name}.weight`], [2]),
  );
  const utterances = Array.from({ length: batch }, (_, b) => {
    const own = tf.reshape(tf.slice(x, [0, b, 0], [channels, 1, frames]), [channels, frames]);
    const statistics = (weights: Tensor) => {
      const mean = tf.sum(tf.mul(own, weights), 1, true);
      const variance = tf.sum(tf.mul(weights, tf.square(tf.sub(own, mean))), 1, true);
      return [mean, tf.sqrt(tf.maximum(variance, 1e-12))];
    };
    const even = tf.fill([1, frames], 1 / frames);
    const context = globalContext ? statistics(even).map((each) => tf.tile(each, [1, frames])) : [];
    const input = tf.concat([own, ...context], 0) as tf.Tensor2D;
    const heard = tf.relu(tf.add(tf.matMul(weight as tf.Tensor2D, input), column(tensors['p.tdnn.conv.conv.bias'])));
    const norm = (key: string) => column(tensors[`p.tdnn.norm.norm.${key}`]);
    const scaled = tf.div(tf.sub(heard, norm('running_mean')), tf.sqrt(tf.add(norm('running_var'), 1e-5)));
    const hidden = tf.tanh(tf.add(tf.mul(scaled, norm('weight')), norm('bias')));
    const logits = tf.add(tf.matMul(finalWeight as tf.Tensor2D, hidden as tf.Tensor2D), column(tensors['p.conv.conv.bias'])); // prettier-ignore
    return tf.concat(statistics(tf.softmax(logits)), 0); // [2C, 1]
  });
  return tf.concat(utterances, 1);
}

describe('attentive statistics pooling', () => {
  for (const globalContext of [true, false]) {
    it(`is its formula ${globalContext ? 'with' : 'without'} global context, with its gradients`, async () => {
      const pooling = attentive.create(
        { type: 'attentive', attentionChannels, globalContext },
        { name: 'p', channels },
      );
      const list = createParameterList();
      pooling.list(list);
      // Far from the ReLU's kink on either side: finite differences must not cross it.
      const biases = floats(...Array.from({ length: attentionChannels }, (_, i) => (i === 1 ? -12 : 12)));
      // A bias of the logits adds the same to all frames: it has no gradient that could be compared.
      const compared = list.parameters.filter(({ name }) => name !== 'p.conv.conv.bias');
      const complete = (inputs: TensorMap): TensorMap => ({ ...inputs, 'p.conv.conv.bias': tf.zeros([channels]) });
      await checkGradients({
        layer: (inputs) => {
          const { x, ...tensors } = complete(inputs);
          return pooling.pool(x, tensors, {});
        },
        plain: (inputs) => plainPooling(complete(inputs), globalContext),
        inputs: {
          x: normal(channels, batch, frames),
          ...Object.fromEntries(
            compared.map(({ name, shape }) => [name, name.endsWith('conv.bias') ? biases : normal(...shape)]),
          ),
          'p.tdnn.norm.norm.running_mean': biases,
          'p.tdnn.norm.norm.running_var': positive(attentionChannels),
        },
        tolerance: 2e-5, // through two layers and a softmax
        differenceTolerance: 1e-3,
      });
    });
  }
});

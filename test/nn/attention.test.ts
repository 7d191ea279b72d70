/** Attention with one head (by associativity) and with several, against the textbook formula. */
import type { TensorMap } from '../../src/engine/program/program.js';
import * as tf from '../../src/engine/tfjs.js';
import type { Tensor } from '../../src/engine/tfjs.js';
import { attention } from '../../src/nn/attention.js';
import type { ChannelAxis } from '../../src/nn/batch-norm.js';
import { normal, positive } from '../engine/random-tensors.js';
import { checkGradients } from './gradient-check.js';

interface Sizes {
  readonly batch: number;
  readonly heads: number;
  readonly embed: number;
  readonly latents: number;
  readonly rows: number;
}

const dense = (x: Tensor, weight: Tensor, bias: Tensor) =>
  tf.add(tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D, false, true), bias);

/** Projects queries, keys and values, and attends for each utterance and head by itself. */
function plainAttention(inputs: TensorMap, { batch, heads, embed, latents, rows }: Sizes): Tensor {
  const { queries, memory, gain, shift, inWeight, inBias, outWeight, outBias } = inputs;
  const normalized = tf.add(tf.mul(memory, gain), shift);
  const [q, k, v] = [queries, normalized, normalized].map((x, i) =>
    dense(x, tf.slice(inWeight, [i * embed, 0], [embed, embed]), tf.slice(inBias, [i * embed], [embed])),
  );
  const width = embed / heads;
  const utterances = Array.from({ length: batch }, (_, b) => {
    const part = (x: Tensor, count: number, h: number) =>
      tf.slice(x, [b * count, h * width], [count, width]) as tf.Tensor2D;
    const perHead = Array.from({ length: heads }, (_, h) => {
      const scores = tf.div(tf.matMul(part(q, latents, h), part(k, rows, h), false, true), Math.sqrt(width));
      const weights = tf.softmax(scores);
      const values = part(v, rows, h);
      const mean = tf.matMul(weights, values);
      // Σ a (v − μ)² of each query, about its own mean.
      const centred = tf.square(tf.sub(tf.expandDims(values, 0), tf.expandDims(mean, 1))); // [L, N, d]
      const variance = tf.sum(tf.mul(tf.expandDims(weights, 2), centred), 1);
      return { mean, deviation: tf.sqrt(tf.add(variance, 1e-3)) };
    });
    const joined = (kind: 'mean' | 'deviation') =>
      tf.concat(
        perHead.map((head) => head[kind]),
        1,
      );
    return { mean: joined('mean'), deviation: joined('deviation') };
  });
  const mean = tf.concat(
    utterances.map((each) => each.mean),
    0,
  );
  const heard = dense(mean, outWeight, outBias);
  const { deviationWeight } = inputs as Partial<TensorMap>;
  if (!deviationWeight) return heard;
  const deviation = tf.concat(
    utterances.map((each) => each.deviation),
    0,
  );
  return tf.add(heard, tf.matMul(deviation as tf.Tensor2D, deviationWeight as tf.Tensor2D, false, true));
}

const cases: (Sizes & { name: string })[] = [
  { name: 'one head', batch: 2, heads: 1, embed: 4, latents: 3, rows: 5 },
  { name: 'one head, one utterance', batch: 1, heads: 1, embed: 4, latents: 2, rows: 7 },
  { name: 'one head, one row', batch: 2, heads: 1, embed: 4, latents: 3, rows: 1 },
  { name: 'two heads', batch: 2, heads: 2, embed: 4, latents: 3, rows: 5 },
  { name: 'as many heads as numbers', batch: 1, heads: 6, embed: 6, latents: 3, rows: 4 },
];

const textbookInputs = (queryRows: number, { batch, embed, rows }: Sizes) => ({
  queries: normal(queryRows, embed),
  memory: normal(batch * rows, embed),
  gain: positive(embed),
  shift: normal(embed),
  inWeight: normal(3 * embed, embed),
  inBias: normal(3 * embed),
  outWeight: normal(embed, embed),
  outBias: normal(embed),
});

/** The layer under test, its operands and result transposed where channels come first. */
function attend(inputs: TensorMap, { batch, heads }: Sizes, channels: ChannelAxis, sharedQueries = false): Tensor {
  const deviation = 'deviationWeight' in inputs;
  const layout = (x: Tensor) => (channels === 'first' ? tf.transpose(x) : x);
  const tensors = {
    'a.in_proj_weight': inputs.inWeight,
    'a.in_proj_bias': inputs.inBias,
    'a.out_proj.weight': inputs.outWeight,
    'a.out_proj.bias': inputs.outBias,
    ...(deviation && { 'a.deviation.weight': inputs.deviationWeight }),
  };
  const affine = { gain: inputs.gain, shift: inputs.shift };
  const options = { name: 'a', affine, batch, heads, channels, sharedQueries, deviation };
  return layout(attention(layout(inputs.queries), layout(inputs.memory), tensors, options));
}

const tolerance = 2e-5; // products of three or four matrices in another order

describe('attention', () => {
  for (const channels of ['last', 'first'] as const) {
    // Of a single row the weight is 1 and its gradient zero: exactly so in rows, up to rounding in columns.
    for (const sizes of cases.filter(({ rows }) => rows > 1 || channels === 'last')) {
      it(`with ${sizes.name}, channels ${channels}, is the textbook's, with its gradients`, async () => {
        await checkGradients({
          layer: (inputs) => attend(inputs, sizes, channels),
          plain: (inputs) => plainAttention(inputs, sizes),
          inputs: textbookInputs(sizes.batch * sizes.latents, sizes),
          tolerance,
        });
      });
    }

    for (const heads of [1, 2]) {
      it(`hears the deviation too, ${heads === 1 ? 'one head' : 'two heads'}, channels ${channels}`, async () => {
        const sizes = { batch: 2, heads, embed: 4, latents: 3, rows: 5 };
        await checkGradients({
          layer: (inputs) => attend(inputs, sizes, channels),
          plain: (inputs) => plainAttention(inputs, sizes),
          inputs: { ...textbookInputs(sizes.batch * sizes.latents, sizes), deviationWeight: normal(4, 4) },
          // Squares of values up to 10 are wrong by some 1e-5, and a root of 0.03 of their difference by 2e-4 then.
          tolerance: 2e-4,
          differenceTolerance: 1e-3, // a root bends sharply near 0
        });
      });
    }

    it(`lets all utterances share queries, channels ${channels}`, async () => {
      const [sizes] = cases;
      await checkGradients({
        layer: (inputs) => attend(inputs, sizes, channels, true),
        plain: (inputs) => plainAttention({ ...inputs, queries: tf.tile(inputs.queries, [sizes.batch, 1]) }, sizes),
        inputs: textbookInputs(sizes.latents, sizes),
        tolerance,
      });
    });
  }
});

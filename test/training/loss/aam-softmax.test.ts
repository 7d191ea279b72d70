/** @file AAM-softmax against SpeechBrain's and WeSpeaker's values and gradients, and where they would not be finite. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createEngine } from '../../../src/engine/create-engine.js';
import * as tf from '../../../src/engine/tfjs.js';
import { readSafetensors } from '../../../src/storage/safetensors.js';
import { aamSoftmax, marginLogits, type HardMargin } from '../../../src/training/loss/aam-softmax.js';
import { countCorrect, crossEntropy, l2Normalize, targetMask } from '../../../src/training/loss/cosine-classifier.js';

const FIXTURES = new URL('../../../../test/fixtures/train_bits/', import.meta.url).pathname;

interface LossCase {
  prefix: string;
  margin: number;
  scale: number;
  easy_margin: boolean;
  loss: number;
}

describe('AAM-softmax', () => {
  const cases = JSON.parse(readFileSync(`${FIXTURES}losses.json`, 'utf8')) as LossCase[];
  const stored = readSafetensors(`${FIXTURES}losses.safetensors`);
  const tensor = (name: string) => tf.tensor(stored[name].data, [...stored[name].shape], stored[name].dtype);
  /** Largest difference from a stored tensor. */
  const deviation = (actual: tf.Tensor, name: string) => {
    const values = Array.from(actual.dataSync());
    assert.equal(values.length, stored[name].data.length, name);
    return values.reduce((worst, value, i) => Math.max(worst, Math.abs(value - stored[name].data[i])), 0);
  };
  /** NaN compares false with everything, so the test is "not within" rather than "beyond". */
  const within = (actual: number, tolerance: number, what: string) =>
    assert.ok(actual <= tolerance, `${what}: off by ${actual}, tolerance ${tolerance}`);

  before(async () => {
    tf.enableProdMode();
    await tf.setBackend('cpu');
  });

  // Tolerances of the fixtures' README: 1e-5, and 1e-4 for logits, which are scaled by 30.
  for (const { prefix, margin, scale, easy_margin: easyMargin, loss: expectedLoss } of cases) {
    const isCosineCase = prefix.startsWith('aam/');
    const hardMargin: HardMargin = prefix.includes('wespeaker') ? 'wespeaker' : 'speechbrain';
    const options = () => ({ margin: tf.tensor1d([margin]), scale, easyMargin, hardMargin });

    if (isCosineCase) {
      it(`gives the logits, loss and cosine gradient of ${prefix}`, () => {
        const cosine = tf.reshape(tensor('aam/cosine'), [12, 7]);
        const oneHot = targetMask(tensor('aam/targets'), 7);
        const lossOf = (x: tf.Tensor) => crossEntropy(marginLogits(x, oneHot, options()), oneHot);
        const { value, grad } = tf.valueAndGrad(lossOf)(cosine);
        within(deviation(marginLogits(cosine, oneHot, options()), `${prefix}.logits`), 1e-4, 'logits');
        within(Math.abs(value.dataSync()[0] / expectedLoss - 1), 1e-5, 'loss');
        within(deviation(grad, `${prefix}.grad_cosine`), 1e-5, 'gradient');
      });
    } else {
      it(`gives the loss and the gradients of embeddings and weight of ${prefix}`, () => {
        const targets = tf.reshape(tensor('aam/targets'), [12]);
        const lossOf = (embeddings: tf.Tensor, weight: tf.Tensor) =>
          aamSoftmax({ embeddings, weight, targets, ...options() }).loss;
        const { value, grads } = tf.valueAndGrads(lossOf)([tensor('arc/x'), tensor('arc/weight')]);
        within(Math.abs(value.dataSync()[0] / expectedLoss - 1), 1e-5, 'loss');
        within(deviation(grads[0], `${prefix}.grad_x`), 1e-5, 'gradient of x');
        within(deviation(grads[1], `${prefix}.grad_weight`), 1e-5, 'gradient of weight');
        const { cosine } = aamSoftmax({
          embeddings: tensor('arc/x'),
          weight: tensor('arc/weight'),
          targets,
          ...options(),
        });
        if (hardMargin === 'speechbrain') within(deviation(cosine, `${prefix}.cosine`), 1e-6, 'cosine');
        else {
          const logits = marginLogits(cosine, targetMask(targets, 7), options());
          within(deviation(logits, `${prefix}.logits`), 1e-4, 'logits');
        }
      });
    }
  }

  for (const hardMargin of ['speechbrain', 'wespeaker'] as const) {
    it(`gives the same loss, gradients and accuracy compiled as eager, for each margin fed in (${hardMargin})`, async () => {
      const [x, weight] = [stored['arc/x'], stored['arc/weight']];
      const run = async (name: 'reference' | 'onnx') => {
        const engine = await createEngine({ name, device: 'cpu', threads: 1 });
        const step = await engine.compileStep({
          inputs: { x: { shape: x.shape }, targets: { shape: [12], dtype: 'int32' }, margin: { shape: [1] } },
          state: { weight },
          program: (t) => {
            const options = { targets: t.targets, margin: t.margin, scale: 32, hardMargin };
            const { value, grads } = tf.valueAndGrads(
              (embeddings: tf.Tensor, w: tf.Tensor) => aamSoftmax({ embeddings, weight: w, ...options }).loss,
            )([t.x, t.weight]);
            const { cosine } = aamSoftmax({ embeddings: t.x, weight: t.weight, ...options });
            const correct = countCorrect(cosine, t.targets);
            return { loss: value, gradX: grads[0], gradWeight: grads[1], correct, weight: tf.mul(t.weight, 1) };
          },
        });
        const results: number[][] = [];
        for (const margin of [0, 0.2, 0.5]) {
          const inputs = { x: x.data, targets: stored['aam/targets'].data, margin: Float32Array.of(margin) };
          const { loss, gradX, gradWeight, correct } = await step.run(inputs);
          results.push([loss, gradX, gradWeight, correct].flatMap(({ data }) => Array.from(data)));
        }
        await step.dispose();
        return results;
      };
      const [expected, compiled] = [await run('reference'), await run('onnx')];
      assert.ok(expected[0][0] < expected[1][0] && expected[1][0] < expected[2][0], 'the loss grows with the margin');
      for (const [i, values] of compiled.entries()) {
        // A loss near 30 and gradients near 1: rounding of float32.
        const worst = values.reduce((max, value, k) => Math.max(max, Math.abs(value - expected[i][k])), 0);
        within(worst, 1e-5, `margin ${i}`);
      }
    });
  }

  it('has no gradient at cosines of exactly 1 and −1, and a finite one at zero vectors', () => {
    const oneHot = targetMask(tf.tensor1d([0, 0, 1], 'int32'), 2);
    const cosine = tf.tensor2d([1, 0.5, -1, 0.5, 0.5, 1], [3, 2]);
    const weights = tf.tensor2d([1, 0, 1, 0, 0, 1], [3, 2]);
    const gradient = tf.grad((x: tf.Tensor) =>
      tf.sum(tf.mul(marginLogits(x, oneHot, { margin: tf.scalar(0.2), scale: 30 }), weights)),
    )(cosine);
    assert.deepEqual([...gradient.dataSync()], [0, 0, 0, 0, 0, 0]);

    const zeros = tf.grad((x: tf.Tensor) => tf.sum(l2Normalize(x)))(tf.zeros([1, 3]));
    assert.ok(zeros.dataSync().every(Number.isFinite));
    assert.deepEqual([...l2Normalize(tf.zeros([1, 3])).dataSync()], [0, 0, 0]);
  });

  it('is plain softmax at margin 0', () => {
    const cosine = tf.tensor2d([0.9, -0.2, -0.99, 0.3], [2, 2]);
    const oneHot = targetMask(tf.tensor1d([0, 0], 'int32'), 2);
    for (const hardMargin of ['speechbrain', 'wespeaker'] as const) {
      const logits = marginLogits(cosine, oneHot, { margin: tf.scalar(0), scale: 10, hardMargin });
      within(tf.max(tf.abs(tf.sub(logits, tf.mul(cosine, 10)))).dataSync()[0], 1e-5, hardMargin);
    }
  });

  it('counts the utterances nearest to their own class, and a tie as wrong', () => {
    const cosine = tf.tensor2d([0.1, 0.9, 0.2, -0.1, -0.9, -0.2, 0.5, 0.4, 0.5, 0, 0, 0], [4, 3]);
    const count = (targets: number[]) => countCorrect(cosine, tf.tensor1d(targets, 'int32')).dataSync()[0];
    assert.equal(count([1, 0, 0, 0]), 2);
    assert.equal(count([2, 1, 1, 1]), 0);
  });
});

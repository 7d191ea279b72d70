/**
 * @file Losses for tests, written from their papers' formulas in plain double-precision loops, with numeric gradients;
 * and the same loss as the registry has it, with the gradients that an engine computes.
 */
import { createEngine } from '../../../src/engine/create-engine.js';
import { float32 } from '../../../src/engine/program/host-tensor.js';
import * as tf from '../../../src/engine/tfjs.js';
import { keyedRandom } from '../../../src/random.js';
import { createLoss, lossOptions } from '../../../src/training/loss/registry.js';

/** Rows of numbers. */
export type Matrix = number[][];

/** Embeddings, weights and biases of a small classification, in float32's values. */
export interface LossInputs {
  x: Matrix;
  weight: Matrix;
  bias: number[];
  targets: number[];
}

export type ReferenceLoss = (inputs: LossInputs, margin: number) => number;

const [BATCH, SIZE] = [6, 5];
export const CLASSES = 8;

/** Embeddings near and far from their classes, one of them beyond the margin's reach. */
export function lossInputs({ centers = 1, biases = 1 } = {}): LossInputs {
  const random = keyedRandom('losses of tests', centers);
  const draw = (rows: number) =>
    Array.from({ length: rows }, () => Array.from({ length: SIZE }, () => Math.fround(random.normal())));
  const weight = draw(CLASSES * centers);
  const targets = [3, 0, 7, 3, 5, 1];
  const x = draw(BATCH);
  x[1] = weight[centers * targets[1]].map((value) => Math.fround(2 * value + 0.1)); // near its own class
  x[2] = weight[centers * targets[2]].map((value) => Math.fround(-value + 0.05)); // on the far side of it
  return { x, weight, targets, bias: Array.from({ length: biases }, () => Math.fround(0.3 * random.normal())) };
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);

/** The cosine of each embedding with each weight vector. */
export const cosinesOf = ({ x, weight }: LossInputs): Matrix =>
  x.map((row) => weight.map((own) => dot(row, own) / Math.sqrt(dot(row, row) * dot(own, own))));

/** Mean of −log softmax at the target. */
export function meanCrossEntropy(logits: Matrix, targets: readonly number[]): number {
  const losses = logits.map((row, b) => {
    const top = Math.max(...row);
    return top + Math.log(row.reduce((sum, value) => sum + Math.exp(value - top), 0)) - row[targets[b]];
  });
  return losses.reduce((sum, value) => sum + value, 0) / losses.length;
}

/** Gradients of a reference loss by central differences, in the order x, weight, bias. */
export function numericGradients(loss: ReferenceLoss, inputs: LossInputs, margin: number): number[] {
  const step = 1e-6;
  const along = (values: number[]) =>
    values.map((value, i) => {
      const at = (shifted: number) => {
        values[i] = shifted;
        const result = loss(inputs, margin);
        values[i] = value;
        return result;
      };
      return (at(value + step) - at(value - step)) / (2 * step);
    });
  return [...inputs.x.flatMap(along), ...inputs.weight.flatMap(along), ...along(inputs.bias)];
}

/** The registry's loss of these inputs on an engine: its value, then the gradients of x, weight and bias. */
export async function lossOnEngine(
  name: 'reference' | 'onnx',
  options: Record<string, unknown>,
  { x, weight, bias, targets }: LossInputs,
  margins: readonly number[],
): Promise<{ loss: number; gradients: number[] }[]> {
  const loss = createLoss(lossOptions.parse(options), { speakers: CLASSES, embeddingSize: SIZE });
  const names = loss.parameters.map(({ name: each }) => each);
  const state = Object.fromEntries(
    loss.parameters.map(({ name: each, shape }) => [
      each,
      float32(shape, Float32Array.from(each.endsWith('weight') ? weight.flat() : bias)),
    ]),
  );
  const engine = await createEngine({ name, device: 'cpu', threads: 1 });
  const step = await engine.compileStep({
    inputs: {
      x: { shape: [BATCH, SIZE] },
      targets: { shape: [BATCH], dtype: 'int32' },
      ...(loss.margin && { margin: { shape: [1] } }),
    },
    state,
    program: ({ x: embeddings, targets: classes, margin, ...parameters }) => {
      const { value, grads } = tf.valueAndGrads((given: tf.Tensor, ...own: tf.Tensor[]) => {
        const tensors = Object.fromEntries(names.map((each, i) => [each, own[i]]));
        return loss.compute(tensors, { embeddings: given, targets: classes, margin }).loss as tf.Scalar;
      })([embeddings, ...names.map((each) => parameters[each])]);
      const unchanged = Object.fromEntries(names.map((each) => [each, tf.mul(parameters[each], 1)]));
      return { loss: value, ...Object.fromEntries(grads.map((grad, i) => [`grad${i}`, grad])), ...unchanged };
    },
  });
  const results: { loss: number; gradients: number[] }[] = [];
  for (const margin of margins) {
    const outputs = await step.run({
      x: Float32Array.from(x.flat()),
      targets: Int32Array.from(targets),
      ...(loss.margin && { margin: Float32Array.of(margin) }),
    });
    const gradients = [0, ...names.map((_, i) => i + 1)].flatMap((i) => Array.from(outputs[`grad${i}`].data));
    results.push({ loss: outputs.loss.data[0], gradients });
  }
  await step.dispose();
  return results;
}

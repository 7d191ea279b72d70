/** A number that multiplies what is added to a matrix product becomes Gemm's factor beta. */
import assert from 'node:assert/strict';
import '../../../src/engine/lower/all-lowerings.js';
import { createOnnxEngine } from '../../../src/engine/onnx-engine.js';
import { foldSumsIntoGemms } from '../../../src/engine/passes/add-into-gemm.js';
import { foldScalesOfAddends } from '../../../src/engine/passes/scale-of-addend.js';
import type { TensorMap } from '../../../src/engine/program/program.js';
import * as tf from '../../../src/engine/tfjs.js';
import { normal } from '../random-tensors.js';
import { operators, trace } from './operators.js';

const inputs = { a: normal(6, 4)('a'), b: normal(4, 5)('b'), c: normal(6, 5)('c') };
const sum = ({ a, b, c }: TensorMap, scale: number) =>
  tf.add(tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D), tf.mul(c, scale));

describe('foldScalesOfAddends', () => {
  it('leaves one Gemm of product and scaled addend', () => {
    const graph = trace((tensors) => ({ y: sum(tensors, 0.25) }), inputs);
    foldSumsIntoGemms(graph);
    foldScalesOfAddends(graph);
    assert.deepEqual(operators(graph), ['Gemm/3']);
    assert.deepEqual(graph.nodes[0].attributes.beta, { float: 0.25 });
  });

  it('leaves a scaled addend that is used elsewhere', () => {
    const graph = trace((tensors) => {
      const scaled = tf.mul(tensors.c, 0.25);
      return { y: tf.add(tf.matMul(tensors.a as tf.Tensor2D, tensors.b as tf.Tensor2D), scaled), scaled };
    }, inputs);
    foldSumsIntoGemms(graph);
    foldScalesOfAddends(graph);
    assert.deepEqual(operators(graph), ['Mul/2', 'Gemm/3']);
  });

  it('keeps the result of a compiled step', async () => {
    const { c, ...fixed } = inputs;
    const engine = createOnnxEngine({ threads: 1 });
    const step = await engine.compileStep({
      program: (tensors) => ({ c: sum(tensors, 0.5) }),
      inputs: Object.fromEntries(Object.entries(fixed).map(([name, { shape }]) => [name, { shape }])),
      state: { c },
    });
    await step.run(Object.fromEntries(Object.entries(fixed).map(([name, { data }]) => [name, data])));
    const actual = (await step.readState()).c.data;
    await step.dispose();
    const element = (i: number) => {
      const [row, column] = [Math.floor(i / 5), i % 5];
      const product = [0, 1, 2, 3].reduce((s, k) => s + fixed.a.data[row * 4 + k] * fixed.b.data[k * 5 + column], 0);
      return product + 0.5 * c.data[i];
    };
    // Four products of numbers around one, in float32.
    actual.forEach((value, i) => assert.ok(Math.abs(value - element(i)) < 1e-5, `${i}: ${value}`));
  });
});

/** Graphs for WebGPU hold nothing that would be computed on the processor in between. */
import assert from 'node:assert/strict';
import '../../src/engine/lower/all-lowerings.js';
import { fitWebgpu } from '../../src/engine/fit-webgpu.js';
import { optimise } from '../../src/engine/inference-graph.js';
import type { TensorMap } from '../../src/engine/program/program.js';
import * as tf from '../../src/engine/tfjs.js';
import { createTestedEngine, describeOnEngines } from './engines.js';
import { assertAllClose } from './assert-close.js';
import { trace } from './passes/operators.js';
import { normal } from './random-tensors.js';

const inputs = { a: normal(2, 3, 4)('a'), b: normal(2, 5, 4)('b') };
const scaled = ({ a, b }: TensorMap) => ({
  y: tf.mul(tf.matMul(a as tf.Tensor3D, b as tf.Tensor3D, false, true), 0.3),
});

describe('fitWebgpu', () => {
  it("leaves none of ONNX Runtime's own operators", () => {
    const graph = optimise(trace(scaled, inputs));
    assert.ok(graph.nodes.some(({ domain }) => domain !== ''));
    fitWebgpu(graph);
    assert.ok(graph.nodes.every(({ domain }) => domain === ''));
  });
});

describeOnEngines(
  'a scaled product of turned matrices',
  (name) => {
    it('is what it should be', async () => {
      const engine = await createTestedEngine(name, 1);
      const inference = await engine.compileInference({ program: scaled, inputs, parameters: {} });
      const [a, b] = [inputs.a.data, inputs.b.data];
      const data = Float32Array.from({ length: 2 * 3 * 5 }, (_, at) => {
        const [pair, row, column] = [Math.floor(at / 15), Math.floor(at / 5) % 3, at % 5];
        let sum = 0;
        for (let i = 0; i < 4; i++) sum += a[12 * pair + 4 * row + i] * b[20 * pair + 4 * column + i];
        return 0.3 * sum;
      });
      assertAllClose(await inference.run(inputs), { y: { dtype: 'float32', shape: [2, 3, 5], data } }, 1e-6);
      await inference.dispose();
    });
  },
  ['reference', 'onnx', 'webgpu'],
);

/** State that may be overwritten is found, state whose old value is still needed is not, and the results stay right. */
import assert from 'node:assert/strict';
import '../../../src/engine/lower/all-lowerings.js';
import { createOnnxEngine } from '../../../src/engine/onnx-engine.js';
import { createEngine } from '../../../src/engine/create-engine.js';
import { overwritableState } from '../../../src/engine/passes/overwritable-state.js';
import type { TensorMap } from '../../../src/engine/program/program.js';
import * as tf from '../../../src/engine/tfjs.js';
import { assertAllClose } from '../assert-close.js';
import { normal } from '../random-tensors.js';
import { trace } from './operators.js';

const state = {
  moment: normal(6, 4)('moment'),
  counted: normal(6, 4)('counted'),
  weight: normal(6, 4)('weight'),
  reshaped: normal(6, 4)('reshaped'),
  looked: normal(6, 4)('looked'),
  left: normal(6, 4)('left'),
  right: normal(6, 4)('right'),
};
const x = normal(6, 4)('x');

function program({ x, moment, counted, weight, reshaped, looked, left, right }: TensorMap): TensorMap {
  const flat = tf.reshape(reshaped, [24]);
  return {
    // Only the way to their own new value reads them.
    moment: tf.add(tf.mul(moment, 0.9), tf.mul(x, 0.1)),
    counted: tf.sub(counted, x),
    // Something else reads them: another result, through a view, or another state.
    weight: tf.sub(weight, tf.mul(x, 0.1)),
    y: tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D, false, true),
    reshaped: tf.sub(reshaped, x),
    z: tf.exp(flat),
    looked: tf.add(looked, 1),
    seen: looked,
    left: right,
    right: left,
  };
}

describe('overwritableState', () => {
  it('names the state that nothing but its own new value reads', () => {
    const graph = trace(program, { x, ...state });
    const outputs = graph.outputs.map(({ name, value }) => ({ name: `new:${name}`, value }));
    assert.deepEqual(
      overwritableState({ ...graph, outputs }, Object.keys(state), (name) => `new:${name}`),
      ['moment', 'counted'],
    );
  });

  it('keeps the results of a step over many runs', async () => {
    const definition = { program, inputs: { x: { shape: [6, 4] } }, state };
    const engines = [createOnnxEngine({ threads: 2 }), await createEngine({ name: 'reference', device: 'cpu', threads: null })]; // prettier-ignore
    const [step, expected] = await Promise.all(engines.map((engine) => engine.compileStep(definition)));
    for (let i = 0; i < 5; i++) {
      const feed = { x: normal(6, 4)(`x${i}`).data };
      assertAllClose(await step.run(feed), await expected.run(feed), 1e-5); // sums of a few numbers around one
      assertAllClose(await step.readState(), await expected.readState(), 1e-5);
    }
    await step.dispose();
  });
});

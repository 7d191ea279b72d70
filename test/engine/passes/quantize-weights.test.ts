/** Weights of products become 8-bit integers, each within half a step of its scale; nothing else does. */
import assert from 'node:assert/strict';
import '../../../src/engine/lower/all-lowerings.js';
import { encodeOnnx } from '../../../src/engine/onnx/encode.js';
import { quantizeWeights } from '../../../src/engine/passes/quantize-weights.js';
import * as tf from '../../../src/engine/tfjs.js';
import type { Tensor } from '../../../src/engine/tfjs.js';
import { constantData } from '../../../src/engine/trace/graph.js';
import { traceProgram } from '../../../src/engine/trace/trace-backend.js';
import { openOnnxFile } from '../../../src/engine/run-onnx.js';
import { normal } from '../random-tensors.js';

const matMul = (a: Tensor, b: Tensor): Tensor => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D);
const weights = { w: normal(40, 48)('w') };
const x = normal(40, 40)('x');

describe('engine/passes/quantize-weights', () => {
  it('leaves each weight within half a step, and the product within what these add up to', async () => {
    const ports = [{ name: 'x', shape: x.shape, dtype: x.dtype }];
    const program = ({ x: given, w }: Record<string, Tensor>) => ({ y: matMul(given, w) });
    const graph = traceProgram(program, ports, { w: weights.w });
    assert.deepEqual(quantizeWeights(graph), { tensors: 1, values: 40 * 48 });
    const [integers, scales] = graph.nodes[0].inputs.map((value) => constantData(value) as Float32Array);
    const { axis } = graph.nodes[0].attributes as { axis: number };
    const scaleOf = (i: number) => scales[axis === 0 ? Math.floor(i / 48) : i % 48];
    weights.w.data.forEach((value, i) => {
      assert.ok(Math.abs(integers[i] * scaleOf(i) - value) <= 0.5001 * scaleOf(i), `value ${i}`);
    });
    const bytes = encodeOnnx(graph, { inputs: ports, outputs: [{ name: 'y', shape: [40, 48], dtype: 'float32' }] });
    const file = await openOnnxFile(bytes, { threads: 1 });
    const { y } = await file.run({ x });
    await file.close();
    for (let row = 0; row < 40; row++) {
      for (let column = 0; column < 48; column++) {
        let [exact, bound] = [0, 0];
        for (let k = 0; k < 40; k++) {
          exact += x.data[row * 40 + k] * weights.w.data[k * 48 + column];
          bound += Math.abs(x.data[row * 40 + k]) * 0.51 * scaleOf(k * 48 + column);
        }
        assert.ok(Math.abs(y.data[row * 48 + column] - exact) <= bound, `${row}, ${column}`);
      }
    }
  });

  it('takes weights behind reshapes and splits, not what is added, and nothing small', () => {
    const program = ({ x: given, wide, table, small }: Record<string, Tensor>) => {
      const [left] = tf.split(wide, 2, 1);
      const sum = tf.add(matMul(given, table), table);
      return { y: matMul(given, left), sum, z: matMul(tf.slice(given, [0, 0], [40, 4]), small) };
    };
    const parameters = { wide: normal(40, 96)('wide'), table: normal(40, 40)('table'), small: normal(4, 4)('small') };
    const graph = traceProgram(program, [{ name: 'x', shape: x.shape, dtype: x.dtype }], parameters);
    assert.deepEqual(quantizeWeights(graph), { tensors: 1, values: 40 * 96 });
  });
});

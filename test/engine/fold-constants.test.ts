/** @file A graph that is written down: what it computes stays the same, in fewer and in ONNX's own operators. */
import assert from 'node:assert/strict';
import { createEngine } from '../../src/engine/create-engine.js';
import { foldConstants } from '../../src/engine/fold-constants.js';
import { traceInference } from '../../src/engine/inference-graph.js';
import { encodeOnnx } from '../../src/engine/onnx/encode.js';
import { useRangeForTables } from '../../src/engine/passes/range-for-table.js';
import { useStandardOperators } from '../../src/engine/passes/standard-operators.js';
import type { HostTensors } from '../../src/engine/program/host-tensor.js';
import type { Program } from '../../src/engine/program/program.js';
import { openOnnxFile } from '../../src/engine/run-onnx.js';
import * as tf from '../../src/engine/tfjs.js';
import type { Tensor } from '../../src/engine/tfjs.js';
import { frameNumbers } from '../../src/nn/positional-encoding.js';
import { assertAllClose } from './assert-close.js';
import { normal } from './random-tensors.js';

const matMul = (a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor =>
  tf.matMul(a as tf.Tensor3D, b as tf.Tensor3D, transposeA, transposeB);

interface Row {
  readonly name: string;
  readonly program: Program;
  readonly shape: readonly (number | string)[];
  readonly parameters: HostTensors;
  /** Those that may be left. */
  readonly operators: readonly string[];
}

const rows: readonly Row[] = [
  {
    name: 'weights that are split and multiplied by factors',
    program: ({ x, w, gamma }) => {
      const [left, right] = tf.split(tf.mul(w, gamma), 2, 1);
      const flat = tf.reshape(x, [-1, 8]);
      return { y: tf.add(matMul(flat, left), matMul(flat, right)) };
    },
    shape: [1, 'T', 8],
    parameters: { w: normal(8, 12)('w'), gamma: normal(12)('gamma') },
    operators: ['Gemm', 'Reshape'],
  },
  {
    name: 'products of transposed batches with a factor',
    program: ({ x, batch }) => ({ y: tf.mul(matMul(batch, tf.tile(x, [3, 1, 1]), true, true), 0.5) }),
    shape: [1, 'T', 6],
    parameters: { batch: normal(3, 6, 4)('batch') },
    operators: ['Concat', 'Expand', 'MatMul', 'Mul', 'Shape', 'Transpose'],
  },
  {
    name: 'numbers of frames from a table',
    program: ({ x }) => ({ y: tf.mul(tf.reshape(frameNumbers(x.shape[1]!), [1, -1, 1]), x) }),
    shape: [1, 'T', 8],
    parameters: {},
    operators: ['Cast', 'Mul', 'Range', 'Reshape', 'Shape', 'Squeeze'],
  },
];

describe('a graph for other programs', () => {
  for (const { name, program, shape, parameters, operators } of rows) {
    it(`computes the same: ${name}`, async () => {
      const inputs = { x: { shape } };
      const { graph, ...ports } = traceInference({ program, inputs, parameters });
      useStandardOperators(graph);
      useRangeForTables(graph);
      await foldConstants(graph);
      const others = graph.nodes.filter(({ op, domain }) => domain !== '' || !operators.includes(op));
      assert.deepEqual(others, []);
      const bytes = encodeOnnx(graph, ports);
      assert.ok(bytes.length < 20_000, `${bytes.length} bytes`); // the table alone has 4 MB
      const file = await openOnnxFile(bytes, { threads: 1 });
      const reference = await createEngine({ name: 'reference', device: 'cpu', threads: null });
      const expected = await reference.compileInference({ program, inputs, parameters });
      for (const frames of [1, 7, 300]) {
        const x = normal(1, frames, Number(shape[2]))('x');
        // Sums of up to 12 products of float32.
        assertAllClose(await file.run({ x }), await expected.run({ x }), 1e-5);
      }
      await file.close();
    });
  }
});

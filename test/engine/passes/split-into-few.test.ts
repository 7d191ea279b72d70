/** Values are split into few parts at a time, as WebGPU needs it. */
import assert from 'node:assert/strict';
import '../../../src/engine/lower/all-lowerings.js';
import { splitIntoFew } from '../../../src/engine/passes/split-into-few.js';
import type { TensorMap } from '../../../src/engine/program/program.js';
import * as tf from '../../../src/engine/tfjs.js';
import { describeOnEngines, createTestedEngine } from '../engines.js';
import { normal } from '../random-tensors.js';
import { trace } from './operators.js';

const sizes = Array.from({ length: 60 }, (_, i) => 1 + (i % 3));
const columns = sizes.reduce((sum, size) => sum + size, 0);
const inputs = { x: normal(2, columns)('x') };
const splits = ({ x }: TensorMap) => Object.fromEntries(tf.split(x, sizes, 1).map((part, i) => [`part${i}`, part]));

describe('splitIntoFew', () => {
  for (const most of [2, 7, 59, 60]) {
    it(`leaves at most ${most} parts of a node, and every part its size`, () => {
      const graph = trace(splits, inputs);
      splitIntoFew(graph, most);
      assert.ok(graph.nodes.every(({ op, outputs }) => op === 'Split' && outputs.length <= most));
      assert.deepEqual(
        graph.outputs.map(({ value }) => value.shape),
        sizes.map((size) => [2, size]),
      );
      const known = new Set(graph.inputs);
      for (const {
        inputs: [whole],
        outputs,
      } of graph.nodes) {
        assert.ok(known.has(whole), 'nodes come after those that they need');
        assert.equal(whole.shape[1], outputs.reduce((sum, { shape }) => sum + shape[1], 0)); // prettier-ignore
        for (const output of outputs) known.add(output);
      }
      assert.equal(new Set(graph.nodes.flatMap(({ outputs }) => outputs.map(({ name }) => name))).size, known.size - 1);
    });
  }
});

describeOnEngines(
  'a value of sixty parts',
  (name) => {
    it('is split and joined again', async () => {
      const engine = await createTestedEngine(name, 1);
      const step = await engine.compileStep({
        program: (tensors) => ({ back: tf.concat(Object.values(splits(tensors)).toReversed(), 1) }),
        inputs: { x: { shape: inputs.x.shape } },
        state: {},
      });
      const { back } = await step.run({ x: inputs.x.data });
      await step.dispose();
      const expected: number[][] = [[], []];
      let start = 0;
      for (const size of sizes) {
        for (const row of [0, 1]) {
          expected[row].unshift(...inputs.x.data.slice(row * columns + start, row * columns + start + size));
        }
        start += size;
      }
      assert.deepEqual([...back.data], expected.flat());
    });
  },
  ['reference', 'onnx', 'webgpu'],
);

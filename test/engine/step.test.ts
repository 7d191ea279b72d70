/** Compiled steps: state that is carried from run to run, on every engine. */
import assert from 'node:assert/strict';
import { createEngine } from '../../src/engine/create-engine.js';
import { hashMask } from '../../src/engine/trace/extensions.js';
import { float32, int32 } from '../../src/engine/program/host-tensor.js';
import type { HostTensors } from '../../src/engine/program/host-tensor.js';
import type { Engine, StepDefinition } from '../../src/engine/program/program.js';
import * as tf from '../../src/engine/tfjs.js';
import { dropoutKeys } from '../../src/nn/dropout.js';
import { assertAllClose } from './assert-close.js';
import { normal } from './random-tensors.js';
import {
  createTestedEngine,
  describeOnEngines,
  EVERY_ENGINE,
  TENSORFLOW_MISSING,
  type TestedEngine,
} from './engines.js';

type Feed = Record<string, Float32Array<ArrayBuffer>>;

/** A small regression with momentum, a step counter, and state that changes places, stays or is replaced. */
function regression(): StepDefinition {
  return {
    program: ({ x, target, rate, w, momentum, steps, left, right, kept, grid, flat }) => {
      const { value, grads } = tf
        .engine()
        .gradients(
          () =>
            tf.mean(tf.squaredDifference(tf.tanh(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)), target)) as tf.Scalar,
          [w],
        );
      const velocity = tf.add(tf.mul(momentum, 0.9), grads[0]);
      return {
        loss: value,
        gradient: grads[0],
        velocity,
        w: tf.sub(w, tf.mul(velocity, rate)),
        momentum: velocity,
        steps: tf.add(steps, tf.scalar(1, 'int32')),
        left: right,
        right: left,
        kept,
        last: tf.zeros([2]),
        grid: tf.neg(tf.reshape(flat, [2, 3])), // values that come out of another shape than they are kept in
        flat: tf.reshape(tf.add(grid, 1), [6]),
      };
    },
    inputs: {
      x: { shape: [8, 5] },
      target: { shape: [8, 3] },
      rate: { shape: [] },
      unused: { shape: [4] },
    },
    state: {
      w: normal(5, 3)('w'),
      momentum: normal(5, 3)('momentum'),
      steps: int32([], Int32Array.of(7)),
      left: normal(3)('left'),
      right: normal(3)('right'),
      kept: normal(2)('kept'),
      last: normal(2)('last'),
      grid: normal(2, 3)('grid'),
      flat: normal(6)('flat'),
    },
  };
}

const feedOf = (i: number): Feed => ({
  x: normal(8, 5)(`x${i}`).data as Float32Array<ArrayBuffer>,
  target: normal(8, 3)(`target${i}`).data as Float32Array<ArrayBuffer>,
  rate: Float32Array.of(0.1 / (i + 1)),
  unused: new Float32Array(4),
});
const copyOf = (tensors: HostTensors): HostTensors => structuredClone(tensors);

describeOnEngines(
  'a step',
  (name) => {
    let engine: Engine;
    before(async () => {
      engine = await createTestedEngine(name, 2);
    });

    it('carries its state over many runs', async () => {
      const definition = regression();
      const reference = await createEngine({ name: 'reference', device: 'cpu', threads: null });
      const [step, expected] = [await engine.compileStep(definition), await reference.compileStep(definition)];
      const { left, right, kept } = definition.state;
      for (let i = 0; i < 7; i++) {
        // rounding errors of about 1e-7 a step add up
        assertAllClose(await step.run(feedOf(i)), await expected.run(feedOf(i)), 2e-6);
        const state = await step.readState();
        assertAllClose(state, await expected.readState(), 2e-6);
        assert.deepEqual(Object.keys(state), Object.keys(definition.state));
        assert.equal(state.steps.data[0], 8 + i);
        assert.deepEqual(
          [state.left.data, state.right.data],
          i % 2 ? [left.data, right.data] : [right.data, left.data],
        );
        assert.deepEqual(state.kept.data, kept.data);
        assert.deepEqual([...state.last.data], [0, 0]);
      }
      await step.dispose();
    });

    it('starts from a copy of the initial state and leaves it alone', async () => {
      const definition = regression();
      const before = copyOf(definition.state);
      const step = await engine.compileStep(definition);
      assert.deepEqual(copyOf(await step.readState()), before);
      for (let i = 0; i < 3; i++) await step.run(feedOf(i));
      assert.deepEqual(definition.state, before);
      await step.dispose();
    });

    it('reads its state as copies', async () => {
      const step = await engine.compileStep(regression());
      const other = await engine.compileStep(regression());
      const early = await step.readState();
      const kept = copyOf(early);
      for (let i = 0; i < 3; i++) await Promise.all([step.run(feedOf(i)), other.run(feedOf(i))]);
      assert.deepEqual(copyOf(early), kept);
      for (const { data } of Object.values(await step.readState())) data.fill(99);
      const outputs = [await step.run(feedOf(3)), await other.run(feedOf(3))].map(copyOf);
      assert.deepEqual(outputs[0], outputs[1]);
      assert.deepEqual(copyOf(await step.readState()), copyOf(await other.readState()));
      await Promise.all([step.dispose(), other.dispose()]);
    });

    it('does not change what it is fed', async () => {
      const step = await engine.compileStep(regression());
      const feed = feedOf(0);
      await step.run(feed);
      assert.deepEqual(feed, feedOf(0));
      await step.dispose();
    });

    it('has the inputs that are the same in every run, and reads a part of its state, or none', async () => {
      const step = await engine.compileStep({
        program: ({ x, scale, w, other }) => ({ w: tf.add(w, tf.mul(x, scale)), other }),
        inputs: { x: { shape: [3] } },
        state: { w: float32([3]), other: normal(2)('other') },
        held: { scale: float32([3], Float32Array.of(1, 10, 100)), unused: float32([1]) },
      });
      for (const x of [1, 2]) await step.run({ x: new Float32Array(3).fill(x) });
      assert.deepEqual(await step.readState([]), {});
      const state = await step.readState(['w']);
      assert.deepEqual([Object.keys(state), [...state.w.data]], [['w'], [3, 30, 300]]);
      await step.dispose();
    });

    it('names an input that is missing', async () => {
      const step = await engine.compileStep(regression());
      const { target: _, ...feed } = feedOf(0);
      await assert.rejects(async () => step.run(feed), /input target/);
      await step.dispose();
    });
  },
  EVERY_ENGINE,
);

describe('a step of ONNX Runtime', () => {
  for (const stepsPerCall of [1, 2]) {
    it(`takes no new memory for its state, ${stepsPerCall} in a call`, async () => {
      const engine = await createEngine({ name: 'onnx', device: 'cpu', threads: 1 });
      const size = 1 << 22;
      const step = await engine.compileStep({
        program: ({ x, w }) => ({ w: tf.add(w, x), sum: tf.sum(x) }),
        inputs: { x: { shape: [1] } },
        state: { w: float32([size]) },
        stepsPerCall,
      });
      const feeds = [1, 2, 3, 4].map((value) => ({ x: Float32Array.of(value) }));
      const before = process.memoryUsage().arrayBuffers;
      const outputs = await step.runAll(feeds);
      assert.ok(process.memoryUsage().arrayBuffers - before < size); // a copy would be four times that
      assert.deepEqual(
        outputs.map(({ sum }) => sum.data[0]),
        [1, 2, 3, 4],
      );
      assert.ok((await step.readState()).w.data.every((value) => value === 10));
      await step.dispose();
    });
  }
});

describe('steps on two engines with the same threads', () => {
  it('give the same bits', async () => {
    const definition: StepDefinition = {
      program: ({ x, w }) => {
        const { value, grads } = tf.engine().gradients(() => {
          const hidden = tf.relu(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D));
          return tf.mean(tf.logSoftmax(hidden)) as tf.Scalar;
        }, [w]);
        return { loss: value, w: tf.sub(w, grads[0]) };
      },
      inputs: { x: { shape: [300, 200] } },
      state: { w: normal(200, 150)('w') },
    };
    const runs: HostTensors[] = [];
    for (let instance = 0; instance < 2; instance++) {
      const engine = await createEngine({ name: 'onnx', device: 'cpu', threads: 2 });
      const step = await engine.compileStep(definition);
      const losses: HostTensors = {};
      for (let i = 0; i < 5; i++) {
        const { loss } = await step.run({ x: normal(300, 200)(`x${i}`).data });
        losses[`loss${i}`] = loss;
      }
      runs.push(copyOf({ ...losses, ...(await step.readState()) }));
      await step.dispose();
    }
    assert.deepEqual(runs[0], runs[1]);
  });
});

describe('hashMask', () => {
  const [rows, columns] = [600, 256];
  const keys = dropoutKeys([{ rows, columns }], 5, 17);

  async function maskOn(name: TestedEngine, keep: number): Promise<Float32Array> {
    const engine = await createTestedEngine(name, 2);
    const inputs = { r: int32([rows], keys.slice(0, rows)), c: int32([columns], keys.slice(rows)) };
    const inference = await engine.compileInference({
      program: ({ r, c }) => ({ mask: hashMask(r, c, keep) }),
      inputs,
      parameters: {},
    });
    const { mask } = await inference.run(inputs);
    await inference.dispose();
    return mask.data as Float32Array;
  }

  for (const keep of [0.8, 0.5, 0.95]) {
    it(`keeping ${keep} is the same on every engine, with the right rate and unrelated rows and columns`, async () => {
      const mask = await maskOn('reference', keep);
      assert.deepEqual(await maskOn('onnx', keep), mask);
      if (!TENSORFLOW_MISSING) assert.deepEqual(await maskOn('tensorflow', keep), mask);
      const inverse = Math.fround(1 / keep);
      assert.ok(mask.every((value) => value === 0 || value === inverse));

      const kept = Float64Array.from(mask, (value) => Number(value > 0));
      const rate = kept.reduce((sum, value) => sum + value) / kept.length;
      // 153,600 independent draws would deviate by 0.0013 at most (one standard deviation)
      assert.ok(Math.abs(rate - keep) < 0.006, `rate ${rate}`);

      const row = (i: number) => kept.subarray(i * columns, (i + 1) * columns);
      const column = (j: number) => Float64Array.from({ length: rows }, (_, i) => kept[i * columns + j]);
      for (const [vectors, length] of [
        [Array.from({ length: 200 }, (_, i) => row(3 * i)), columns],
        [Array.from({ length: 200 }, (_, j) => column(j)), rows],
      ] as [Float64Array[], number][]) {
        const correlations = vectors.flatMap((a, i) => vectors.slice(i + 1).map((b) => correlation(a, b)));
        const rms = Math.sqrt(correlations.reduce((sum, r) => sum + r * r, 0) / correlations.length);
        const worst = Math.max(...correlations.map(Math.abs));
        // independent vectors: rms 1/√length; the largest of 19,900 about 4.3 times that
        assert.ok(Math.abs(rms * Math.sqrt(length) - 1) < 0.05, `rms correlation ${rms} of length ${length}`);
        assert.ok(worst * Math.sqrt(length) < 7, `correlation ${worst} of length ${length}`);
      }
    });
  }
});

function correlation(a: Float64Array, b: Float64Array): number {
  const n = a.length;
  let [sumA, sumB, both] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    sumA += a[i];
    sumB += b[i];
    both += a[i] * b[i];
  }
  const [meanA, meanB] = [sumA / n, sumB / n];
  return (both / n - meanA * meanB) / Math.sqrt(meanA * (1 - meanA) * meanB * (1 - meanB));
}

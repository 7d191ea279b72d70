/** Several steps in one call: what single steps give, whatever the number of steps, and state handed over once. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type * as Ort from 'onnxruntime-node';
import { createOnnxEngine } from '../../src/engine/onnx-engine.js';
import { createEngine } from '../../src/engine/create-engine.js';
import { sizeOf, type HostData } from '../../src/engine/program/host-tensor.js';
import type { StepDefinition, TensorMap } from '../../src/engine/program/program.js';
import * as tf from '../../src/engine/tfjs.js';
import { assertAllClose } from './assert-close.js';
import { createTestedEngine, describeOnEngines } from './engines.js';
import { normal } from './random-tensors.js';

const [ROWS, INPUTS, OUTPUTS] = [8, 5, 3];

/** Gradient descent with momentum through a frozen layer; one state comes out under another shape, one untouched. */
const definition = (stepsPerCall?: number): StepDefinition => ({
  program: ({ x, target, rate, frozen, w, momentum, flat, kept }: TensorMap) => {
    const { value, grads } = tf.engine().gradients(() => {
      const error = tf.sub(tf.matMul(tf.matMul(x as tf.Tensor2D, frozen as tf.Tensor2D), w as tf.Tensor2D), target);
      return tf.mean(tf.square(error)) as tf.Scalar;
    }, [w]);
    const velocity = tf.add(tf.mul(momentum, 0.9), grads[0]);
    return {
      loss: value,
      gradient: grads[0],
      w: tf.sub(w, tf.mul(velocity, rate)),
      momentum: velocity,
      flat: tf.reshape(tf.add(tf.reshape(flat, [4]), 1), [2, 2]),
      kept,
    };
  },
  inputs: {
    x: { shape: [ROWS, INPUTS] },
    target: { shape: [ROWS, OUTPUTS] },
    rate: { shape: [1] },
    unused: { shape: [2], dtype: 'int32' },
  },
  state: {
    w: normal(INPUTS, OUTPUTS)('w'),
    momentum: normal(INPUTS, OUTPUTS)('momentum'),
    flat: normal(2, 2)('flat'),
    kept: normal(3)('kept'),
  },
  held: { frozen: normal(INPUTS, INPUTS)('frozen') },
  stepsPerCall,
});

const feedOf = (i: number): Record<string, HostData> => ({
  x: normal(ROWS, INPUTS)(`x${i}`).data,
  target: normal(ROWS, OUTPUTS)(`target${i}`).data,
  rate: Float32Array.of(0.05 / (i + 1)),
  unused: Int32Array.of(i, i),
});
const feeds = Array.from({ length: 11 }, (_, i) => feedOf(i));

describeOnEngines('a step that runs several times in a call', (name) => {
  it('gives what the reference engine gives, step by step', async () => {
    const engine = await createTestedEngine(name, 1);
    const reference = await createEngine({ name: 'reference', device: 'cpu', threads: null });
    const [step, expected] = [await engine.compileStep(definition(4)), await reference.compileStep(definition())];
    const outputs = await step.runAll(feeds);
    assert.equal(outputs.length, feeds.length);
    for (const [i, feed] of feeds.entries()) {
      assertAllClose(outputs[i], await expected.run(feed), 1e-5); // roundings of a few numbers around one, added up
    }
    assertAllClose(await step.readState(), await expected.readState(), 1e-5);
    assertAllClose(await step.run(feeds[0]), await expected.run(feeds[0]), 1e-5);
    await step.dispose();
  });
});

describe('several steps in a call of ONNX Runtime', () => {
  const { InferenceSession } = createRequire(import.meta.url)('onnxruntime-node') as {
    InferenceSession: { prototype: Ort.InferenceSession };
  };
  const session = InferenceSession.prototype;

  /** Trains on all feeds; what was fed and fetched, in bytes and calls. */
  async function traffic(stepsPerCall: number) {
    const step = await createOnnxEngine({ threads: 1 }).compileStep(definition(stepsPerCall));
    const counted = { calls: 0, bytes: 0 };
    const original = Object.getOwnPropertyDescriptor(session, 'run')!;
    session.run = async function (this: Ort.InferenceSession, ...args: unknown[]) {
      counted.calls++;
      for (const tensors of args as Record<string, Ort.Tensor | null>[]) {
        for (const tensor of Object.values(tensors)) if (tensor) counted.bytes += 4 * sizeOf(tensor.dims);
      }
      return (original.value as typeof session.run).apply(this, args as never);
    } as typeof session.run;
    try {
      const outputs = await step.runAll(feeds);
      return { ...counted, outputs: structuredClone(outputs), state: await step.readState() };
    } finally {
      Object.defineProperty(session, 'run', original);
      await step.dispose();
    }
  }

  it('hands the state over once in a call, and inputs and results once in a step', async () => {
    const { state, held = {}, inputs } = definition();
    const sizes = (tensors: Record<string, { shape: readonly (number | string)[] }>) =>
      Object.values(tensors).reduce((sum, { shape }) => sum + 4 * sizeOf(shape as number[]), 0);
    const ofStep = sizes(inputs) + 4 * (1 + INPUTS * OUTPUTS); // loss, gradient
    for (const [stepsPerCall, calls] of [
      [2, 6],
      [4, 3],
      [11, 1],
    ]) {
      // prettier-ignore
      const found = await traffic(stepsPerCall);
      assert.equal(found.calls, calls);
      assert.equal(found.bytes, feeds.length * ofStep + calls * (2 * sizes(state) + sizes(held)));
    }
  });

  it('gives the same bits whatever the number of steps', async () => {
    const [two, four, all] = [await traffic(2), await traffic(4), await traffic(11)];
    assert.deepEqual([two.outputs, two.state], [all.outputs, all.state]);
    assert.deepEqual([four.outputs, four.state], [all.outputs, all.state]);
  });

  it('names an input that is missing', async () => {
    const step = await createOnnxEngine({ threads: 1 }).compileStep(definition(2));
    const { target: _, ...feed } = feedOf(0);
    await assert.rejects(async () => step.runAll([feedOf(0), feed]), /input target/);
    await step.dispose();
  });
});

/** Engines by name, threads, and what is said where the user's own TensorFlow is missing. */
import assert from 'node:assert/strict';
import { createEngine, engineChoices, engineOptions, physicalCores } from '../../src/engine/create-engine.js';
import type { Engine } from '../../src/engine/program/program.js';
import { findTensorflow } from '../../src/engine/tensorflow.js';
import * as tf from '../../src/engine/tfjs.js';
import { UserError } from '../../src/errors.js';
import { assertAllClose } from './assert-close.js';
import { normal } from './random-tensors.js';
import { skip } from '../skip.js';
import { withoutEngines } from './without-engines.js';

const userError =
  (...parts: string[]) =>
  (error: unknown) => {
    assert.ok(error instanceof UserError, String(error));
    for (const part of parts) assert.ok(error.message.includes(part), error.message);
    assert.ok(error.message.split('\n').length <= 3, error.message);
    return true;
  };

async function product(engine: Engine) {
  const parameters = { w: normal(4, 5)('w') };
  const inputs = { x: normal(3, 4)('x') };
  const inference = await engine.compileInference({
    program: ({ x, w }) => ({ y: tf.softmax(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)) }),
    inputs,
    parameters,
  });
  const outputs = await inference.run(inputs);
  await inference.dispose();
  return outputs;
}

describe('createEngine', () => {
  it('makes the engines that come with acanet', async () => {
    for (const name of ['onnx', 'reference'] as const) {
      assert.equal((await createEngine({ name, device: 'cpu', threads: 1 })).name, name);
    }
  });

  it('lists every engine and device that options may name', () => {
    const { name, device } = engineOptions.shape;
    assert.deepEqual([...new Set(engineChoices.map((choice) => choice.name))], name.unwrap().options);
    assert.deepEqual([...new Set(engineChoices.map((choice) => choice.device))], device.unwrap().options);
    for (const choice of engineChoices) assert.deepEqual(engineOptions.parse(choice), { ...choice, threads: null });
  });

  it('has onnx on the CPU with one thread a core as its default', () => {
    assert.deepEqual(engineOptions.parse({}), { name: 'onnx', device: 'cpu', threads: null });
    assert.ok(physicalCores() >= 1);
  });

  it('gives the same result with every number of threads, to rounding', async () => {
    const [one, two, all] = await Promise.all(
      [1, 2, null].map(async (threads) => product(await createEngine({ name: 'onnx', device: 'cpu', threads }))),
    );
    assertAllClose(two, one, 1e-6); // sums of 4 products may be split differently
    assertAllClose(all, one, 1e-6);
  });

  describe('where no engine is installed', () => {
    withoutEngines();

    for (const [device, command] of [
      ['cpu', 'acanet engine install tensorflow'],
      ['cuda', 'acanet engine install tensorflow --gpu'],
    ] as const) {
      it(`says how to install TensorFlow for ${device}`, async function () {
        if (findTensorflow(device)) skip(this, 'TensorFlow is in node_modules');
        const wanted = createEngine({ name: 'tensorflow', device, threads: null });
        await assert.rejects(wanted, userError('--engine tensorflow', command));
      });
    }

    it('says how to install the CUDA part of ONNX Runtime', async () => {
      const wanted = createEngine({ name: 'onnx', device: 'cuda', threads: null });
      await assert.rejects(wanted, userError('--device cuda', 'acanet engine install cuda'));
    });
  });

  it('runs TensorFlow as the reference engine does, where it is installed', async function () {
    if (!findTensorflow('cpu')) skip(this, 'TensorFlow is not installed');
    const reference = await createEngine({ name: 'reference', device: 'cpu', threads: null });
    const tensorflow = await createEngine({ name: 'tensorflow', device: 'cpu', threads: 1 });
    assert.match(tensorflow.computesOn!, /^TensorFlow \d+\.\d+\.\d+, \d+ threads$/);
    assertAllClose(await product(tensorflow), await product(reference), 1e-6);
  });
});

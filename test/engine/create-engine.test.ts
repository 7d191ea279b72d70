/** Engines by name, threads, and what is said where the user's own TensorFlow is missing. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import {
  createEngine,
  engineChoices,
  engineOptions,
  INSTALL_TENSORFLOW,
  physicalCores,
} from '../../src/engine/create-engine.js';
import type { Engine } from '../../src/engine/program/program.js';
import * as tf from '../../src/engine/tfjs.js';
import { UserError } from '../../src/errors.js';
import { assertAllClose } from './assert-close.js';
import { normal } from './random-tensors.js';
import { skip } from '../skip.js';

const require = createRequire(import.meta.url);
const installed = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'].some((name) => {
  try {
    return Boolean(require.resolve(name));
  } catch {
    return false;
  }
});
const nodeMajor = Number(process.versions.node.split('.')[0]);
const userError =
  (...parts: string[]) =>
  (error: unknown) => {
    assert.ok(error instanceof UserError, String(error));
    for (const part of parts) assert.ok(error.message.includes(part), error.message);
    assert.ok(error.message.split('\n').length <= 3, error.message);
    return true;
  };
const tensorflow = { name: 'tensorflow', device: 'cpu', threads: null } as const;

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

  it('says how to install TensorFlow where it is not installed', async function () {
    if (installed) skip(this, 'TensorFlow is installed');
    if (nodeMajor >= 23) skip(this, 'TensorFlow does not run on this Node');
    await assert.rejects(createEngine(tensorflow), userError('--engine tensorflow', INSTALL_TENSORFLOW));
  });

  it('says that TensorFlow does not run on a newer Node', async () => {
    const { node } = process.versions;
    const versions = Object.getOwnPropertyDescriptor(process, 'versions')!;
    for (const version of ['23.0.0', '24.11.1']) {
      Object.defineProperty(process, 'versions', { ...versions, value: { ...process.versions, node: version } });
      try {
        await assert.rejects(createEngine(tensorflow), userError(`Node ${version}`, 'use Node 20 or 22'));
      } finally {
        Object.defineProperty(process, 'versions', versions);
      }
    }
    assert.equal(process.versions.node, node);
  });

  it('runs TensorFlow as the reference engine does, where it is installed', async function () {
    if (nodeMajor >= 23) skip(this, 'TensorFlow does not run on this Node');
    if (!installed) skip(this, 'TensorFlow is not installed');
    const reference = await createEngine({ name: 'reference', device: 'cpu', threads: null });
    assertAllClose(await product(await createEngine(tensorflow)), await product(reference), 1e-6);
  });
});

/** What a program may not do on the compiled engine is an error that says what, of which shapes, and where. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createEngine } from '../../src/engine/create-engine.js';
import type { Engine, Program, TensorSpecs } from '../../src/engine/program/program.js';
import * as tf from '../../src/engine/tfjs.js';
import { normal } from './random-tensors.js';

/** Line (from 1) of this compiled file in which the marker stands. */
function lineOf(marker: string): number {
  const lines = readFileSync(fileURLToPath(import.meta.url), 'utf8').split('\n');
  return lines.findIndex((line) => line.includes(marker) && !line.includes('lineOf')) + 1;
}

const cumulate: Program = ({ x }) => {
  const y = tf.cumsum(x, 1); // marker: cumulate
  return { y };
};
const look: Program = ({ x }) => {
  const [first] = tf.tanh(x).dataSync(); // marker: look
  return { y: tf.mul(x, first) };
};
const pack: Program = ({ x }) => ({
  y: tf.stack([x, x]), // marker: pack
});
const range: Program = ({ x }) => ({
  y: tf.add(x, tf.range(0, 4)), // marker: range
});
const mirror: Program = ({ x }) => ({
  y: tf.mirrorPad(x, [[0, 0], [1, 1]], 'symmetric'), // marker: mirror
}); // prettier-ignore

describe('a program that cannot be compiled', () => {
  let engine: Engine;
  before(async () => {
    engine = await createEngine({ name: 'onnx', device: 'cpu', threads: 1 });
  });
  const inputs: TensorSpecs = { x: { shape: [3, 4] } };
  const messageOf = async (program: Program): Promise<string> => {
    try {
      await engine.compileInference({ program, inputs, parameters: {} });
    } catch (error) {
      return (error as Error).message;
    }
    return assert.fail('it was compiled');
  };
  const here = fileURLToPath(import.meta.url);

  it('is told the kernel, its shapes and the line of a kernel without a lowering', async () => {
    const [first, second] = (await messageOf(cumulate)).split('\n');
    assert.ok(first.startsWith('the onnx engine has no lowering for the TensorFlow.js kernel Cumsum of x float32[3,4], called at '), first); // prettier-ignore
    assert.ok(first.includes(`${here}:${lineOf('marker: cumulate')}:`), first);
    assert.match(second, /--engine reference$/);
  });

  it('is told every input of a kernel without a lowering', async () => {
    const message = await messageOf(pack);
    assert.match(message, /kernel Pack of 0 float32\[3,4\], 1 float32\[3,4\], called at /);
    assert.ok(message.includes(`${here}:${lineOf('marker: pack')}:`), message);
  });

  it('is told of a kernel without tensors', async () => {
    const message = await messageOf(range);
    assert.match(message, /kernel Range, called at /);
    assert.ok(message.includes(`${here}:${lineOf('marker: range')}:`), message);
  });

  it('is told of an option that is not lowered', async () => {
    const message = await messageOf(mirror);
    assert.match(message, /pads with 'reflect' only, got 'symmetric', called at /);
    assert.ok(message.includes(`${here}:${lineOf('marker: mirror')}:`), message);
  });

  it('may not read values', async () => {
    const message = await messageOf(look);
    assert.match(message, /^the program reads the values of a tensor \[3,4\] while it is traced, called at /);
    assert.ok(message.includes(`${here}:${lineOf('marker: look')}:`), message);
  });

  it('may read values that it made itself', async () => {
    const program: Program = ({ x }) => ({ y: tf.mul(x, tf.tensor1d([3, 4, 5, 6]).dataSync()[1]) });
    const inference = await engine.compileInference({ program, inputs, parameters: {} });
    const feed = { x: normal(3, 4)('x') };
    const { y } = await inference.run(feed);
    assert.deepEqual(
      y.data,
      feed.x.data.map((value) => value * 4),
    );
    await inference.dispose();
  });

  it('leaves the engine able to compile the next', async () => {
    await messageOf(cumulate);
    const inference = await engine.compileInference({ program: ({ x }) => ({ y: tf.neg(x) }), inputs, parameters: {} });
    const feed = { x: normal(3, 4)('x') };
    assert.deepEqual(
      (await inference.run(feed)).y.data,
      feed.x.data.map((value) => -value),
    );
    await inference.dispose();
  });

  it('is told of a state that its step does not return', async () => {
    for (const name of ['onnx', 'reference'] as const) {
      const other = await createEngine({ name, device: 'cpu', threads: 1 });
      const start = async () => {
        const step = await other.compileStep({ program: ({ x }) => ({ y: x }), inputs, state: { w: normal(2)('w') } });
        await step.run({ x: new Float32Array(12) });
      };
      await assert.rejects(start, { message: 'internal: the step drops w' });
    }
  });
});

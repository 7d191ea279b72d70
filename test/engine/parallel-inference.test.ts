/** Inferences side by side give the bits of one on a single thread, whatever their number, and errors of their own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOnnxEngine } from '../../src/engine/onnx-engine.js';
import { createParallelInference } from '../../src/engine/parallel-inference.js';
import { float32, type HostTensors } from '../../src/engine/program/host-tensor.js';
import type { InferenceDefinition } from '../../src/engine/program/program.js';
import * as tf from '../../src/engine/tfjs.js';
import { normal } from './random-tensors.js';

const definition: Omit<InferenceDefinition, 'atOnce'> = {
  program: ({ x, w }) => ({ y: tf.softmax(tf.matMul(tf.relu(tf.matMul(x, w)), w, false, true)), sum: tf.sum(x, 1) }),
  inputs: { x: { shape: [1, 'T', 48] } },
  parameters: { w: normal(48, 96)('w') },
};
const inputs = Array.from({ length: 24 }, (_, i): HostTensors => ({ x: normal(1, 5 + 31 * (i % 9), 48)(`x${i}`) }));

describe('inferences side by side', () => {
  it('give the bits of single ones on one thread, in any order of their ends', async () => {
    const engine = createOnnxEngine({ threads: 3 });
    const runs = await Promise.all(
      [undefined, 1, 2, 50].map(async (atOnce) => {
        const on = atOnce === undefined ? createOnnxEngine({ threads: 1 }) : engine;
        const inference = await on.compileInference({ ...definition, atOnce });
        const outputs = await Promise.all(inputs.map((input) => inference.run(input)));
        await inference.dispose();
        return { atOnce: inference.atOnce, outputs };
      }),
    );
    assert.deepEqual(
      runs.map(({ atOnce }) => atOnce),
      [1, 1, 2, 3],
    );
    for (const { outputs } of runs) {
      for (const [i, { y, sum }] of outputs.entries()) {
        assert.deepEqual([y.shape, sum.shape], [runs[0].outputs[i].y.shape, runs[0].outputs[i].sum.shape]);
        assert.deepEqual([...y.data], [...runs[0].outputs[i].y.data]);
        assert.deepEqual([...sum.data], [...runs[0].outputs[i].sum.data]);
      }
    }
  });

  it('leave no file behind, and say what to do where none can be written', async () => {
    const [folder, before] = [mkdtempSync(join(tmpdir(), 'acanet-test-')), process.env.TMPDIR];
    const start = () => createOnnxEngine({ threads: 2 }).compileInference({ ...definition, atOnce: 2 });
    try {
      process.env.TMPDIR = folder;
      const inference = await start();
      await inference.run(inputs[0]);
      await inference.dispose();
      assert.deepEqual(readdirSync(folder), []);
      process.env.TMPDIR = join(folder, 'missing');
      await assert.rejects(start(), /cannot write the model into the temporary folder .*missing.*\nset TMPDIR/s);
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
      rmSync(folder, { recursive: true });
    }
  });

  it('end in peace while threads still start and compute', async () => {
    const engine = createOnnxEngine({ threads: 4 });
    for (let started = 0; started < 10; started++) {
      const inference = await engine.compileInference({ ...definition, atOnce: 4 });
      const runs = inputs.slice(0, 2 * started).map((input) => inference.run(input));
      if (started % 2) await Promise.race(runs);
      await inference.dispose();
      await Promise.all(runs);
    }
  });

  it('let the process end while threads compute', () => {
    const module = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
    const script = `
      import { createOnnxEngine } from ${module('../../src/engine/onnx-engine.js')};
      import * as tf from ${module('../../src/engine/tfjs.js')};
      import { normal } from ${module('./random-tensors.js')};
      const inference = await createOnnxEngine({ threads: 3 }).compileInference({
        program: ({ x, w }) => ({ y: tf.softmax(tf.matMul(x, w)) }),
        inputs: { x: { shape: [1, 'T', 96] } },
        parameters: { w: normal(96, 1024)('w') },
        atOnce: 3,
      });
      const x = normal(1, 3000, 96)('x');
      for (let i = 0; i < 20; i++) void inference.run({ x }).catch(() => undefined);
      setTimeout(() => process.exit(130), Number(process.argv[1]));`;
    for (const milliseconds of ['5', '120', '300']) {
      const ended = spawnSync(process.execPath, ['--input-type=module', '--eval', script, milliseconds], {
        timeout: 120_000,
      });
      assert.deepEqual([ended.status, ended.signal], [130, null], String(ended.stderr));
    }
  });

  it('say why where a thread cannot open the model, and end', async () => {
    const broken = await createParallelInference((path) => writeFile(path, 'no model'), { inputs: ['x'], threads: 2 });
    await assert.rejects(broken.run(inputs[0]), /model/);
    await broken.dispose();
  });

  it('name an input that is missing, and go on after one that does not fit', async () => {
    const engine = createOnnxEngine({ threads: 2 });
    const inference = await engine.compileInference({ ...definition, atOnce: 2 });
    await assert.rejects(async () => inference.run({}), /input x/);
    await assert.rejects(inference.run({ x: float32([1, 4, 7]) }), /[Dd]imension|shape/);
    assert.deepEqual(Object.keys(await inference.run(inputs[0])), ['y', 'sum']);
    await inference.dispose();
  });
});

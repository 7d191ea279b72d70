/**
 * Every lowering against TensorFlow.js's own reference kernels: small programs over random tensors, compiled and
 * interpreted; and the same programs on TensorFlow, where it is installed. A kernel that has a lowering and no row in
 * the tables is an error.
 */
import assert from 'node:assert/strict';
import { createEngine } from '../../../src/engine/create-engine.js';
import type { HostTensors } from '../../../src/engine/program/host-tensor.js';
import type { Engine } from '../../../src/engine/program/program.js';
import * as tf from '../../../src/engine/tfjs.js';
import { loweredKernels, TRACE_BACKEND } from '../../../src/engine/trace/trace-backend.js';
import { assertAllClose } from '../assert-close.js';
import { createTestedEngine, describeOnEngines } from '../engines.js';
import { elementwiseCases } from './elementwise.cases.js';
import { extensionCases } from './extensions.cases.js';
import type { LoweringCase } from './lowering-case.js';
import { matmulCases } from './matmul.cases.js';
import { reductionCases } from './reductions.cases.js';
import { shapeCases } from './shapes.cases.js';

const tables = {
  elementwise: elementwiseCases,
  extensions: extensionCases,
  matmul: matmulCases,
  reductions: reductionCases,
  shapes: shapeCases,
};

/** WebGPU promises sines and cosines to so much (WGSL, section 15.7.4: accuracy of expressions). */
const TRIGONOMETRY_ON_WEBGPU = 2 ** -11;

/** Both sides round to float32 after each of at most a few operations (6e-8 each) on sums of a few numbers. */
const DEFAULT_TOLERANCE = 1e-6;

/** Notes which kernels of the tracing backend are called; the returned function stops it. */
function noteCalls(called: Set<string>): () => void {
  const kernels = tf.getKernelsForBackend(TRACE_BACKEND);
  const originals = kernels.map((kernel) => kernel.kernelFunc);
  kernels.forEach((kernel, i) => {
    kernel.kernelFunc = (parameters) => {
      called.add(kernel.kernelName);
      return originals[i](parameters);
    };
  });
  return () => kernels.forEach((kernel, i) => (kernel.kernelFunc = originals[i]));
}

async function runOnce(engine: Engine, { program }: LoweringCase, inputs: HostTensors): Promise<HostTensors> {
  const inference = await engine.compileInference({
    program: (tensors) => Object.fromEntries([program(tensors)].flat().map((tensor, i) => [`y${i}`, tensor])),
    inputs,
    parameters: {},
  });
  const outputs = await inference.run(inputs);
  await inference.dispose();
  return outputs;
}

const inputsOf = (row: LoweringCase): HostTensors =>
  Object.fromEntries(Object.entries(row.inputs).map(([key, make]) => [key, make(`${row.kernel}/${row.name}/${key}`)]));

describeOnEngines(
  'kernels',
  (name) => {
    let engine: Engine;
    let reference: Engine;
    before(async () => {
      engine = await createTestedEngine(name, 1);
      reference = await createEngine({ name: 'reference', device: 'cpu', threads: null });
    });

    for (const [family, cases] of Object.entries(tables)) {
      describe(family, () => {
        const kernels = new Set<string>();
        for (const row of cases) {
          // On WebGPU each row builds a shader, which takes a tenth of a second: one of each kernel.
          if (name === 'webgpu' && kernels.has(row.kernel)) continue;
          kernels.add(row.kernel);
          it(`${row.kernel}: ${row.name}`, async () => {
            const inputs = inputsOf(row);
            const expected = await runOnce(reference, row, inputs);
            const called = new Set<string>();
            const stop = noteCalls(called);
            let actual: HostTensors;
            try {
              actual = await runOnce(engine, row, inputs);
            } finally {
              stop();
            }
            if (name === 'onnx') assert.ok(called.has(row.kernel), `calls ${[...called].join(', ')}`);
            const isRough = name === 'webgpu' && ['Sin', 'Cos'].includes(row.kernel);
            assertAllClose(actual, expected, isRough ? TRIGONOMETRY_ON_WEBGPU : (row.tolerance ?? DEFAULT_TOLERANCE));
          });
        }
      });
    }
  },
  ['onnx', 'tensorflow', 'webgpu'],
);

describe('lowerings', () => {
  it('all have a row in these tables', () => {
    const tested = new Set(Object.values(tables).flatMap((cases) => cases.map(({ kernel }) => kernel)));
    const untested = loweredKernels().filter((kernel) => !tested.has(kernel));
    assert.deepEqual(untested, []);
  });
});

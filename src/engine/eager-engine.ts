/**
 * @file Engines that run programs with TensorFlow.js itself, kernel by kernel.
 *
 * `reference` runs on tfjs's own JavaScript backend: slow, and the definition of right. `tensorflow` runs on
 * libtensorflow, if tfjs-node-gpu or tfjs-node is installed beside acanet.
 */
import { internal } from '../errors.js';
import { sizeOf } from './program/host-tensor.js';
import type { DType, HostData, HostTensor, HostTensors } from './program/host-tensor.js';
import type { Engine, Program, TensorMap } from './program/program.js';
import * as tf from './tfjs.js';
import { withBackend } from './program/with-backend.js';

// Production mode only silences advice to install another backend; no check that we rely on is lost.
tf.enableProdMode();

export function createEagerEngine(name: string, backendName: string): Engine {
  function execute(program: Program, inputs: HostTensors): HostTensors {
    const results: HostTensors = {};
    const compute = () => {
      const tensors: TensorMap = {};
      for (const [key, { dtype, shape, data }] of Object.entries(inputs)) {
        tensors[key] = tf.tensor(data, [...shape], dtype);
      }
      for (const [key, tensor] of Object.entries(program(tensors))) {
        const data = tensor.dataSync().slice() as HostData;
        results[key] = { dtype: tensor.dtype as DType, shape: tensor.shape, data };
      }
    };
    withBackend(backendName, () => {
      tf.tidy(compute);
    });
    return results;
  }

  return {
    name,
    async compileStep({ program, inputs, state, held }) {
      let current = state;
      const runOnce = (feed: Record<string, HostData>) => {
        const fed: HostTensors = {};
        for (const [key, { shape, dtype = 'float32' }] of Object.entries(inputs)) {
          fed[key] = { dtype, shape: shape as number[], data: checkedData(key, feed[key], shape as number[]) };
        }
        const results = execute(program, { ...fed, ...held, ...current });
        for (const key of Object.keys(state)) if (!results[key]) throw internal(`the step drops ${key}`);
        current = Object.fromEntries(Object.keys(state).map((key) => [key, results[key]]));
        return Object.fromEntries(Object.entries(results).filter(([key]) => !(key in state)));
      };
      return Promise.resolve({
        run: async (feed) => Promise.resolve(runOnce(feed)),
        runAll: async (feeds) => Promise.resolve(feeds.map(runOnce)),
        readState: async (names = Object.keys(current)) =>
          Promise.resolve(copyTensors(Object.fromEntries(names.map((name) => [name, current[name]])))),
        dispose: () => Promise.resolve(),
      });
    },
    async compileInference({ program, parameters }) {
      return Promise.resolve({
        atOnce: 1,
        run: async (feed) => execute(program, { ...feed, ...parameters }),
        dispose: () => Promise.resolve(),
      });
    },
  };
}

const copyTensors = (tensors: HostTensors): HostTensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([key, tensor]): [string, HostTensor] => [
      key,
      { ...tensor, data: tensor.data.slice() },
    ]),
  );

function checkedData(name: string, data: HostData | undefined, shape: readonly number[]): HostData {
  if (data?.length !== sizeOf(shape)) {
    throw internal(`input ${name} needs ${sizeOf(shape)} values, got ${data?.length ?? 'none'}`);
  }
  return data;
}

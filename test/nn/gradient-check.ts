/**
 * @file Checks a layer's own gradient against finite differences of its value, and value and gradient against
 * TensorFlow.js's automatic differentiation of a plain formula, on every engine that is installed.
 *
 * Finite differences are of fourth order, (8·(f(+h) − f(−h)) − (f(+2h) − f(−2h))) / 12h with h = 0.02: the formula's
 * own error is about h⁴ = 2e-7, the rounding of f to float32 gives about 1e-7 · √outputs / h.
 */
import assert from 'node:assert/strict';
import { createEngine } from '../../src/engine/create-engine.js';
import type { HostTensor, HostTensors } from '../../src/engine/program/host-tensor.js';
import type { Engine, Program, TensorMap } from '../../src/engine/program/program.js';
import * as tf from '../../src/engine/tfjs.js';
import type { Tensor } from '../../src/engine/tfjs.js';
import { keyedRandom } from '../../src/random.js';
import { relativeDifference } from '../engine/assert-close.js';
import { TENSORFLOW_MISSING } from '../engine/engines.js';
import type { RandomTensor } from '../engine/random-tensors.js';

export interface GradientCheck {
  /** The layer. */
  readonly layer: (inputs: TensorMap) => Tensor;
  /** The same written plainly. */
  readonly plain: (inputs: TensorMap) => Tensor;
  readonly inputs: Readonly<Record<string, RandomTensor>>;
  /** Of the largest element of each gradient, between the layer's and the plain formula's. Default 1e-5. */
  readonly tolerance?: number;
  /** Of the largest element of each gradient, against finite differences. Default 1e-4. */
  readonly differenceTolerance?: number;
}

const STEP = 0.02;
/** Elements of each input that are varied. */
const PROBES = 16;

export interface Deviations {
  readonly value: number;
  readonly gradient: number;
  readonly differences: number;
}

/** The weighted sum of a layer's outputs, whose gradient is checked: weights are normal and fixed. */
function weightsFor(size: number): Float32Array {
  const random = keyedRandom('test', 'cotangent');
  return Float32Array.from({ length: size }, () => random.normal());
}

/** value, and gradient/NAME of the weighted sum for every input. */
const withGradients =
  (layer: GradientCheck['layer'], names: string[]): Program =>
  (inputs) => {
    let output: Tensor | undefined;
    const { grads } = tf.engine().gradients(
      () => {
        output = tf.keep(layer(inputs));
        return tf.sum(tf.mul(output, tf.tensor(weightsFor(output.size), output.shape))) as tf.Scalar;
      },
      names.map((name) => inputs[name]),
    );
    const value = tf.clone(output!);
    output!.dispose();
    return { value, ...Object.fromEntries(names.map((name, i) => [`gradient/${name}`, grads[i]])) };
  };

async function runOn(engine: Engine, program: Program, inputs: HostTensors): Promise<HostTensors> {
  const inference = await engine.compileInference({ program, inputs, parameters: {} });
  const outputs = await inference.run(inputs);
  await inference.dispose();
  return outputs;
}

const largest = ({ data }: HostTensor) => (data as Float32Array).reduce((max, x) => Math.max(max, Math.abs(x)), 1e-30);

/** Largest difference over the largest magnitude expected. */
function deviation(actual: HostTensor, expected: HostTensor): number {
  assert.deepEqual([...actual.shape], [...expected.shape]);
  const scale = largest(expected);
  return (relativeDifference(actual, expected) * Math.max(1, scale)) / scale;
}

export async function checkGradients(check: GradientCheck): Promise<Deviations> {
  const { layer, plain, tolerance = 1e-5, differenceTolerance = 1e-4 } = check;
  const names = Object.keys(check.inputs);
  const inputs = Object.fromEntries(names.map((name) => [name, check.inputs[name](name)]));
  const reference = await createEngine({ name: 'reference', device: 'cpu', threads: null });
  const others = (['onnx', 'tensorflow'] as const).filter((name) => name !== 'tensorflow' || !TENSORFLOW_MISSING);
  const expected = await runOn(reference, withGradients(plain, names), inputs);
  const worst = { value: 0, gradient: 0, differences: 0 };
  for (const name of ['reference', ...others] as const) {
    const engine = await createEngine({ name, device: 'cpu', threads: 1 });
    const actual = await runOn(engine, withGradients(layer, names), inputs);
    for (const [key, tensor] of Object.entries(expected)) {
      const differs = deviation(actual[key], tensor);
      assert.ok(differs <= tolerance, `${key} on ${engine.name} differs from the plain formula's by ${differs}`);
      const kind = key === 'value' ? 'value' : 'gradient';
      worst[kind] = Math.max(worst[kind], differs);
    }
  }

  const weights = weightsFor(expected.value.data.length);
  const inference = await reference.compileInference({
    program: (tensors) => ({ value: layer(tensors) }),
    inputs,
    parameters: {},
  });
  /** The weighted sum, added up in float64, with one element moved. */
  const sumAt = async (name: string, index: number, by: number) => {
    const data = inputs[name].data.slice();
    data[index] += by;
    const { value } = await inference.run({ ...inputs, [name]: { ...inputs[name], data } });
    const moved = data[index] - inputs[name].data[index]; // as float32 rounds it
    return { sum: (value.data as Float32Array).reduce((sum, y, i) => sum + y * weights[i], 0), moved };
  };
  for (const name of names) {
    const gradient = expected[`gradient/${name}`];
    const { length } = gradient.data;
    const random = keyedRandom('test', 'probes', name);
    const probes = length <= PROBES ? [...Array(length).keys()] : Array.from({ length: PROBES }, () => random.below(length)); // prettier-ignore
    for (const index of probes) {
      const slope = async (h: number) => {
        const [up, down] = [await sumAt(name, index, h), await sumAt(name, index, -h)];
        return (up.sum - down.sum) / (up.moved - down.moved);
      };
      const difference = (4 * (await slope(STEP)) - (await slope(2 * STEP))) / 3;
      const differs = Math.abs(difference - gradient.data[index]) / largest(gradient);
      assert.ok(
        differs <= differenceTolerance,
        `d/d${name}[${index}] is ${gradient.data[index]}, finite differences give ${difference}`,
      );
      worst.differences = Math.max(worst.differences, differs);
    }
  }
  await inference.dispose();
  if (process.env.SHOW_DEVIATIONS) console.log(worst);
  return worst;
}

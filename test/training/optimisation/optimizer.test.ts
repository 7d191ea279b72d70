/** @file Adam and SGD against PyTorch's, AdamW and clipping against their definitions. */
import assert from 'node:assert/strict';
import { float32, type HostTensors } from '../../../src/engine/program/host-tensor.js';
import * as tf from '../../../src/engine/tfjs.js';
import { readSafetensors } from '../../../src/storage/safetensors.js';
import { normal } from '../../engine/random-tensors.js';
import { createOptimizer, optimizerOptions } from '../../../src/training/optimisation/optimizer.js';

const FIXTURE = new URL('../../../../test/fixtures/train_bits/optim.safetensors', import.meta.url).pathname;

const toTensors = (host: HostTensors) =>
  Object.fromEntries(Object.entries(host).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]));

/** Runs the updates with the given gradients and returns each step's parameter `w`. */
function run(options: unknown, start: HostTensors, gradients: HostTensors[], lr: number): Float32Array[] {
  const optimizer = createOptimizer(optimizerOptions.parse(options));
  let parameters = toTensors(start);
  let slots = toTensors(optimizer.slots(start));
  return gradients.map((gradient, step) => {
    const scalars = tf.tensor1d(optimizer.scalars(step, lr));
    assert.equal(scalars.size, optimizer.scalarCount);
    ({ parameters, slots } = optimizer.apply({ parameters, gradients: toTensors(gradient), slots, scalars }));
    return parameters.w.dataSync() as Float32Array;
  });
}

describe('optimiser', () => {
  const stored = readSafetensors(FIXTURE);
  const gradients = [0, 1, 2, 3, 4].map((i) => ({ w: stored[`adam/g${i}`] }));

  before(async () => {
    tf.enableProdMode();
    await tf.setBackend('cpu');
  });

  const references = [
    { prefix: 'adam', options: { type: 'adam', weightDecay: 2e-6 }, lr: 1e-3 },
    { prefix: 'sgd_nesterov', options: { type: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 1e-4 }, lr: 0.1 },
  ];
  for (const { prefix, options, lr } of references) {
    it(`takes the same five steps as PyTorch's ${prefix}`, () => {
      const steps = run(options, { w: stored['adam/p0'] }, gradients, lr);
      for (const [i, values] of steps.entries()) {
        const expected = Array.from(stored[`${prefix}/p${i + 1}`].data);
        const worst = values.reduce((max, value, k) => Math.max(max, Math.abs(value - expected[k])), 0);
        // 1e-7 relative to the largest value, about 3: PyTorch fuses multiply and add, which may differ in the last
        // bit.
        const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 1);
        assert.ok(worst <= 1e-7 * largest, `step ${i + 1}: off by ${worst}`);
      }
    });
  }

  for (const options of [
    { type: 'adam', weightDecay: 0.1 },
    { type: 'adamw', weightDecay: 0.1, decayExclude: 'vectors' },
    { type: 'sgd', weightDecay: 0.1, decayExclude: 'vectors' },
    { type: 'sgd', nesterov: false },
  ]) {
    it(`gives every parameter what it would get alone: ${JSON.stringify(options)}`, () => {
      const shapes = { scale: [7], kernel: [2, 3, 5], large: [100, 200], one: [1, 1], last: [3] };
      const tensors = (prefix: string) =>
        Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, normal(...shape)(prefix + name)]));
      const optimizer = createOptimizer(optimizerOptions.parse(options));
      const [start, gradients] = [tensors('start'), [tensors('first'), tensors('second')]];
      const updated = (names: string[]) => {
        const pick = (all: HostTensors) => toTensors(Object.fromEntries(names.map((name) => [name, all[name]])));
        let [parameters, slots] = [pick(start), toTensors(optimizer.slots(start))];
        for (const [step, gradient] of gradients.entries()) {
          const scalars = tf.tensor1d(optimizer.scalars(step, 0.1));
          ({ parameters, slots } = optimizer.apply({ parameters, gradients: pick(gradient), slots, scalars }));
        }
        const all = Object.entries({ ...parameters, ...slots });
        return Object.fromEntries(
          all.map(([name, tensor]) => [name, { shape: tensor.shape, data: tensor.dataSync() }]),
        );
      };
      const together = updated(Object.keys(shapes));
      assert.deepEqual(together, Object.assign({}, ...Object.keys(shapes).map((name) => updated([name]))));
    });
  }

  it('decays the weight apart from the gradient in AdamW, by lr · weightDecay', () => {
    const start = { w: float32([2], Float32Array.of(2, -4)) };
    const still = [{ w: float32([2]) }];
    assert.deepEqual([...run({ type: 'adamw', weightDecay: 0.5 }, start, still, 0.25)[0]], [1.75, -3.5]);
    const excluding = { type: 'adamw', weightDecay: 0.5, decayExclude: 'vectors' };
    assert.deepEqual([...run(excluding, start, still, 0.25)[0]], [2, -4]);
  });

  it('moves by the gradient alone without momentum, and needs no slots then', () => {
    const start = { w: float32([2], Float32Array.of(1, 2)) };
    const options = { type: 'sgd', momentum: 0, nesterov: false };
    assert.deepEqual([...run(options, start, [{ w: float32([2], Float32Array.of(4, -4)) }], 0.5)[0]], [-1, 4]);
    assert.deepEqual(createOptimizer(optimizerOptions.parse(options)).slots(start), {});
  });

  it('scales all gradients by one factor when their common norm exceeds the limit, and reports the squared norms', () => {
    const optimizer = createOptimizer(
      optimizerOptions.parse({ type: 'sgd', momentum: 0, nesterov: false, gradientClip: 2.5 }),
    );
    const apply = (scale: number) =>
      optimizer.apply({
        parameters: { a: tf.tensor1d([0]), b: tf.tensor2d([[0]]) },
        gradients: { a: tf.tensor1d([3 * scale]), b: tf.tensor2d([[4 * scale]]) },
        slots: {},
        scalars: tf.tensor1d(optimizer.scalars(0, 1)),
      });
    const clipped = apply(1);
    assert.deepEqual([...clipped.gradSquares!.dataSync()], [9, 16]);
    // 1e-6 in the denominator of the factor, as in PyTorch: 2e-7 relative.
    assert.ok(Math.abs(clipped.parameters.a.dataSync()[0] + 1.5) < 1e-6);
    assert.ok(Math.abs(clipped.parameters.b.dataSync()[0] + 2) < 1e-6);
    assert.equal(apply(0.25).parameters.a.dataSync()[0], -0.75, 'a small gradient is left as it is');
  });

  it('makes zero slots named after the parameters, and keeps their order', () => {
    const optimizer = createOptimizer(optimizerOptions.parse({ type: 'adam' }));
    const start = { x: float32([2, 3]), y: float32([]) };
    const slots = optimizer.slots(start);
    assert.deepEqual(Object.keys(slots), ['m/x', 'm/y', 'v/x', 'v/y']);
    const { slots: updated, parameters } = optimizer.apply({
      parameters: toTensors(start),
      gradients: toTensors(start),
      slots: toTensors(slots),
      scalars: tf.tensor1d(optimizer.scalars(0, 1e-3)),
    });
    assert.deepEqual(Object.keys(updated), Object.keys(slots));
    assert.deepEqual(parameters.y.shape, []);
  });

  it('refuses options that it does not know', () => {
    assert.throws(() => optimizerOptions.parse({ type: 'adam', momentum: 0.9 }), /momentum/);
    assert.throws(() => optimizerOptions.parse({ type: 'rmsprop' }));
  });
});

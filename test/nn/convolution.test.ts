/** Convolution over time: values, gradients, and the shortest inputs. */
import assert from 'node:assert/strict';
import * as tf from '../../src/engine/tfjs.js';
import type { Tensor } from '../../src/engine/tfjs.js';
import { createEngine } from '../../src/engine/create-engine.js';
import { float32 } from '../../src/engine/program/host-tensor.js';
import type { Program } from '../../src/engine/program/program.js';
import { withBackend } from '../../src/engine/program/with-backend.js';
import { convolutionMargin, timeConvolution, timeConvolutionRows } from '../../src/nn/convolution.js';
import { assertAllClose } from '../engine/assert-close.js';
import { normal } from '../engine/random-tensors.js';
import { checkGradients } from './gradient-check.js';

interface Case {
  readonly kernel: number;
  readonly dilation: number;
  readonly groups: number;
  readonly frames: number;
  readonly margin?: 'zeros';
}

/** One product a tap and group, of slices of the input with its reflections. */
function plainConvolution(x: Tensor, weight: Tensor, bias: Tensor, row: Case): Tensor {
  const { kernel, dilation, groups } = row;
  const margin = convolutionMargin(kernel, dilation);
  const [channels, batch, frames] = x.shape as [number, number, number];
  const cut = (from: number, count: number) => tf.slice(x, [0, 0, from], [channels, batch, count]);
  const zeros = tf.zeros([channels, batch, margin]);
  const parts =
    row.margin === 'zeros'
      ? [zeros, x, zeros]
      : [tf.reverse(cut(1, margin), 2), x, tf.reverse(cut(frames - 1 - margin, margin), 2)];
  const padded = margin > 0 ? tf.concat(parts, 2) : x;
  const [outputs, inputs] = weight.shape;
  const groupOutputs = Array.from({ length: groups }, (_, g) => {
    const taps = Array.from({ length: kernel }, (_, k) => {
      const part = tf.slice(padded, [g * inputs, 0, k * dilation], [inputs, batch, frames]);
      const tapWeight = tf.reshape(tf.slice(weight, [(g * outputs) / groups, 0, k], [outputs / groups, inputs, 1]), [
        outputs / groups,
        inputs,
      ]);
      return tf.matMul(tapWeight as tf.Tensor2D, tf.reshape(part, [inputs, batch * frames]) as tf.Tensor2D) as Tensor;
    });
    return taps.reduce((sum, tap) => tf.add(sum, tap));
  });
  return tf.reshape(tf.add(tf.concat(groupOutputs, 0), tf.reshape(bias, [-1, 1])), [outputs, batch, frames]);
}

const cases: Case[] = [
  { kernel: 1, dilation: 1, groups: 1, frames: 4 },
  { kernel: 1, dilation: 1, groups: 2, frames: 4 },
  { kernel: 3, dilation: 1, groups: 1, frames: 7 },
  { kernel: 3, dilation: 1, groups: 1, frames: 5 }, // the fewest frames with gradients: 2 · margin + 3
  { kernel: 3, dilation: 2, groups: 1, frames: 9 },
  { kernel: 3, dilation: 4, groups: 2, frames: 11 },
  { kernel: 5, dilation: 1, groups: 1, frames: 7 },
  { kernel: 5, dilation: 3, groups: 2, frames: 16 },
  { kernel: 3, dilation: 3, groups: 4, frames: 9 },
  { kernel: 3, dilation: 1, groups: 1, frames: 1, margin: 'zeros' },
  { kernel: 3, dilation: 2, groups: 1, frames: 9, margin: 'zeros' },
  { kernel: 5, dilation: 1, groups: 2, frames: 4, margin: 'zeros' },
];

describe('timeConvolution', () => {
  for (const row of cases) {
    const { kernel, dilation, groups, frames, margin } = row;
    const between = margin ? ` between ${margin}` : '';
    it(`with kernel ${kernel}, dilation ${dilation}, groups ${groups} over ${frames} frames${between}, and its gradients`, async () => {
      await checkGradients({
        layer: ({ x, weight, bias }) => timeConvolution(x, weight, bias, { dilation, groups, margin }),
        plain: ({ x, weight, bias }) => plainConvolution(x, weight, bias, row),
        inputs: { x: normal(4, 2, frames), weight: normal(8, 4 / groups, kernel), bias: normal(8) },
      });
    });
  }

  for (const row of cases.filter(({ margin }) => !margin)) {
    const { kernel, dilation, groups, frames } = row;
    it(`is the same over rows with kernel ${kernel}, dilation ${dilation}, groups ${groups} over ${frames} frames`, async () => {
      const inputs = {
        x: normal(4, 2, frames)('x'),
        weight: normal(8, 4 / groups, kernel)('weight'),
        bias: normal(8)('bias'),
      };
      const program: Program = ({ x, weight, bias }) => {
        const rows = timeConvolutionRows(tf.transpose(x, [1, 2, 0]), weight, bias, { dilation, groups });
        return { byRows: tf.transpose(rows, [2, 0, 1]) };
      };
      const plain = withBackend('cpu', () => {
        const { x, weight, bias } = Object.fromEntries(
          Object.entries(inputs).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]),
        );
        return plainConvolution(x, weight, bias, row).dataSync() as Float32Array<ArrayBuffer>;
      });
      const expected = { byRows: float32([8, 2, frames], plain) };
      for (const name of ['onnx', 'reference'] as const) {
        const engine = await createEngine({ name, device: 'cpu', threads: 1 });
        const inference = await engine.compileInference({
          program,
          inputs: { ...inputs, x: { shape: [4, 2, 'T'] } },
          parameters: {},
        });
        assertAllClose(await inference.run(inputs), expected, 1e-6); // sums of up to 21 products of float32
        await inference.dispose();
      }
    });
  }

  it('has no bias where none is given', () => {
    const [value] = withBackend('cpu', () =>
      timeConvolution(tf.ones([1, 1, 1]), tf.fill([1, 1, 1], 3), undefined).dataSync(),
    );
    assert.equal(value, 3);
  });

  const run = (kernel: number, dilation: number, frames: number, gradient: boolean) =>
    withBackend('cpu', () => {
      const [weight, bias] = [tf.ones([1, 1, kernel]), tf.zeros([1])];
      const convolve = (x: Tensor) => timeConvolution(x, weight, bias, { dilation });
      const x = tf.tensor3d(
        Float32Array.from({ length: frames }, (_, t) => t),
        [1, 1, frames],
      );
      return (gradient ? tf.grad(convolve)(x) : convolve(x)).dataSync();
    });

  it('reflects a short input about its ends', () => {
    assert.deepEqual([...run(3, 1, 2, false)], [1 + 0 + 1, 0 + 1 + 0]);
    assert.deepEqual([...run(5, 1, 3, false)], [2 + 1 + 0 + 1 + 2, 1 + 0 + 1 + 2 + 1, 0 + 1 + 2 + 1 + 0]);
  });

  it('needs more frames than its margin, and for gradients 3 more than twice that', () => {
    assert.throws(() => run(5, 1, 2, false));
    assert.throws(() => run(5, 1, 6, true), /training through a reflect padding of 2 needs 7 frames, got 6/);
    assert.equal(run(5, 1, 7, true).length, 7);
  });
});

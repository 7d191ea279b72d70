/** Means of segments, and values spread over them: against sums of slices, and one graph for every length. */
import { createEngine } from '../../src/engine/create-engine.js';
import * as tf from '../../src/engine/tfjs.js';
import type { Tensor } from '../../src/engine/tfjs.js';
import { createSegments } from '../../src/nn/segments.js';
import { assertAllClose } from '../engine/assert-close.js';
import { normal } from '../engine/random-tensors.js';
import { checkGradients } from './gradient-check.js';

const LENGTH = 4;

const startsOf = (frames: number) =>
  Array.from({ length: Math.ceil(frames / LENGTH) }, (_, segment) => segment * LENGTH);

const plainMeans = (x: Tensor) => {
  const [channels, batch, frames] = x.shape as [number, number, number];
  const means = startsOf(frames).map((from) =>
    tf.mean(tf.slice(x, [0, 0, from], [channels, batch, Math.min(LENGTH, frames - from)]), 2, true),
  );
  return tf.concat(means, 2);
};

const plainSpread = (values: Tensor, frames: number) => {
  const [channels, batch] = values.shape as [number, number];
  const parts = startsOf(frames).map((from, segment) =>
    tf.tile(tf.slice(values, [0, 0, segment], [channels, batch, 1]), [1, 1, Math.min(LENGTH, frames - from)]),
  );
  return tf.concat(parts, 2);
};

describe('segments', () => {
  for (const frames of [1, 3, 4, 5, 9]) {
    it(`of ${frames} frames have means, with their gradients`, async () => {
      await checkGradients({
        layer: ({ x }) => createSegments(frames, LENGTH).means(x),
        plain: ({ x }) => plainMeans(x),
        inputs: { x: normal(2, 3, frames) },
      });
    });

    it(`of ${frames} frames share values, with their gradients`, async () => {
      await checkGradients({
        layer: ({ values }) => createSegments(frames, LENGTH).spread(values),
        plain: ({ values }) => plainSpread(values, frames),
        inputs: { values: normal(2, 3, Math.ceil(frames / LENGTH)) },
      });
    });
  }

  it('are found in one session for every length', async () => {
    const program = ({ x }: Record<string, Tensor>) => {
      const segments = createSegments(x.shape[2]!, 100);
      return { y: segments.spread(segments.means(x)) };
    };
    const [onnx, reference] = [
      await createEngine({ name: 'onnx', device: 'cpu', threads: 1 }),
      await createEngine({ name: 'reference', device: 'cpu', threads: null }),
    ];
    const inputs = { x: { shape: [2, 1, 'T'] } };
    const session = await onnx.compileInference({ program, inputs, parameters: {} });
    for (const frames of [1, 99, 100, 101, 199, 200, 201, 1000, 12345]) {
      const x = normal(2, 1, frames)(`x${frames}`);
      const plain = await reference.compileInference({ program, inputs: { x: { shape: x.shape } }, parameters: {} });
      assertAllClose(await session.run({ x }), await plain.run({ x }), 1e-6); // means of 100 numbers
    }
    await session.dispose();
  });
});

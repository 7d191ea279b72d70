/**
 * @file Segments of frames: their means, and values that all frames of a segment share. [C, B, T] ↔ [C, B, S].
 *
 * Segments begin at the first frame; the last one has the frames that are left. Both maps are linear, each the other's
 * adjoint but for the number of frames.
 */
import { averageSegments, segmentSizes } from '../engine/trace/extensions.js';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import { frameNumbers } from './positional-encoding.js';

/** Segments of `length` frames. */
export interface Segments {
  /** The mean of each segment: x [C, B, frames] → [C, B, S]. */
  means(x: Tensor): Tensor;
  /** Every frame gets the value of its segment: [C, B, S] → [C, B, frames]. */
  spread(values: Tensor): Tensor;
}

/** The segments of utterances of so many frames, for all layers of one pass. */
export function createSegments(frames: number, length: number): Segments {
  let known: Tensor | undefined;
  // NOTE: not within a custom gradient, which disposes of what is made there; gone when gradients are computed.
  const membership = (segments: number) => (known ??= membershipOf(frames, segments, length));
  const sizes = () => tf.tensor1d(segmentSizes(frames, length));
  const over = (values: Tensor, members: Tensor) => {
    const [channels, batch, segments] = values.shape as [number, number, number];
    const rows = tf.reshape(values, [channels * batch, segments]) as tf.Tensor2D;
    return tf.reshape(tf.matMul(rows, members as tf.Tensor2D), [channels, batch, frames]);
  };
  return {
    means(x) {
      const average = tf.customGrad((input) => ({
        value: averageSegments(input as Tensor, length),
        gradFunc: (dy: Tensor) => over(tf.div(dy, sizes()), fixedMembership(frames, dy.shape[2]!, length)),
      })) as (x: Tensor) => Tensor;
      return average(x);
    },
    spread(values) {
      const members = membership(values.shape[2]!);
      const spread = tf.customGrad((input) => ({
        value: over(input as Tensor, members),
        gradFunc: (dy: Tensor) => tf.mul(averageSegments(dy, length), sizes()),
      })) as (values: Tensor) => Tensor;
      return spread(values);
    },
  };
}

/** [S, T]: 1 where a frame lies in a segment. Of numbers from a table, so that one graph serves every length. */
function membershipOf(frames: number, segments: number, length: number): Tensor {
  // The middle of a frame is far from the borders of its segment, whatever the rounding.
  const segmentOf = tf.floor(tf.mul(tf.add(frameNumbers(frames), 0.5), 1 / length));
  const inside = tf.equal(tf.reshape(segmentOf, [1, frames]), tf.reshape(frameNumbers(segments), [segments, 1]));
  return tf.cast(inside, 'float32');
}

/** The same for a number of frames that does not vary. */
const fixedMembership = (frames: number, segments: number, length: number): Tensor =>
  tf.tensor2d(
    Float32Array.from({ length: segments * frames }, (_, i) =>
      Number(Math.floor((i % frames) / length) === Math.floor(i / frames)),
    ),
    [segments, frames],
  );

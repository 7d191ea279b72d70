/**
 * @file Convolution over time, channels first, [C, B, T] → [C', B, T], with the margins reflected (SpeechBrain) or zero.
 *
 * Kernel taps are gathered into columns (im2col), so that forward pass and both gradients are single matrix products;
 * the gradient of a reflection adds the margins back, mirrored. ONNX Runtime's own transposed convolution and
 * strided weight gradient are several times slower.
 */
import { internal } from '../errors.js';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import { linear } from './linear.js';
import { frameNumbers } from './positional-encoding.js';

export interface ConvolutionOptions {
  readonly dilation?: number;
  readonly groups?: number;
  /** What lies before the first frame and behind the last. Default reflection. */
  readonly margin?: 'reflection' | 'zeros';
}

/** Frames that padding adds at each end. */
export const convolutionMargin = (kernel: number, dilation: number): number => ((kernel - 1) * dilation) / 2;

/**
 * `weight` [out, in / groups, kernel] (kernel odd), `bias` [out] or none, x [in, B, T] → [out, B, T].
 * With reflection it needs more than `convolutionMargin` frames, and for gradients more than twice that and two.
 */
export function timeConvolution(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  { dilation = 1, groups = 1, margin = 'reflection' }: ConvolutionOptions = {},
): Tensor {
  if (groups > 1) {
    const inputs = tf.split(x, groups, 0);
    const weights = tf.split(weight, groups, 0);
    const biases = bias && tf.split(bias, groups, 0);
    const outputs = inputs.map((input, g) => timeConvolution(input, weights[g], biases?.[g], { dilation, margin }));
    return tf.concat(outputs, 0);
  }
  const [outputs, inputs, kernel] = weight.shape;
  const [, batch, frames] = x.shape;
  const tapMajor = tf.reshape(tf.transpose(weight, [0, 2, 1]), [outputs, kernel! * inputs]);
  const product =
    kernel === 1
      ? tf.matMul(tapMajor, tf.reshape(x, [inputs, -1]) as tf.Tensor2D)
      : convolve(x, tapMajor, { kernel: kernel!, dilation, reflects: margin === 'reflection' });
  const biased = bias ? tf.add(product, tf.reshape(bias, [outputs, 1])) : product;
  return tf.reshape(biased, [outputs, batch, frames!]);
}

/**
 * The same with reflected margins over rows, x [B, T, in] → [B, T, out], for evaluation: it has no gradient. There
 * ONNX Runtime packs the weights beforehand.
 */
export function timeConvolutionRows(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  { dilation = 1, groups = 1 }: Pick<ConvolutionOptions, 'dilation' | 'groups'> = {},
): Tensor {
  if (groups > 1) {
    const [inputs, weights, biases] = [tf.split(x, groups, 2), tf.split(weight, groups, 0), tf.split(bias, groups, 0)];
    const outputs = inputs.map((input, g) => timeConvolutionRows(input, weights[g], biases[g], { dilation }));
    return tf.concat(outputs, 2);
  }
  const [outputs, inputs, kernel] = weight.shape as [number, number, number];
  const [batch, frames] = x.shape;
  const tapMajor = tf.reshape(tf.transpose(weight, [0, 2, 1]), [outputs, kernel * inputs]);
  const taps = kernel === 1 ? x : tf.gather(x, tapFrames(frames!, kernel, dilation), 1); // [B, T, kernel, in]
  return tf.reshape(linear(tf.reshape(taps, [-1, kernel * inputs]), tapMajor, bias, 'last'), [batch, frames!, outputs]);
}

/** Which frame each tap hears at each time, [T, kernel]: those outside are mirrored at the first and the last. */
function tapFrames(frames: number, kernel: number, dilation: number): tf.Tensor2D {
  const offsets = Float32Array.from(
    { length: kernel },
    (_, tap) => tap * dilation - convolutionMargin(kernel, dilation),
  );
  const heard = tf.abs(tf.add(tf.reshape(frameNumbers(frames), [frames, 1]), tf.tensor2d(offsets, [1, kernel])));
  const last = frames - 1;
  return tf.cast(tf.sub(last, tf.abs(tf.sub(last, heard))), 'int32') as tf.Tensor2D;
}

/** x [C, B, T], weight [C', kernel·C] tap-major → [C', B·T], without bias. */
function convolve(
  x: Tensor,
  weight: Tensor,
  { kernel, dilation, reflects }: { kernel: number; dilation: number; reflects: boolean },
): Tensor {
  const margin = convolutionMargin(kernel, dilation);
  const convolution = tf.customGrad((...args) => {
    const [x, weight] = args as Tensor[];
    const save = args[2] as unknown as tf.GradSaveFunc;
    const [inputs, batch, frames] = x.shape as [number, number, number];
    const [outputs] = weight.shape;
    const padded = reflects ? tf.mirrorPad(x, timePadding(margin), 'reflect') : tf.pad(x, timePadding(margin));
    const columns = gatherTaps(padded, kernel, dilation, frames);
    save([columns, weight]);
    return {
      value: tf.matMul(weight as tf.Tensor2D, columns as tf.Tensor2D),
      gradFunc: (dy: Tensor, [columns, weight]: Tensor[]) => {
        // Of zeros the gradient is not needed.
        const length = reflects ? frames + 2 * margin : frames;
        const flipped = flipTaps(weight, kernel, inputs);
        const around = reflects ? 2 * margin : margin;
        const padded = tf.pad(tf.reshape(dy, [outputs, batch, frames]), timePadding(around));
        const spread = gatherTaps(padded, kernel, dilation, length);
        const dPadded = tf.reshape(tf.matMul(flipped as tf.Tensor2D, spread as tf.Tensor2D), [inputs, batch, length]);
        return [
          reflects ? foldReflection(dPadded, margin, frames) : dPadded,
          tf.matMul(dy as tf.Tensor2D, columns as tf.Tensor2D, false, true),
        ];
      },
    };
  }) as (x: Tensor, weight: Tensor) => Tensor;
  return convolution(x, weight);
}

const timePadding = (margin: number): [number, number][] => [
  [0, 0],
  [0, 0],
  [margin, margin],
];

const timeSlice = (x: Tensor, from: number, count: number) =>
  tf.slice(x, [0, 0, from], [x.shape[0], x.shape[1]!, count]);

/** Taps of x [C, B, ·] at 0, d, 2d …, each `count` frames long, stacked over channels: [kernel·C, B·count]. */
function gatherTaps(x: Tensor, kernel: number, dilation: number, count: number): Tensor {
  const taps = Array.from({ length: kernel }, (_, tap) => timeSlice(x, tap * dilation, count));
  return tf.reshape(tf.concat(taps, 0), [kernel * x.shape[0], -1]);
}

/** [C', kernel·C] → [C, kernel·C'] with the taps in reverse order: the adjoint's weight. */
function flipTaps(weight: Tensor, kernel: number, inputs: number): Tensor {
  const taps = tf.split(weight, kernel, 1) as tf.Tensor2D[];
  if (taps[0].shape[1] !== inputs) throw internal('convolution weight is not tap-major');
  return tf.concat(
    taps.reverse().map((tap) => tf.transpose(tap)),
    1,
  );
}

/** The adjoint of reflect padding: frame t gets what its mirror images in the margins got. */
function foldReflection(dPadded: Tensor, margin: number, frames: number): Tensor {
  if (frames < 2 * margin + 3) {
    throw new RangeError(
      `training through a reflect padding of ${margin} needs ${2 * margin + 3} frames, got ${frames}`,
    );
  }
  const reversed = (from: number) => tf.reverse(timeSlice(dPadded, from, margin), 2);
  return tf.concat(
    [
      timeSlice(dPadded, margin, 1),
      tf.add(timeSlice(dPadded, margin + 1, margin), reversed(0)),
      timeSlice(dPadded, 2 * margin + 1, frames - 2 * margin - 2),
      tf.add(timeSlice(dPadded, frames - 1, margin), reversed(frames + margin)),
      timeSlice(dPadded, frames + margin - 1, 1),
    ],
    2,
  );
}

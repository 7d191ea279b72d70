/**
 * @file SphereFace2: for each speaker a yes-or-no question of its own, in place of one choice among all.
 *
 * With g(z) = 2·((z + 1) / 2)^t − 1, which spreads the cosines out, and b a trained bias, an embedding of speaker y has
 * the loss
 *
 *     λ · log(1 + exp(−p(θ_y))) + (1 − λ) · Σ_{i ≠ y} log(1 + exp(n(θ_i)))
 *
 * `marginType: cosine` (SphereFace2-C): p(θ) = s·(g(cos θ) − m) + b, n(θ) = s·(g(cos θ) + m) + b.
 * `marginType: angle` (SphereFace2-A): p(θ) = s·g(cos(θ + m)) + b, n(θ) = s·g(cos(θ − m)) + b; where θ + m would pass
 * π, cos θ − (1 − cos m) stands for cos(θ + m). Mean over the batch.
 * Sources: Wen et al., "SphereFace2", ICLR 2022, eq. 8; Han et al., "Exploring binary classification loss for speaker
 * verification", ICASSP 2023, eq. 4 to 7. As WeSpeaker's SphereFace2, whose authors recommend a margin of 0.2 (cosine)
 * or 0.15 (angle), and 0.3 or 0.25 on long crops at the end. Layout: embeddings [B, D], weight [classes, D], bias [1],
 * targets [B] int32.
 */
import { z } from 'zod';
import * as tf from '../../engine/tfjs.js';
import { zeros } from '../../nn/initialize.js';
import { createMargin, marginOptions } from '../optimisation/schedule.js';
import { CLASSIFIER, classifierWeight, cosines, targetMask, withGradient } from './cosine-classifier.js';
import type { LossEntry } from './loss.js';
import { turnedAngle } from './turned-angle.js';

export const sphereface2Options = z.strictObject({
  type: z.literal('sphereface2'),
  /** Factor on the spread cosines. */
  scale: z.number().positive().default(32),
  margin: marginOptions.default({ type: 'constant', margin: 0.2 }),
  /** Whether the margin is taken from the spread cosine or added to the angle. */
  marginType: z.enum(['cosine', 'angle']).default('cosine'),
  /** Weight of the own speaker against all others together: λ. */
  balance: z.number().gt(0).lt(1).default(0.7),
  /** How far cosines are spread out: t, 1 for not at all. */
  exponent: z.int().min(1).max(16).default(3),
});
type SphereFace2Options = z.infer<typeof sphereface2Options>;

const BIAS = 'classifier.bias';

export const sphereface2Loss: LossEntry<SphereFace2Options> = {
  options: sphereface2Options,
  create: ({ margin: schedule, ...options }, place) => ({
    parameters: [classifierWeight(place), { name: BIAS, shape: [1], init: zeros }],
    margin: (horizon) => createMargin(schedule, horizon),
    compute(tensors, { embeddings, targets, margin }) {
      const cosine = cosines(embeddings, tensors[CLASSIFIER]); // [B, classes]
      const oneHot = targetMask(targets, cosine.shape[1]!);
      const { own, other } = answers(cosine, tf.reshape(margin!, [1, 1]), options);
      const bias = tensors[BIAS];
      const { balance } = options;
      const ofOwn = tf.mul(tf.softplus(tf.neg(tf.add(own, bias))), tf.mul(oneHot, balance));
      const ofOthers = tf.mul(tf.softplus(tf.add(other, bias)), tf.mul(tf.sub(1, oneHot), 1 - balance));
      return { loss: tf.mean(tf.sum(tf.add(ofOwn, ofOthers), 1)), nearness: cosine };
    },
  }),
};

/** p and n without the bias, for every class: each [B, classes]. */
function answers(
  cosine: tf.Tensor,
  margin: tf.Tensor,
  { scale, exponent, marginType }: Pick<SphereFace2Options, 'scale' | 'exponent' | 'marginType'>,
): { own: tf.Tensor; other: tf.Tensor } {
  if (marginType === 'cosine') {
    const spreadOut = spread(cosine, exponent);
    return { own: tf.mul(tf.sub(spreadOut, margin), scale), other: tf.mul(tf.add(spreadOut, margin), scale) };
  }
  const own = withGradient(cosine, (raw, save) => {
    const { value, slope, inside } = turnedAngle(raw, margin);
    const cosM = tf.cos(margin);
    const inReach = tf.greater(raw, tf.neg(cosM));
    save([tf.where(inReach, slope, inside)]);
    const beyond = tf.sub(raw, tf.sub(1, cosM));
    return { value: tf.where(inReach, value, beyond), gradFunc: (dy, [factor]) => tf.mul(dy, factor) };
  });
  const other = withGradient(cosine, (raw, save) => {
    const { value, slope } = turnedAngle(raw, tf.neg(margin));
    save([slope]);
    return { value, gradFunc: (dy, [factor]) => tf.mul(dy, factor) };
  });
  return { own: tf.mul(spread(own, exponent), scale), other: tf.mul(spread(other, exponent), scale) };
}

/** g. */
function spread(cosine: tf.Tensor, exponent: number): tf.Tensor {
  const half = tf.mul(tf.add(cosine, 1), 0.5);
  let power = half;
  for (let i = 1; i < exponent; i++) power = tf.mul(power, half);
  return tf.sub(tf.mul(power, 2), 1);
}

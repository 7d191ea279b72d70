/**
 * @file Additive angular margin softmax (AAM-softmax, ArcFace): the loss that speaker embeddings are trained with.
 *
 * With θ the angle between an embedding and the weight vector of its speaker, the logit of the target class is
 * s·cos(θ + m) in place of s·cos θ; every other logit stays s·cos θ. Mean cross-entropy over the batch.
 * Where θ + m would pass π (cos θ ≤ −cos m) cos(θ + m) rises again, and a straight line takes over; the toolkits
 * differ: SpeechBrain cos θ − m·sin m, WeSpeaker cos θ − (1 − cos m). With `easyMargin` the margin acts only where cos
 * θ > 0. Source: Deng et al., "ArcFace", CVPR 2019, eq. 3. Values agree with SpeechBrain 1.1 and WeSpeaker.
 *
 * Two refinements, as in WeSpeaker: `subCenters` gives each speaker several weight vectors, of which the nearest counts
 * (`cosine-classifier.ts`), and `interTopK` moves the nearest other speakers nearer (`inter-top-k.ts`).
 *
 * Layout: embeddings [B, D], weight [classes · sub-centres, D], targets [B] int32. The margin is a graph input:
 * schedules change it. Limits: first derivatives only, none with respect to the margin.
 */
import { z } from 'zod';
import * as tf from '../../engine/tfjs.js';
import { createMargin, marginOptions } from '../optimisation/schedule.js';
import {
  CLASSIFIER,
  classifierWeight,
  COSINE_LIMIT,
  crossEntropy,
  nearestCenters,
  targetMask,
  withGradient,
} from './cosine-classifier.js';
import { interTopKOptions, withHardOthersNearer, type InterTopK } from './inter-top-k.js';
import type { LossEntry } from './loss.js';

export const aamSoftmaxOptions = z.strictObject({
  type: z.literal('aam-softmax'),
  /** Factor on the cosines. */
  scale: z.number().positive().default(30),
  margin: marginOptions.default({ type: 'constant', margin: 0.2 }),
  /** Apply the margin only to targets within 90 degrees. */
  easyMargin: z.boolean().default(false),
  /** What a target so far off that the margin would turn it around gets; the two toolkits differ. */
  hardMargin: z.enum(['speechbrain', 'wespeaker']).default('speechbrain'),
  /** Weight vectors of each speaker; absent: 1. */
  subCenters: z.int().min(1).max(16).optional(),
  /** Absent: the other speakers' logits stay as they are. */
  interTopK: interTopKOptions.optional(),
});
type AamSoftmaxOptions = z.infer<typeof aamSoftmaxOptions>;

/** What happens to the target's logit where the angle plus the margin would exceed π. */
export type HardMargin = AamSoftmaxOptions['hardMargin'];

export interface MarginOptions {
  /** Angle in radians: a scalar or a [1] tensor. */
  margin: tf.Tensor;
  scale: number;
  easyMargin?: boolean;
  hardMargin?: HardMargin;
}

interface AamSoftmaxInputs extends MarginOptions {
  embeddings: tf.Tensor;
  weight: tf.Tensor;
  targets: tf.Tensor;
  subCenters?: number;
  interTopK?: InterTopK;
}

/**
 * AAM-softmax loss from embeddings and the classifier's weight, neither of them normalised.
 * @returns loss: scalar; cosine: [B, classes], without margin and scale
 */
export function aamSoftmax({ embeddings, weight, targets, subCenters = 1, interTopK, ...options }: AamSoftmaxInputs): {
  loss: tf.Tensor;
  cosine: tf.Tensor;
} {
  const cosine = nearestCenters(embeddings, weight, subCenters); // [B, classes]
  const oneHot = targetMask(targets, cosine.shape[1]!);
  const others = interTopK ? withHardOthersNearer(cosine, oneHot, { ...interTopK, margin: options.margin }) : cosine;
  return { loss: crossEntropy(marginLogits(others, oneHot, options), oneHot), cosine };
}

/**
 * Scaled logits with the margin on the target class.
 * @param cosine [B, classes]
 * @param oneHot [B, classes], 1 at the target
 * @returns [B, classes]
 */
export function marginLogits(
  cosine: tf.Tensor,
  oneHot: tf.Tensor,
  { margin, scale, easyMargin = false, hardMargin = 'speechbrain' }: MarginOptions,
): tf.Tensor {
  const m = tf.reshape(margin, [1, 1]);
  const [cosM, sinM] = [tf.cos(m), tf.sin(m)];
  return withGradient(cosine, (raw, save) => {
    const clamped = tf.clipByValue(raw, -COSINE_LIMIT, COSINE_LIMIT);
    const target = tf.sum(tf.mul(clamped, oneHot), 1, true); // [B, 1]: the margin touches one class a row
    const sine = tf.sqrt(tf.sub(1, tf.square(target)));
    const marginal = tf.sub(tf.mul(target, cosM), tf.mul(sine, sinM)); // cos(θ + m)
    const beyond = easyMargin
      ? target
      : tf.sub(target, hardMargin === 'speechbrain' ? tf.mul(m, sinM) : tf.sub(1, cosM)); // both = f(π − m)
    const inReach = tf.greater(target, easyMargin ? 0 : tf.neg(cosM));
    const shift = tf.sub(tf.where(inReach, marginal, beyond), target);
    // d cos(θ + m) / d cos θ = cos m + sin m · cos θ / sin θ; on the straight line it is 1.
    const slope = tf.add(cosM, tf.mul(sinM, tf.div(target, sine)));
    const extraSlope = tf.mul(tf.sub(slope, 1), tf.cast(inReach, 'float32')); // [B, 1]
    save([oneHot, extraSlope, tf.cast(tf.lessEqual(tf.abs(raw), COSINE_LIMIT), 'float32')]);
    return {
      value: tf.mul(tf.add(clamped, tf.mul(oneHot, shift)), scale),
      gradFunc: (dy, [isTarget, extra, inside]) =>
        tf.mul(tf.mul(dy, tf.mul(inside, scale)), tf.add(tf.mul(isTarget, extra), 1)),
    };
  });
}

export const aamSoftmaxLoss: LossEntry<AamSoftmaxOptions> = {
  options: aamSoftmaxOptions,
  create: ({ margin: schedule, type: _, ...options }, place) => ({
    parameters: [classifierWeight(place, options.subCenters)],
    margin: (horizon) => createMargin(schedule, horizon),
    compute: (tensors, { margin, ...batch }) => {
      const given = { ...options, ...batch, weight: tensors[CLASSIFIER], margin: margin! };
      const { loss, cosine } = aamSoftmax(given);
      return { loss, nearness: cosine };
    },
  }),
};

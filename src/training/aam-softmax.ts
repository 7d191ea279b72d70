/**
 * @file Additive angular margin softmax (AAM-softmax, ArcFace): the loss that speaker embeddings are trained with.
 *
 * With θ the angle between an embedding and the weight vector of its speaker, the logit of the target class is
 * s·cos(θ + m) in place of s·cos θ; every other logit stays s·cos θ. Mean cross-entropy over the batch.
 * Where θ + m would pass π (cos θ ≤ −cos m) cos(θ + m) rises again, and a straight line takes over; the toolkits differ:
 * SpeechBrain cos θ − m·sin m, WeSpeaker cos θ − (1 − cos m). With `easyMargin` the margin acts only where cos θ > 0.
 * Source: Deng et al., "ArcFace", CVPR 2019, eq. 3. Values agree with SpeechBrain 1.1 and WeSpeaker.
 * Layout: embeddings [B, D], weight [classes, D], targets [B] int32. The margin is a graph input: schedules change it.
 * Limits: first derivatives only, none with respect to the margin.
 */
import * as tf from '../engine/tfjs.js';

/** What happens to the target's logit where the angle plus the margin would exceed π. */
export type HardMargin = 'speechbrain' | 'wespeaker';

export interface MarginOptions {
  /** Angle in radians: a scalar or a [1] tensor. */
  margin: tf.Tensor;
  scale: number;
  easyMargin?: boolean;
  hardMargin?: HardMargin;
}

/**
 * Cosines are kept this far inside ±1, where the margin's derivative has a pole; beyond, the gradient is 0. The value is
 * the float32 that SpeechBrain's 1 − 1e-7 rounds to.
 */
const COSINE_LIMIT = Math.fround(1 - 1e-7);

/** Vectors shorter than this are divided by it instead of by their length: a zero vector stays zero. */
const SMALLEST_NORM = 1e-6;

type UnaryWithGradient = (
  x: tf.Tensor,
  save: tf.GradSaveFunc,
) => { value: tf.Tensor; gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor };

/**
 * tf.customGrad with the types of a function of one tensor. What else `f` uses is constant to the gradient, and must be
 * saved if `gradFunc` needs it: eager engines free the forward pass's other tensors before they go backward.
 */
function withGradient(x: tf.Tensor, f: UnaryWithGradient): tf.Tensor {
  return tf.customGrad((...inputs) => {
    const [input, save] = inputs as [tf.Tensor, tf.GradSaveFunc];
    return f(input, save);
  })(x);
}

/**
 * AAM-softmax loss from embeddings and the classifier's weight, neither of them normalised.
 * @returns loss: scalar; cosine: [B, classes], without margin and scale
 */
export function aamSoftmax({
  embeddings,
  weight,
  targets,
  ...options
}: MarginOptions & { embeddings: tf.Tensor; weight: tf.Tensor; targets: tf.Tensor }): {
  loss: tf.Tensor;
  cosine: tf.Tensor;
} {
  const cosine = tf.matMul(l2Normalize(embeddings), l2Normalize(weight), false, true); // [B, classes]
  const oneHot = targetMask(targets, cosine.shape[1]!);
  return { loss: crossEntropy(marginLogits(cosine, oneHot, options), oneHot), cosine };
}

/** 1 where the class is the target, else 0. targets: [B] int32 → [B, classes] float32. */
export function targetMask(targets: tf.Tensor, classes: number): tf.Tensor {
  return tf.cast(tf.oneHot(tf.reshape(targets, [-1]), classes), 'float32');
}

/** Every row divided by its length. x: [N, D] → [N, D]. The gradient of a row shorter than 1e-6 stays finite. */
export function l2Normalize(x: tf.Tensor): tf.Tensor {
  return withGradient(x, (rows, save) => {
    const squared = tf.sum(tf.square(rows), 1, true); // [N, 1]
    const inverse = tf.rsqrt(tf.maximum(squared, SMALLEST_NORM ** 2)); // [N, 1]
    const value = tf.mul(rows, inverse);
    save([value, inverse, tf.cast(tf.greater(squared, SMALLEST_NORM ** 2), 'float32')]);
    return {
      value,
      gradFunc: (dy, [y, scale, varies]) => {
        const radial = tf.mul(tf.sum(tf.mul(dy, y), 1, true), varies); // [N, 1]
        return tf.mul(scale, tf.sub(dy, tf.mul(y, radial)));
      },
    };
  });
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

/** Mean over the batch of −log softmax(logits)[target]. logits, oneHot: [B, classes] → scalar. */
export function crossEntropy(logits: tf.Tensor, oneHot: tf.Tensor): tf.Tensor {
  const batch = logits.shape[0]!;
  return withGradient(logits, (x, save) => {
    const logProbabilities = tf.logSoftmax(x);
    save([logProbabilities, oneHot]);
    return {
      value: tf.mul(tf.sum(tf.mul(logProbabilities, oneHot)), -1 / batch),
      gradFunc: (dy, [logP, isTarget]) => tf.mul(tf.sub(tf.exp(logP), isTarget), tf.mul(dy, 1 / batch)),
    };
  });
}

/**
 * How many utterances of the batch lie strictly nearest to their own class, margin aside; a tie counts as wrong, so that
 * a collapsed network does not look perfect.
 * @param cosine [B, classes]
 * @param targets [B] int32
 * @returns float32 scalar, 0…B. No gradient flows through it.
 */
export function countCorrect(cosine: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  const oneHot = targetMask(targets, cosine.shape[1]!);
  const target = tf.sum(tf.mul(cosine, oneHot), 1); // [B]
  const nearestOther = tf.max(tf.sub(cosine, tf.mul(oneHot, 4)), 1); // [B]: 4 is more than cosines can differ by
  return tf.sum(tf.cast(tf.greater(target, nearestOther), 'float32'));
}

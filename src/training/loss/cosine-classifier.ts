/**
 * @file What losses that classify by cosine share: one weight vector a speaker, cosines with them, cross-entropy.
 *
 * Layout: embeddings [B, D], weight [classes, D], targets [B] int32. Limits: first derivatives only.
 */
import * as tf from '../../engine/tfjs.js';
import type { ParameterSpec } from '../../models/contract/model.js';
import { xavierUniform } from '../../nn/initialize.js';
import type { LossPlace } from './loss.js';

/** The weight vectors' name in the state dict. */
export const CLASSIFIER = 'classifier.weight';

/** One vector a speaker, or `centers` of them: rows `centers`·i … are those of speaker i. */
export const classifierWeight = ({ speakers, embeddingSize }: LossPlace, centers = 1): ParameterSpec => ({
  name: CLASSIFIER,
  shape: [speakers * centers, embeddingSize],
  init: xavierUniform(embeddingSize, speakers * centers),
});

/**
 * Cosines are kept this far inside ±1, where the derivative of an angle has a pole; beyond, the gradient is 0. The
 * value is the float32 that SpeechBrain's 1 − 1e-7 rounds to.
 */
export const COSINE_LIMIT = Math.fround(1 - 1e-7);

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
export function withGradient(x: tf.Tensor, f: UnaryWithGradient): tf.Tensor {
  return tf.customGrad((...inputs) => {
    const [input, save] = inputs as [tf.Tensor, tf.GradSaveFunc];
    return f(input, save);
  })(x);
}

/** Of embeddings [B, D] and weights [classes, D], neither of them normalised: [B, classes]. */
export const cosines = (embeddings: tf.Tensor, weight: tf.Tensor): tf.Tensor =>
  tf.matMul(l2Normalize(embeddings), l2Normalize(weight), false, true);

/**
 * The cosine with the nearest of each speaker's centres: [B, D], [speakers · centers, D] → [B, speakers]. The gradient
 * goes to that centre alone. Source: Deng et al., "Sub-center ArcFace", ECCV 2020, section 3.3.
 */
export function nearestCenters(embeddings: tf.Tensor, weight: tf.Tensor, centers: number): tf.Tensor {
  const cosine = cosines(embeddings, weight); // [B, speakers · centers]
  if (centers === 1) return cosine;
  return tf.max(tf.reshape(cosine, [cosine.shape[0]!, -1, centers]), 2);
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

/** More than any two cosines or logits differ by. */
const FAR = 1e9;

/**
 * How many utterances of the batch lie strictly nearest to their own class, margin aside; a tie counts as wrong, so
 * that a collapsed network does not look perfect.
 * @param nearness [B, classes], cosines or logits: the larger, the nearer
 * @param targets [B] int32
 * @returns float32 scalar, 0…B. No gradient flows through it.
 */
export function countCorrect(nearness: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  const oneHot = targetMask(targets, nearness.shape[1]!);
  const target = tf.sum(tf.mul(nearness, oneHot), 1); // [B]
  const nearestOther = tf.max(tf.sub(nearness, tf.mul(oneHot, FAR)), 1); // [B]
  return tf.sum(tf.cast(tf.greater(target, nearestOther), 'float32'));
}

/**
 * @file Inter-top-K penalty: the speakers that an embedding is nearest to, its own aside, are treated as if they were
 * nearer still, so that training pushes them away harder.
 *
 * For the K other speakers of the largest cosines, the logit is s·cos(θ − m′) in place of s·cos θ. The penalty m′ grows
 * with the margin m, as in WeSpeaker: m′ = penalty · m / 0.2. Source: Zhao et al., "Multi-query multi-head attention
 * pooling and inter-topK penalty for speaker verification", ICASSP 2022, eq. 6. Speakers that tie with the K-th count
 * with it. Limits: first derivatives only, none with respect to the margin.
 */
import { z } from 'zod';
import * as tf from '../../engine/tfjs.js';
import { withGradient } from './cosine-classifier.js';
import { turnedAngle } from './turned-angle.js';

export const interTopKOptions = z.strictObject({
  /** How many of the other speakers are hard. */
  count: z.int().positive().default(5),
  /** Angle in radians by which they are nearer at a margin of 0.2. */
  penalty: z.number().min(0).max(1.5).default(0.06),
});
export type InterTopK = z.infer<typeof interTopKOptions>;

/** The margin at which the penalty is what the options say. */
const REFERENCE_MARGIN = 0.2;

/** More than two cosines differ by. */
const FAR = 4;

/**
 * The cosines with those of the hardest other speakers raised.
 * @param cosine [B, classes]
 * @param oneHot [B, classes], 1 at the target
 * @returns [B, classes]; the target's column as it was
 */
export function withHardOthersNearer(
  cosine: tf.Tensor,
  oneHot: tf.Tensor,
  { count, penalty, margin }: InterTopK & { margin: tf.Tensor },
): tf.Tensor {
  const nearerBy = tf.mul(tf.reshape(margin, [1, 1]), -penalty / REFERENCE_MARGIN);
  const others = cosine.shape[1]! - 1;
  return withGradient(cosine, (raw, save) => {
    const hard = largestOthers(raw, oneHot, Math.min(count, others)); // [B, classes]
    const { value, slope } = turnedAngle(raw, nearerBy); // cos(θ − m′)
    save([hard, tf.sub(slope, 1)]);
    return {
      value: tf.add(raw, tf.mul(hard, tf.sub(value, raw))),
      gradFunc: (dy, [isHard, extraSlope]) => tf.mul(dy, tf.add(tf.mul(isHard, extraSlope), 1)),
    };
  });
}

/** 1 at the `count` largest cosines of each row, the target's aside. */
function largestOthers(cosine: tf.Tensor, oneHot: tf.Tensor, count: number): tf.Tensor {
  let left = tf.sub(cosine, tf.mul(oneHot, FAR));
  let found = tf.zerosLike(oneHot);
  for (let i = 0; i < count; i++) {
    const largest = tf.max(left, 1, true); // [B, 1]
    const here = tf.cast(tf.greaterEqual(left, largest), 'float32');
    found = tf.add(found, here);
    left = tf.sub(left, tf.mul(here, FAR));
  }
  // Ties may have used the others up before the last round; then targets were found, and the others again.
  return tf.mul(tf.minimum(found, 1), tf.sub(1, oneHot));
}

/**
 * @file Mean and standard deviation over time, plain and weighted by attention (Okabe et al. 2018): [C, B, T] → [C, B].
 *
 * Unmasked statistics are fused with gradients of their own; the masked ones serve evaluation with padded batches.
 */
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import { frameNumbers } from './positional-encoding.js';

/** The variance's floor before the root, as in SpeechBrain. */
const VARIANCE_FLOOR = 1e-12;
/** What is added to the variance of a sample before the root, as in WeSpeaker. */
const SAMPLE_EPSILON = 1e-7;

/** Its divisor: the number of frames T, or T − 1. */
type VarianceKind = 'population' | 'sample';

export interface PooledStatistics {
  readonly mean: Tensor;
  readonly deviation: Tensor;
}

/** Which frames count, and how much: [1, B, T] with rows that sum to one, and zeros elsewhere. */
export type FrameWeights = Tensor;

/** Frame weights of zero-padded utterances: `lengths` [B] are relative; frame t counts if t < float32(length)·T. */
export function frameWeights(lengths: Tensor, frames: number): FrameWeights {
  const [batch] = lengths.shape;
  const limits = tf.reshape(tf.mul(lengths, frames), [batch, 1]);
  const mask = tf.cast(tf.less(tf.reshape(frameNumbers(frames), [1, frames]), limits), 'float32'); // [B, T]
  return tf.reshape(tf.div(mask, tf.sum(mask, 1, true)), [1, batch, frames]);
}

/** Statistics over time with equal weights, or with the given ones. */
export function statistics(x: Tensor, weights?: FrameWeights): PooledStatistics {
  return weights ? weightedStatistics(x, weights) : split(momentsOverTime('population')(x), x.shape[0]);
}

/** The same with the variance of a sample, which needs two frames. */
export function sampleStatistics(x: Tensor): PooledStatistics {
  const { mean, variance } = splitMoments(momentsOverTime('sample')(x), x.shape[0]);
  return { mean, deviation: tf.sqrt(tf.add(variance, SAMPLE_EPSILON)) };
}

/**
 * Statistics weighted by the softmax over time of `logits` [C, B, T]; frames of weight zero are left out.
 */
export function attentiveStatistics(
  x: Tensor,
  logits: Tensor,
  { weights, floor }: { readonly weights?: FrameWeights; readonly floor?: number } = {},
): PooledStatistics {
  if (!weights) return split(attentiveMoments(x, logits), x.shape[0], floor);
  const inside = tf.cast(tf.greater(weights, 0), 'float32');
  const masked = tf.add(tf.mul(logits, inside), tf.mul(tf.sub(inside, 1), 1e9)); // −1e9 outside
  return weightedStatistics(x, tf.softmax(masked));
}

function weightedStatistics(x: Tensor, weights: Tensor): PooledStatistics {
  const mean = tf.sum(tf.mul(weights, x), 2, true);
  const variance = tf.sum(tf.mul(weights, tf.square(tf.sub(x, mean))), 2);
  return { mean: tf.reshape(mean, variance.shape), deviation: tf.sqrt(tf.maximum(variance, VARIANCE_FLOOR)) };
}

/** [2C, B, 1] of means over variances → both [C, B]. */
function splitMoments(moments: Tensor, channels: number): { mean: Tensor; variance: Tensor } {
  const [mean, variance] = tf.split(tf.reshape(moments, [2 * channels, moments.shape[1]!]), 2, 0);
  return { mean, variance };
}

/** [2C, B, 1] of means over variances → means and deviations [C, B]. */
function split(moments: Tensor, channels: number, floor = VARIANCE_FLOOR): PooledStatistics {
  const { mean, variance } = splitMoments(moments, channels);
  return { mean, deviation: tf.sqrt(tf.maximum(variance, floor)) };
}

// Both variances are taken about the mean: E[x²] − mean² loses digits where the mean is large.

/** Mean over variance, [2C, B, 1]. */
const momentsOverTime = (kind: VarianceKind) =>
  tf.customGrad((...args) => {
    const x = args[0] as Tensor;
    const save = args[1] as unknown as tf.GradSaveFunc;
    const frames = x.shape[2]!;
    const divisor = kind === 'sample' ? frames - 1 : frames;
    const mean = tf.mean(x, 2, true);
    const centred = tf.sub(x, mean);
    save([centred]);
    const squares = tf.square(centred);
    const variance = kind === 'sample' ? tf.mul(tf.sum(squares, 2, true), 1 / divisor) : tf.mean(squares, 2, true);
    return {
      value: tf.concat([mean, variance], 0),
      // dx = dvariance·2(x − mean)/divisor + dmean/T
      gradFunc: (dy: Tensor, [centred]: Tensor[]) => {
        const [dMean, dVariance] = tf.split(dy, 2, 0);
        return tf.add(tf.mul(centred, tf.mul(dVariance, 2 / divisor)), tf.mul(dMean, 1 / frames));
      },
    };
  }) as (x: Tensor) => Tensor;

/** Attention-weighted mean over variance, [2C, B, 1]; p = softmax(logits). */
const attentiveMoments = tf.customGrad((...args) => {
  const [x, logits] = args as Tensor[];
  const save = args[2] as unknown as tf.GradSaveFunc;
  const p = tf.softmax(logits);
  const mean = tf.sum(tf.mul(p, x), 2, true);
  const centred = tf.sub(x, mean);
  const variance = tf.sum(tf.mul(tf.mul(p, centred), centred), 2, true);
  save([centred, p, variance]);
  return {
    value: tf.concat([mean, variance], 0),
    // with c = x − mean:  dx = p·(dmean + 2c·dv),  dlogits = p·(c·(dmean + c·dv) − v·dv)
    gradFunc: (dy: Tensor, [centred, p, variance]: Tensor[]) => {
      const [dMean, dVariance] = tf.split(dy, 2, 0);
      const pull = tf.mul(centred, dVariance);
      const inner = tf.add(pull, dMean);
      const dLogits = tf.mul(p, tf.sub(tf.mul(centred, inner), tf.mul(variance, dVariance)));
      return [tf.mul(p, tf.add(inner, pull)), dLogits];
    },
  };
}) as (x: Tensor, logits: Tensor) => Tensor;

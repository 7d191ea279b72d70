/**
 * @file Scaled dot-product attention (Vaswani et al. 2017) with PyTorch's parameters, queries from latents.
 *
 * Parameters are those of `torch.nn.MultiheadAttention`: `in_proj_weight` [3E, E] and `in_proj_bias` [3E] (query, key,
 * value rows), `out_proj.weight` [E, E], `out_proj.bias` [E]. Keys and values come from normalised rows x̂ whose
 * affine part (gain g, shift s) is folded into their projections. Queries are taken as they are. A key bias adds a
 * constant to a row of scores, which softmax ignores, and the weights of a query sum to one, so a value bias only
 * moves the output's: neither is ever added to the many rows. A deviation does not depend on the value bias at all.
 */
import { internal } from '../errors.js';
import type { TensorMap } from '../engine/program/program.js';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import type { ChannelAxis } from './batch-norm.js';
import { foldAffine } from './layer-norm.js';
import { linear, linearProduct } from './linear.js';

/**
 * Added to a variance before the root. The variance is the mean of squares less the square of the mean, which is wrong by
 * some 1e-6 for values of normalised rows; without this a root near 0, and its gradient, would be wrong by far more.
 */
const VARIANCE_EPSILON = 1e-3;

export interface AttentionOptions {
  /** The layer's prefix in the state dict. */
  readonly name: string;
  /** Affine part of the normalisation that made the rows. */
  readonly affine: { gain: Tensor; shift: Tensor };
  readonly batch: number;
  readonly heads: number;
  /** The layout of queries, rows and result: [E, B·N] for 'first', [B·N, E] for 'last'. */
  readonly channels: ChannelAxis;
  /** They hear the deviation of the values beside their mean, by a further map `deviation.weight` [E, E]. */
  readonly deviation?: boolean;
  /** The queries are those of one utterance, [L, E] or [E, L], and serve all: they are projected once. */
  readonly sharedQueries?: boolean;
  /** Is shown the weights [B·heads, L, N]; for 'last' only, as the other layout's are inside a custom gradient. */
  readonly onWeights?: (weights: Tensor) => void;
}

/**
 * Attention of queries [B·L, E] over rows x̂ [B·N, E] (or both transposed); the result is as the queries, no residual.
 */
export function attention(queries: Tensor, rows: Tensor, tensors: TensorMap, options: AttentionOptions): Tensor {
  const { name, channels } = options;
  const [queryWeight, keyWeight, valueWeight] = tf.split(tensors[`${name}.in_proj_weight`], 3, 0);
  const [queryBias, keyBias, valueBias] = tf.split(tensors[`${name}.in_proj_bias`], 3, 0);
  const outputWeight = tensors[`${name}.out_proj.weight`];
  const key = foldAffine(keyWeight, keyBias, options.affine);
  const value = foldAffine(valueWeight, valueBias, options.affine);
  const valueShift = tf.matMul(outputWeight as tf.Tensor2D, tf.reshape(value.bias, [-1, 1]) as tf.Tensor2D);
  const outputBias = tf.add(tf.reshape(valueShift, [-1]), tensors[`${name}.out_proj.bias`]);

  if (options.onWeights && channels === 'first') throw internal('attention is observed in evaluation only');
  const attend =
    channels === 'first' ? attendColumns : (q: Tensor, k: Tensor, v: Tensor) => attendRows(q, k, v, options.onWeights);
  const look = (weight: Tensor, bias: Tensor) => {
    const looking = linear(queries, weight, bias, channels);
    return splitHeads(options.sharedQueries ? repeatForBatch(looking, options) : looking, options);
  };
  if (options.heads > 1 || options.deviation) {
    const looking = look(queryWeight, queryBias);
    const keys = splitHeads(linearProduct(rows, key.weight, channels), options);
    const values = splitHeads(linearProduct(rows, value.weight, channels), options);
    const output = (seen: Tensor) => linear(mergeHeads(seen, options), outputWeight, outputBias, channels);
    if (!options.deviation) return output(attend(looking, keys, values));
    const width = channels === 'first' ? 1 : 2;
    const moments = attend(looking, keys, tf.concat([values, tf.square(values)], width));
    const { mean, deviation } = statisticsOf(moments, width);
    const spread = linearProduct(mergeHeads(deviation, options), tensors[`${name}.deviation.weight`], channels);
    return tf.add(output(mean), spread);
  }
  // One head, by associativity: scores are (q·Wqᵀ + bq)·Wk·x̂ᵀ = (q·(WqᵀWk) + bq·Wk)·x̂ᵀ and the output is
  // (P·x̂)·(Wo·Wv)ᵀ + bias. So the many rows x̂ are never projected; only the few latents are.
  const keyed = tf.matMul(key.weight as tf.Tensor2D, queryWeight as tf.Tensor2D, true, false); // [out, in]
  const keyedBias = tf.matMul(tf.reshape(queryBias, [1, -1]) as tf.Tensor2D, key.weight as tf.Tensor2D);
  const looking = look(keyed, tf.reshape(keyedBias, [-1]));
  const memory = splitHeads(rows, options);
  const weight = tf.matMul(outputWeight as tf.Tensor2D, value.weight as tf.Tensor2D); // [out, in]
  return linear(mergeHeads(attend(looking, memory, memory), options), weight, outputBias, channels);
}

/** One utterance's x, [N, E] or [E, N], for every utterance of a batch: [B·N, E] or [E, B·N]. */
export function repeatForBatch(x: Tensor, { batch, channels }: Pick<AttentionOptions, 'batch' | 'channels'>): Tensor {
  const [rows, columns] = x.shape as [number, number];
  return channels === 'first'
    ? tf.reshape(tf.add(tf.expandDims(x, 1), tf.zeros([1, batch, 1])), [rows, batch * columns])
    : tf.reshape(tf.add(tf.expandDims(x, 0), tf.zeros([batch, 1, 1])), [batch * rows, columns]);
}

/** Each head's share of x, for each utterance: columns [B·H, E/H, N] of [E, B·N], rows [B·H, N, E/H] of [B·N, E]. */
function splitHeads(x: Tensor, { batch, heads, channels }: AttentionOptions): Tensor {
  if (channels === 'first') {
    const [width, count] = [x.shape[0] / heads, x.shape[1]! / batch];
    const blocks = tf.transpose(tf.reshape(x, [heads, width, batch, count]), [2, 0, 1, 3]);
    return tf.reshape(blocks, [batch * heads, width, count]);
  }
  const [count, width] = [x.shape[0] / batch, x.shape[1]! / heads];
  const blocks = tf.transpose(tf.reshape(x, [batch, count, heads, width]), [0, 2, 1, 3]);
  return tf.reshape(blocks, [batch * heads, count, width]);
}

/** The inverse of `splitHeads`. */
function mergeHeads(x: Tensor, { batch, heads, channels }: AttentionOptions): Tensor {
  const [, rows, columns] = x.shape as [number, number, number];
  const blocks = tf.reshape(x, [batch, heads, rows, columns]);
  return channels === 'first'
    ? tf.reshape(tf.transpose(blocks, [1, 2, 0, 3]), [heads * rows, batch * columns])
    : tf.reshape(tf.transpose(blocks, [0, 2, 1, 3]), [batch * rows, heads * columns]);
}

/** softmax(q·kᵀ / √d)·v for every head: q [·, L, d], k and v [·, N, d] → [·, L, d]. */
function attendRows(q: Tensor, k: Tensor, v: Tensor, onWeights: AttentionOptions['onWeights']): Tensor {
  const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(q.shape[2]!));
  const weights = tf.softmax(scores);
  onWeights?.(weights);
  return tf.matMul(weights, v);
}

/**
 * v·softmax(qᵀ·k / √d)ᵀ for every head: q [·, d, L], k and v [·, d, N] → [·, d, L].
 *
 * With P the weights and o the result, dscores = P ∘ (dP − rowsum(P ∘ dP)), and that sum is the column sum of do ∘ o,
 * which is much smaller (Dao et al. 2022).
 */
const attendColumns = tf.customGrad((...args) => {
  const [q, k, v] = args as Tensor[];
  const save = args[3] as unknown as tf.GradSaveFunc;
  const scale = 1 / Math.sqrt(q.shape[1]!);
  const p = tf.softmax(tf.mul(tf.matMul(q, k, true, false), scale)); // [·, L, N]
  const o = tf.matMul(v, p, false, true);
  save([q, k, v, p, o]);
  return {
    value: o,
    gradFunc: (dO: Tensor, [q, k, v, p, o]: Tensor[]) => {
      const dP = tf.matMul(dO, v, true, false);
      const shared = tf.expandDims(tf.sum(tf.mul(dO, o), 1), 2); // [·, L, 1]
      const dScores = tf.mul(p, tf.sub(dP, shared));
      return [
        tf.mul(tf.matMul(k, dScores, false, true), scale),
        tf.mul(tf.matMul(q, dScores), scale),
        tf.matMul(dO, p),
      ];
    },
  };
}) as (q: Tensor, k: Tensor, v: Tensor) => Tensor;

/** Means over means of squares, along an axis → means and deviations. */
function statisticsOf(moments: Tensor, axis: number): { mean: Tensor; deviation: Tensor } {
  const [mean, square] = tf.split(moments, 2, axis);
  const variance = tf.maximum(tf.sub(square, tf.square(mean)), 0);
  return { mean, deviation: tf.sqrt(tf.add(variance, VARIANCE_EPSILON)) };
}

/**
 * Mean and deviation of rows, weighted by softmax(qᵀ·k / √d): q [·, d, L], k [·, d, N], x [·, c, N] → both [·, c, L].
 * @param onWeights is shown the weights [·, L, N], in evaluation only
 */
export function attendedStatistics(
  { q, k, x }: { q: Tensor; k: Tensor; x: Tensor },
  onWeights?: (weights: Tensor) => void,
): { mean: Tensor; deviation: Tensor } {
  onWeights?.(tf.softmax(tf.mul(tf.matMul(q, k, true, false), 1 / Math.sqrt(q.shape[1]!))));
  return statisticsOf(attendColumns(q, k, tf.concat([x, tf.square(x)], 1)), 1);
}

/**
 * @file Scaled dot-product attention (Vaswani et al. 2017) with PyTorch's parameters, queries from latents.
 *
 * Parameters are those of `torch.nn.MultiheadAttention`: `in_proj_weight` [3E, E] and `in_proj_bias` [3E] (query, key,
 * value rows), `out_proj.weight` [E, E], `out_proj.bias` [E]. Keys and values come from normalised rows x̂ whose
 * affine part (gain g, shift s) is folded into their projections. Queries are taken as they are.
 */
import type { TensorMap } from '../engine/program.js';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import { foldAffine } from './layer-norm.js';
import { linear, linearInOut } from './linear.js';

export interface AttentionOptions {
  /** The layer's prefix in the state dict. */
  readonly name: string;
  /** Affine part of the normalisation that made the rows. */
  readonly affine: { gain: Tensor; shift: Tensor };
  readonly batch: number;
  readonly heads: number;
}

/**
 * Attention of queries [B·L, E] over rows x̂ [B·N, E]; returns [B·L, E], without the residual.
 */
export function attention(queries: Tensor, rows: Tensor, tensors: TensorMap, options: AttentionOptions): Tensor {
  const { name } = options;
  const [queryWeight, keyWeight, valueWeight] = tf.split(tensors[`${name}.in_proj_weight`], 3, 0);
  const [queryBias, keyBias, valueBias] = tf.split(tensors[`${name}.in_proj_bias`], 3, 0);
  const output = { weight: tensors[`${name}.out_proj.weight`], bias: tensors[`${name}.out_proj.bias`] };
  const query = { weight: queryWeight, bias: queryBias };
  const key = foldAffine(keyWeight, keyBias, options.affine);
  const value = foldAffine(valueWeight, valueBias, options.affine);
  const attend = options.heads === 1 ? attendWithOneHead : attendWithHeads;
  return attend(queries, rows, { query, key, value, output }, options);
}

interface Projection {
  readonly weight: Tensor;
  readonly bias: Tensor;
}
type Projections = Record<'query' | 'key' | 'value' | 'output', Projection>;

function attendWithHeads(
  queries: Tensor,
  rows: Tensor,
  { query, key, value, output }: Projections,
  { batch, heads }: AttentionOptions,
): Tensor {
  const embed = queries.shape[1]!;
  const project = (x: Tensor, { weight, bias }: Projection) => {
    const split = tf.reshape(linear(x, weight, bias), [batch, x.shape[0] / batch, heads, embed / heads]);
    return tf.transpose(split, [0, 2, 1, 3]); // [B, H, N, E/H]
  };
  const scores = tf.matMul(project(queries, query), project(rows, key), false, true); // [B, H, L, N]
  const weights = tf.softmax(tf.mul(scores, 1 / Math.sqrt(embed / heads)));
  const heard = tf.transpose(tf.matMul(weights, project(rows, value)), [0, 2, 1, 3]);
  return linear(tf.reshape(heard, queries.shape), output.weight, output.bias);
}

/**
 * One head, by associativity: scores are (q·Wqᵀ + bq)·Wk·x̂ᵀ = (q·(WqᵀWk) + bq·Wk)·x̂ᵀ (a key bias adds a constant to
 * a row, which softmax ignores), and the output is (P·x̂)·(Wo·Wv)ᵀ + Wo·bv + bo, as the rows of P sum to one. So the
 * many rows x̂ are never projected; only the few latents are.
 */
function attendWithOneHead(
  queries: Tensor,
  rows: Tensor,
  { query, key, value, output }: Projections,
  { batch }: AttentionOptions,
): Tensor {
  const embed = queries.shape[1]!;
  const latents = queries.shape[0] / batch;
  const keyed = tf.matMul(query.weight as tf.Tensor2D, key.weight as tf.Tensor2D, true, false); // [E, E], in to in
  const keyedBias = tf.matMul(tf.reshape(query.bias, [1, embed]), key.weight as tf.Tensor2D);
  const looking = linearInOut(queries, keyed, tf.reshape(keyedBias, [embed]));
  const memory = tf.reshape(rows, [batch, rows.shape[0] / batch, embed]);
  const scores = tf.matMul(tf.reshape(looking, [batch, latents, embed]), memory, false, true); // [B, L, N]
  const weights = tf.softmax(tf.mul(scores, 1 / Math.sqrt(embed)));
  const heard = tf.reshape(tf.matMul(weights, memory), queries.shape);
  const weight = tf.matMul(output.weight as tf.Tensor2D, value.weight as tf.Tensor2D); // [out, in]
  const bias = tf.matMul(output.weight as tf.Tensor2D, tf.reshape(value.bias, [embed, 1]));
  return linear(heard, weight, tf.add(tf.reshape(bias, [embed]), output.bias));
}

/**
 * @file Pooling of the frames in ACA-Net's cross-attention layers: the control that tells what attention by latents adds.
 *
 * With x̂_t the layer-normalised frames, g and s the normalisation's gain and shift, and weights a_t that sum to one,
 *     μ = g ∘ Σ a_t·x̂_t + s,   σ = g ∘ √(Σ a_t·(x̂_t − Σ a_t·x̂_t)²),   output = W_o·(W_v·[μ; σ] + b_v) + b_o,
 * which every latent gets alike; residuals, MLPs and all else are the cross-attention layer's. (σ has the sign of g, which
 * W_v can undo.) `statistics`: a_t = 1/T (Snyder et al. 2018). `attentive`: a = softmax_t(v·tanh(W·x_t + b) + k), one
 * attention a layer (Okabe et al. 2018). Cross attention has 4E² + 4E values here, `statistics` 3E² + 2E, `attentive`
 * 4E² + 4E + 1.
 */
import type { TensorMap } from '../engine/program/program.js';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import type { ChannelAxis } from '../nn/batch-norm.js';
import { linearInit, scaled, xavierUniform, zeros } from '../nn/initialize.js';
import { foldAffine } from '../nn/layer-norm.js';
import { linearChannels } from '../nn/linear.js';
import { statistics } from '../nn/statistics-pooling.js';
import type { ParameterList } from './parameter-list.js';

export const FRAME_POOLINGS = ['statistics', 'attentive'] as const;
export type FramePooling = (typeof FRAME_POOLINGS)[number];

/** @param outputScale factor on the initial output map */
export function listFramePooling(
  list: ParameterList,
  name: string,
  { pooling, embed, outputScale = 1 }: { pooling: FramePooling; embed: number; outputScale?: number },
): void {
  if (pooling === 'attentive') {
    list.linear(`${name}.attention`, embed, embed);
    list.linear(`${name}.score`, embed, 1);
  }
  // As the values and the output of the attention that they replace.
  list.parameter(`${name}.value.weight`, [embed, 2 * embed], xavierUniform(2 * embed, embed));
  list.parameter(`${name}.value.bias`, [embed], zeros);
  list.parameter(`${name}.output.weight`, [embed, embed], scaled(linearInit(embed), outputScale));
  list.parameter(`${name}.output.bias`, [embed], zeros);
}

export interface FramePoolingOptions {
  /** The layer's prefix in the state dict. */
  readonly name: string;
  readonly pooling: FramePooling;
  /** Affine part of the normalisation that made the rows. */
  readonly affine: { gain: Tensor; shift: Tensor };
  readonly batch: number;
  readonly latents: number;
  /** The layout of rows and result: [E, B·N] for 'first', [B·N, E] for 'last'. */
  readonly channels: ChannelAxis;
  /** Is shown the weights [B, 1, T] of `attentive`. */
  readonly onWeights?: (weights: Tensor) => void;
}

/** Rows x̂ [B·T, E] → the same row for each of an utterance's latents, [B·L, E]; both transposed for 'first'. */
export function poolFrames(rows: Tensor, tensors: TensorMap, options: FramePoolingOptions): Tensor {
  const { name, pooling, affine, batch, latents, channels } = options;
  const dense = (x: Tensor, layer: string, { gain, shift }: { gain: Tensor; shift: Tensor }) => {
    const { weight, bias } = foldAffine(tensors[`${name}.${layer}.weight`], tensors[`${name}.${layer}.bias`], {
      gain,
      shift,
    });
    return linearChannels(x, weight, bias);
  };
  const plain = (x: Tensor, layer: string) =>
    linearChannels(x, tensors[`${name}.${layer}.weight`], tensors[`${name}.${layer}.bias`]);
  const flat = channels === 'first' ? rows : tf.transpose(rows); // [E, B·T]
  const [embed, count] = flat.shape as [number, number];
  const frames = count / batch;
  const scores = pooling === 'attentive' ? plain(tf.tanh(dense(flat, 'attention', affine)), 'score') : undefined;
  const weights = scores && tf.softmax(tf.reshape(scores, [1, batch, frames]));
  if (weights) options.onWeights?.(tf.reshape(weights, [batch, 1, frames]));
  const { mean, deviation } = statistics(tf.reshape(flat, [embed, batch, frames]), weights);
  const values = dense(tf.concat([mean, deviation], 0), 'value', {
    gain: tf.concat([affine.gain, affine.gain], 0),
    shift: tf.concat([affine.shift, tf.zerosLike(affine.shift)], 0),
  });
  const output = plain(values, 'output'); // [E, B]
  return channels === 'first'
    ? tf.reshape(tf.add(tf.expandDims(output, 2), tf.zeros([1, 1, latents])), [embed, batch * latents])
    : tf.reshape(tf.add(tf.expandDims(tf.transpose(output), 1), tf.zeros([1, latents, 1])), [batch * latents, embed]);
}

/** Multiply-accumulate operations of one layer for so many frames. */
export function framePoolingMacs(pooling: FramePooling, embed: number, frames: number): number {
  const attention = pooling === 'attentive' ? frames * (embed ** 2 + embed) : 0;
  return attention + 2 * frames * embed + 3 * embed ** 2;
}

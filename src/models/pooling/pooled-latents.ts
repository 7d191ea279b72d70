/**
 * @file Pooling in a layer of latents, in place of cross attention: the control that tells what attention by latents
 * adds.
 *
 * With x̂_t the layer-normalised frames, g and s the normalisation's gain and shift, and weights a_t that sum to one,
 *     μ = g ∘ Σ a_t·x̂_t + s,   σ = g ∘ √(Σ a_t·(x̂_t − Σ a_t·x̂_t)²),   output = W_o·(W_v·[μ; σ] + b_v) + b_o,
 * which every latent gets alike; residuals, MLPs and all else are the cross-attention layer's. (σ has the sign of g,
 * which W_v can undo.) Cross attention has 4E² + 4E values here, this 3E² + 2E and those of the weights.
 */
import type { TensorMap } from '../../engine/program/program.js';
import * as tf from '../../engine/tfjs.js';
import type { Tensor } from '../../engine/tfjs.js';
import { linearInit, scaled, xavierUniform, zeros } from '../../nn/initialize.js';
import { foldAffine } from '../../nn/layer-norm.js';
import { linearChannels } from '../../nn/linear.js';
import { statistics } from '../../nn/statistics-pooling.js';
import type { ParameterList } from '../contract/parameter-list.js';
import type { LatentContext, LatentPlace, LatentPooling } from './pooling.js';

/** How the frames are weighted, by one attention a layer. */
export interface FrameScores {
  list(list: ParameterList): void;
  /** Rows x̂ [E, B·T] → scores [1, B·T], whose softmax over time are the weights. */
  scores(rows: Tensor, tensors: TensorMap, affine: LatentContext['affine']): Tensor;
  macs(rows: number): number;
}

/** @param attention absent: every frame has the weight 1/T */
export function createPooledLatents(
  { name: layer, embed, latents, outputScale = 1 }: LatentPlace,
  title: string,
  attention?: FrameScores,
): LatentPooling {
  const name = `${layer}.pool`;
  return {
    title,
    ...(attention && { rows: 'heads' }),

    list(list) {
      attention?.list(list);
      // As the values and the output of the attention that they replace.
      list.parameter(`${name}.value.weight`, [embed, 2 * embed], xavierUniform(2 * embed, embed));
      list.parameter(`${name}.value.bias`, [embed], zeros);
      list.parameter(`${name}.output.weight`, [embed, embed], scaled(linearInit(embed), outputScale));
      list.parameter(`${name}.output.bias`, [embed], zeros);
    },

    hear(_latents, rows, tensors, { batch, channels, affine, onWeights }) {
      const flat = channels === 'first' ? rows : tf.transpose(rows); // [E, B·T]
      const frames = flat.shape[1]! / batch;
      const scores = attention?.scores(flat, tensors, affine);
      const weights = scores && tf.softmax(tf.reshape(scores, [1, batch, frames]));
      if (weights) onWeights?.(tf.reshape(weights, [batch, 1, frames]));
      const { mean, deviation } = statistics(tf.reshape(flat, [embed, batch, frames]), weights);
      const value = foldAffine(tensors[`${name}.value.weight`], tensors[`${name}.value.bias`], {
        gain: tf.concat([affine.gain, affine.gain], 0),
        shift: tf.concat([affine.shift, tf.zerosLike(affine.shift)], 0),
      });
      const values = linearChannels(tf.concat([mean, deviation], 0), value.weight, value.bias);
      const output = linearChannels(values, tensors[`${name}.output.weight`], tensors[`${name}.output.bias`]); // [E, B]
      return channels === 'first'
        ? tf.reshape(tf.add(tf.expandDims(output, 2), tf.zeros([1, 1, latents])), [embed, batch * latents])
        : tf.reshape(tf.add(tf.expandDims(tf.transpose(output), 1), tf.zeros([1, latents, 1])), [
            batch * latents,
            embed,
          ]);
    },

    macs: (rows) => (attention?.macs(rows) ?? 0) + 2 * rows * embed + 3 * embed ** 2,
  };
}

/**
 * @file A layer of latents: they hear something of the rows (attention, or a pooling in its place), then pass an MLP,
 * each with a residual.
 *
 * As in ACA-Net's released code only keys and values are normalised before the attention, and dropout follows the MLP's
 * second map only. Parameters: `lnorm1`, those of the source, `lnorm2`, `linear1`, `linear2`.
 */
import type { TensorMap } from '../../engine/program/program.js';
import * as tf from '../../engine/tfjs.js';
import type { Tensor } from '../../engine/tfjs.js';
import { gelu } from '../../nn/activations.js';
import { foldAffine, layerNormalize } from '../../nn/layer-norm.js';
import { linear } from '../../nn/linear.js';
import type { TrainingMode } from '../contract/model.js';
import type { ParameterList } from '../contract/parameter-list.js';
import type { LatentContext, LatentPooling } from './pooling.js';

export interface LatentLayerOptions {
  /** Its prefix in the state dict. */
  readonly name: string;
  readonly embed: number;
  readonly latents: number;
  /** Hidden size of the MLP. */
  readonly mlp: number;
  /** Factor on the MLP's second initial weight. */
  readonly mlpScale?: number;
  readonly source: LatentPooling;
}

export interface LatentLayer {
  list(list: ParameterList): void;
  /** latents [E, B·L], normalised rows [E, B·N], or both transposed → as the latents. */
  apply(
    latents: Tensor,
    rows: Tensor,
    tensors: TensorMap,
    context: Omit<LatentContext, 'affine'> & { readonly dropout?: TrainingMode['dropout'] },
  ): Tensor;
  /** Multiply-accumulate operations for so many rows. */
  macs(rows: number): number;
}

export function createLatentLayer({ name, embed, latents, mlp, mlpScale, source }: LatentLayerOptions): LatentLayer {
  return {
    list(list) {
      list.layerNorm(`${name}.lnorm1`, embed);
      source.list(list);
      list.layerNorm(`${name}.lnorm2`, embed);
      list.linear(`${name}.linear1`, embed, mlp);
      list.linear(`${name}.linear2`, mlp, embed, mlpScale);
    },

    apply(latent, rows, tensors, { dropout, ...context }) {
      const { channels } = context;
      const affineOf = (norm: string) => ({ gain: tensors[`${norm}.weight`], shift: tensors[`${norm}.bias`] });
      const affine = affineOf(`${name}.lnorm1`);
      const heard = tf.add(source.hear(latent, rows, tensors, { ...context, affine }), latent);
      const first = foldAffine(
        tensors[`${name}.linear1.weight`],
        tensors[`${name}.linear1.bias`],
        affineOf(`${name}.lnorm2`),
      );
      const hidden = gelu(linear(layerNormalize(heard, channels), first.weight, first.bias, channels));
      const mixed = linear(hidden, tensors[`${name}.linear2.weight`], tensors[`${name}.linear2.bias`], channels);
      return tf.add(dropout ? dropout(mixed) : mixed, heard);
    },

    macs: (rows) => source.macs(rows) + 2 * latents * embed * mlp,
  };
}

/**
 * @file What ACA-Net makes of the frames before its latents attend to them: [B, T, bins] → [B·T, E] or [E, B·T].
 *
 * Each frame is expanded by a linear map, ReLU and batch normalisation, given a position, and layer-normalised, whose
 * affine part each attention layer has for itself. As released, a frame is expanded alone and once; `expansionKernel`
 * and `expansionLayers` depart from that. Parameter names are those of the released code, and `ch_expansion_more` for
 * what it does not have.
 */
import type { TensorMap } from '../engine/program/program.js';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import { relu } from '../nn/activations.js';
import { batchNorm } from '../nn/batch-norm.js';
import type { ChannelAxis } from '../nn/batch-norm.js';
import { convolutionMargin, timeConvolution } from '../nn/convolution.js';
import { layerNormalize } from '../nn/layer-norm.js';
import { linear, pointwise } from '../nn/linear.js';
import { positionalEncoding } from '../nn/positional-encoding.js';
import type { EmbedOptions, SpeakerModel } from './contract/model.js';
import type { ParameterList } from './contract/parameter-list.js';

export interface FrameEncoderOptions {
  readonly bins: number;
  readonly embed: number;
  readonly positional: 'time' | 'none' | 'reference';
  /** Frames that an expanded frame is made of, itself in the middle; odd. Default 1. */
  readonly expansionKernel?: number;
  /** Default 1. */
  readonly expansionLayers?: number;
}

interface EncodeContext {
  readonly channels: ChannelAxis;
  readonly training: EmbedOptions['training'];
}

export interface FrameEncoder extends Pick<SpeakerModel, 'minFrames' | 'minCropFrames' | 'macs'> {
  list(list: ParameterList): void;
  /** Without the affine part of the normalisation. */
  encode(tensors: TensorMap, features: Tensor, context: EncodeContext): Tensor;
}

export function createFrameEncoder({
  bins,
  embed,
  positional,
  expansionKernel = 1,
  expansionLayers = 1,
}: FrameEncoderOptions): FrameEncoder {
  const layers = [...Array(expansionLayers).keys()].map((layer) =>
    layer === 0
      ? { name: 'ch_expansion', inputs: bins, kernel: expansionKernel }
      : { name: `ch_expansion_more.${layer - 1}`, inputs: embed, kernel: 1 },
  );
  const margin = convolutionMargin(expansionKernel, 1);

  /** The features' own map, in the layout asked for. */
  function mapFeatures(features: Tensor, weight: Tensor, bias: Tensor, channels: ChannelAxis): Tensor {
    if (expansionKernel > 1) {
      const convolved = timeConvolution(tf.transpose(features, [2, 0, 1]), weight, bias); // [E, B, T]
      const columns = tf.reshape(convolved, [embed, -1]);
      return channels === 'first' ? columns : tf.transpose(columns);
    }
    const rows = tf.reshape(features, [-1, bins]);
    return linear(channels === 'first' ? tf.transpose(rows) : rows, pointwise(weight), bias, channels);
  }

  function addPositions(
    x: Tensor,
    { channels, batch, count }: { channels: ChannelAxis; batch: number; count: number },
  ): Tensor {
    if (positional === 'none') return x;
    const ofTime = positional === 'time';
    const encodings = positionalEncoding(ofTime ? count : batch, embed); // [T or B, E]
    const sum =
      channels === 'first'
        ? tf.add(
            tf.reshape(x, [embed, batch, count]),
            tf.reshape(tf.transpose(encodings), ofTime ? [embed, 1, count] : [embed, batch, 1]),
          )
        : tf.add(
            tf.reshape(x, [batch, count, embed]),
            tf.reshape(encodings, ofTime ? [1, count, embed] : [batch, 1, embed]),
          );
    return tf.reshape(sum, x.shape);
  }

  return {
    minFrames: 1 + margin,
    minCropFrames: margin > 0 ? 3 + 2 * margin : 1,

    list(list) {
      for (const { name, inputs, kernel } of layers) {
        list.conv1d(`${name}.conv.conv`, inputs, embed, kernel);
        list.batchNorm(`${name}.norm.norm`, embed);
      }
    },

    encode(tensors, features, { channels, training }) {
      const [batch, frames] = features.shape;
      const statistics = training?.statistics;
      const expanded = layers.reduce((x, { name }, layer) => {
        const { [`${name}.conv.conv.weight`]: weight, [`${name}.conv.conv.bias`]: bias } = tensors;
        const mapped =
          layer === 0 ? mapFeatures(x, weight, bias, channels) : linear(x, pointwise(weight), bias, channels);
        return batchNorm(relu(mapped), tensors, { name: `${name}.norm.norm`, channels, statistics });
      }, features);
      return layerNormalize(addPositions(expanded, { channels, batch, count: frames }), channels);
    },

    macs: (frames) => layers.reduce((sum, { inputs, kernel }) => sum + frames * inputs * embed * kernel, 0),
  };
}

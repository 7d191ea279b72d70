/**
 * @file Layers over planes of frequency and time, [C, B, F, T]: convolution with batch normalisation, and the residual
 * blocks that are made of them (He et al. 2016), with PyTorch's usual names (`conv1`, `bn1` …, `shortcut`).
 */
import type { TensorMap } from '../engine/program/program.js';
import * as tf from '../engine/tfjs.js';
import type { Tensor } from '../engine/tfjs.js';
import { relu } from '../nn/activations.js';
import { batchNormFrames, type BatchStatistics } from '../nn/batch-norm.js';
import { convolvedLength, planeConvolution } from '../nn/plane-convolution.js';
import type { ParameterList } from './contract/parameter-list.js';

/** The size of planes: coefficients and frames. */
export type PlaneSize = readonly [bins: number, frames: number];

export interface PlaneContext {
  readonly tensors: TensorMap;
  /** Present in training. */
  readonly statistics?: BatchStatistics;
}

/** One layer or several. */
export interface PlaneLayer {
  readonly outputs: number;
  list(list: ParameterList): void;
  /** x [C, B, F, T] → [outputs, B, F', T']. */
  apply(x: Tensor, context: PlaneContext): Tensor;
  sizeAfter(size: PlaneSize): PlaneSize;
  /** Multiply-accumulate operations for planes of this size. */
  macs(size: PlaneSize): number;
}

interface ConvolutionLayer {
  /** Prefixes of the convolution and of its batch normalisation in the state dict. */
  readonly convolution: string;
  readonly norm: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Taps on both axes; 1 or 3. Default 3. */
  readonly kernel?: 1 | 3;
  readonly strides?: readonly [number, number];
  /** Ends in ReLU. */
  readonly activated?: boolean;
}

/** A convolution whose planes keep their size but for the strides, then batch normalisation. */
export function createPlaneConvolution({
  convolution,
  norm,
  inputs,
  outputs,
  kernel = 3,
  strides = [1, 1],
  activated = false,
}: ConvolutionLayer): PlaneLayer {
  const padding = (kernel - 1) / 2;
  const sizeAfter = (size: PlaneSize): PlaneSize => [
    convolvedLength(size[0], kernel, strides[0], padding),
    convolvedLength(size[1], kernel, strides[1], padding),
  ];
  return {
    outputs,
    list(list) {
      list.conv2d(convolution, inputs, outputs, kernel);
      list.batchNorm(norm, outputs);
    },
    apply(x, { tensors, statistics }) {
      const convolved = planeConvolution(x, tensors[`${convolution}.weight`], { strides, padding: [padding, padding] });
      const normalized = batchNormFrames(convolved, tensors, { name: norm, statistics });
      return activated ? relu(normalized) : normalized;
    },
    sizeAfter,
    macs(size) {
      const [bins, frames] = sizeAfter(size);
      return inputs * outputs * kernel ** 2 * bins * frames;
    },
  };
}

/** Layers one after the other. */
export function inSequence(layers: readonly PlaneLayer[]): PlaneLayer {
  return {
    outputs: layers.at(-1)!.outputs,
    list: (list) => layers.forEach((layer) => layer.list(list)),
    apply: (x, context) => layers.reduce((y, layer) => layer.apply(y, context), x),
    sizeAfter: (size) => layers.reduce((now, layer) => layer.sizeAfter(now), size),
    macs(size) {
      let [now, sum] = [size, 0];
      for (const layer of layers) {
        sum += layer.macs(now);
        now = layer.sizeAfter(now);
      }
      return sum;
    },
  };
}

export type ResidualBlockKind = 'BasicBlock' | 'Bottleneck';
/** Outputs of a block over its width. */
const EXPANSION: Readonly<Record<ResidualBlockKind, number>> = { BasicBlock: 1, Bottleneck: 4 };

interface ResidualBlock {
  readonly name: string;
  readonly kind: ResidualBlockKind;
  readonly inputs: number;
  readonly width: number;
  readonly strides: readonly [number, number];
}

/** ReLU(layers + shortcut); the shortcut is a convolution where planes or channels change. */
function createResidualBlock({ name, kind, inputs, width, strides }: ResidualBlock): PlaneLayer {
  const outputs = EXPANSION[kind] * width;
  const layer = (number: number, sizes: Omit<ConvolutionLayer, 'convolution' | 'norm'>) =>
    createPlaneConvolution({ convolution: `${name}.conv${number}`, norm: `${name}.bn${number}`, ...sizes });
  const main = inSequence(
    kind === 'BasicBlock'
      ? [layer(1, { inputs, outputs: width, strides, activated: true }), layer(2, { inputs: width, outputs })]
      : [
          layer(1, { inputs, outputs: width, kernel: 1, activated: true }),
          layer(2, { inputs: width, outputs: width, strides, activated: true }),
          layer(3, { inputs: width, outputs, kernel: 1 }),
        ],
  );
  const changes = inputs !== outputs || strides.some((stride) => stride !== 1);
  const names = { convolution: `${name}.shortcut.0`, norm: `${name}.shortcut.1` };
  const shortcut = changes ? createPlaneConvolution({ ...names, inputs, outputs, kernel: 1, strides }) : undefined;
  return {
    outputs,
    list(list) {
      main.list(list);
      shortcut?.list(list);
    },
    apply: (x, context) => relu(tf.add(main.apply(x, context), shortcut ? shortcut.apply(x, context) : x)),
    sizeAfter: (size) => main.sizeAfter(size),
    macs: (size) => main.macs(size) + (shortcut?.macs(size) ?? 0),
  };
}

/** Residual blocks of one width, `<name>.0`, `<name>.1` …; only the first has strides and other inputs. */
export function createResidualStage({
  name,
  kind,
  inputs,
  width,
  strides,
  blocks,
}: ResidualBlock & { readonly blocks: number }): PlaneLayer {
  const outputs = EXPANSION[kind] * width;
  return inSequence(
    Array.from({ length: blocks }, (_, i) =>
      createResidualBlock(
        i === 0
          ? { name: `${name}.0`, kind, inputs, width, strides }
          : { name: `${name}.${i}`, kind, inputs: outputs, width, strides: [1, 1] },
      ),
    ),
  );
}

/** Planes as frames of channels, channel-major: [C, B, F, T] → [C·F, B, T]. */
export function planesAsFrames(x: Tensor): Tensor {
  const [channels, batch, bins, frames] = x.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [channels * bins, batch, frames]);
}

/** Features [B, T, F] as planes [1, B, F, T]. */
export const featurePlanes = (features: Tensor): Tensor => tf.expandDims(tf.transpose(features, [0, 2, 1]), 0);

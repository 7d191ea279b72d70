/** @file Collects a model's parameters in state-dict order, with PyTorch's initial values for each kind of layer. */
import { kaimingNormal, linearInit, ones, scaled, xavierUniform, zeros } from '../../nn/initialize.js';
import type { Initializer } from '../../nn/initialize.js';
import type { BatchNormSpec, ParameterSpec } from './model.js';

export interface ParameterList {
  readonly parameters: ParameterSpec[];
  readonly batchNorms: BatchNormSpec[];
  parameter(name: string, shape: readonly number[], init: Initializer): void;
  /** nn.Linear: weight [out, in], bias [out]; the initial weight times `scale`, where one is given. */
  linear(name: string, inputs: number, outputs: number, scale?: number): void;
  /** nn.Conv1d: weight [out, in / groups, kernel], bias [out]. */
  conv1d(name: string, inputs: number, outputs: number, kernel?: number, groups?: number): void;
  /** The same without bias, the weight drawn by kaiming_normal_. */
  plainConv1d(name: string, inputs: number, outputs: number, kernel?: number): void;
  /** nn.Conv2d without bias: weight [out, in, kernel, kernel]. */
  conv2d(name: string, inputs: number, outputs: number, kernel: number): void;
  layerNorm(name: string, size: number): void;
  batchNorm(name: string, channels: number): void;
  /** nn.BatchNorm1d(affine=False): buffers alone. */
  plainBatchNorm(name: string, channels: number): void;
  /**
   * nn.MultiheadAttention with one embedding size for queries, keys and values; the initial weight of the output's map
   * times `outputScale`.
   */
  attention(name: string, embed: number, options?: { outputScale?: number; deviation?: boolean }): void;
}

export function createParameterList(): ParameterList {
  const parameters: ParameterSpec[] = [];
  const batchNorms: BatchNormSpec[] = [];
  const parameter = (name: string, shape: readonly number[], init: Initializer) => {
    parameters.push({ name, shape, init });
  };
  const affine = (name: string, size: number) => {
    parameter(`${name}.weight`, [size], ones);
    parameter(`${name}.bias`, [size], zeros);
  };
  return {
    parameters,
    batchNorms,
    parameter,
    linear(name, inputs, outputs, scale = 1) {
      parameter(`${name}.weight`, [outputs, inputs], scaled(linearInit(inputs), scale));
      parameter(`${name}.bias`, [outputs], linearInit(inputs));
    },
    conv1d(name, inputs, outputs, kernel = 1, groups = 1) {
      const fanIn = (inputs / groups) * kernel;
      parameter(`${name}.weight`, [outputs, inputs / groups, kernel], linearInit(fanIn));
      parameter(`${name}.bias`, [outputs], linearInit(fanIn));
    },
    plainConv1d(name, inputs, outputs, kernel = 1) {
      parameter(`${name}.weight`, [outputs, inputs, kernel], kaimingNormal(inputs * kernel));
    },
    conv2d(name, inputs, outputs, kernel) {
      parameter(`${name}.weight`, [outputs, inputs, kernel, kernel], linearInit(inputs * kernel ** 2));
    },
    layerNorm: affine,
    batchNorm(name, channels) {
      affine(name, channels);
      batchNorms.push({ name, channels });
    },
    plainBatchNorm(name, channels) {
      batchNorms.push({ name, channels });
    },
    attention(name, embed, { outputScale = 1, deviation = false } = {}) {
      parameter(`${name}.in_proj_weight`, [3 * embed, embed], xavierUniform(embed, 3 * embed));
      parameter(`${name}.in_proj_bias`, [3 * embed], zeros);
      parameter(`${name}.out_proj.weight`, [embed, embed], scaled(linearInit(embed), outputScale));
      parameter(`${name}.out_proj.bias`, [embed], zeros);
      if (deviation) parameter(`${name}.deviation.weight`, [embed, embed], scaled(linearInit(embed), outputScale));
    },
  };
}

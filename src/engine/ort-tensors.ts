/** @file ONNX Runtime's tensors as tensors in plain memory, and what a step needs of ONNX Runtime. */
import type * as Ort from 'onnxruntime-node';
import type { DType, HostData, HostTensors } from './program/host-tensor.js';

export interface StepRuntime {
  createSession(model: Uint8Array): Promise<Ort.InferenceSession>;
  toOrt(dtype: DType, data: HostData, shape: readonly number[]): Ort.Tensor;
}

export function toHost(entries: [string, Ort.Tensor][]): HostTensors {
  return Object.fromEntries(
    entries.map(([name, { type, dims, data }]) => [
      name,
      { dtype: type as DType, shape: dims, data: data as HostData },
    ]),
  );
}

export const copiesOf = (entries: [string, Ort.Tensor][]): HostTensors =>
  Object.fromEntries(
    Object.entries(toHost(entries)).map(([name, tensor]) => [
      name,
      { ...tensor, data: tensor.data.slice() as HostData },
    ]),
  );

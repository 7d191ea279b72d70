/** @file ONNX Runtime's tensors as tensors in plain memory. */
import type * as Ort from 'onnxruntime-node';
import type { DType, HostData, HostTensors } from './program/host-tensor.js';

export function toHost(entries: [string, Ort.Tensor][]): HostTensors {
  return Object.fromEntries(
    entries.map(([name, { type, dims, data }]) => [
      name,
      { dtype: type as DType, shape: dims, data: data as HostData },
    ]),
  );
}

/** @file ONNX Runtime's tensors as tensors in plain memory, and what a step needs of ONNX Runtime. */
import type * as Ort from 'onnxruntime-node';
import type { SessionSettings } from './onnx-session.js';
import { sizeOf, type DType, type HostData, type HostTensors } from './program/host-tensor.js';
import type { Step } from './program/program.js';

export interface StepRuntime {
  createSession(model: Uint8Array, settings?: Partial<SessionSettings>): Promise<Ort.InferenceSession>;
  toOrt(dtype: DType, data: HostData, shape: readonly number[]): Ort.Tensor;
}

/** Under what name a graph gives a state out: its outputs need names of their own. */
export const newStateName = (state: string): string => `new:${state}`;

/** Steps that are each a call of ONNX Runtime. */
export const oneByOne =
  (run: Step['run']): Step['runAll'] =>
  async (feeds) => {
    const results: HostTensors[] = [];
    for (const feed of feeds) results.push(await run(feed));
    return results;
  };

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

/** Memory for so many values, 0 at first. */
export const emptyData = (dtype: DType, size: number): HostData =>
  new { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[dtype](size);

/** A tensor of its own memory for an output to be written into. */
export const emptyTensor = (
  { dtype, shape }: { dtype: DType; shape: readonly number[] },
  { toOrt }: Pick<StepRuntime, 'toOrt'>,
): Ort.Tensor => toOrt(dtype, emptyData(dtype, sizeOf(shape)), shape);

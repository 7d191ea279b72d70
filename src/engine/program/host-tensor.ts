/** @file Tensors in plain memory: what goes into and comes out of an engine, a checkpoint or a weights file. */

export type DType = 'float32' | 'int32' | 'bool';
export type HostData = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** Row-major values with their shape. float32 ↔ Float32Array, int32 ↔ Int32Array, bool ↔ Uint8Array. */
export interface HostTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: HostData;
}

/** Named tensors, in a fixed order: insertion order is the order of files and of reports. */
export type HostTensors = Record<string, HostTensor>;

/** Number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** A float32 tensor over the given values (default: zeros). */
export function float32(
  shape: readonly number[],
  data: Float32Array<ArrayBuffer> = new Float32Array(sizeOf(shape)),
): HostTensor {
  if (data.length !== sizeOf(shape))
    throw new RangeError(`shape [${shape}] needs ${sizeOf(shape)} values, got ${data.length}`);
  return { dtype: 'float32', shape, data };
}

/** An int32 tensor over the given values. */
export function int32(shape: readonly number[], data: Int32Array<ArrayBuffer>): HostTensor {
  if (data.length !== sizeOf(shape))
    throw new RangeError(`shape [${shape}] needs ${sizeOf(shape)} values, got ${data.length}`);
  return { dtype: 'int32', shape, data };
}

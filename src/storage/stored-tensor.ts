/**
 * @file A tensor out of a file of weights: its type and values as the file has them, and as an engine takes them.
 *
 * Values are little-endian. F16 and BF16 are widened, which is exact. F64 is narrowed only where a caller asks for it.
 */
import { internal, UserError } from '../errors.js';

/** A tensor as an engine takes it: float32 ↔ Float32Array, int32 ↔ Int32Array, bool ↔ Uint8Array; row-major. */
export interface StoredTensor {
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;
}

/** A tensor with the file's own dtype and precision; F16 and BF16 are widened (exactly) to a Float32Array. */
export interface RawTensor {
  readonly dtype: FileDType;
  readonly shape: readonly number[];
  readonly data: FileValues;
}

export type FileValues =
  | Float64Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

export const BYTES_PER_VALUE = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, U8: 1, BOOL: 1 } as const;
export type FileDType = keyof typeof BYTES_PER_VALUE;

/** The values in a buffer that holds nothing else. */
export function decodeValues(dtype: FileDType, buffer: ArrayBuffer): FileValues {
  switch (dtype) {
    case 'F64':
      return new Float64Array(buffer);
    case 'F32':
      return new Float32Array(buffer);
    case 'F16':
      return Float32Array.from(new Uint16Array(buffer), halfToNumber);
    case 'BF16': // the upper half of a float32
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
    case 'I64':
      return new BigInt64Array(buffer);
    case 'I32':
      return new Int32Array(buffer);
    case 'U8':
    case 'BOOL':
      return new Uint8Array(buffer);
  }
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/**
 * As an engine takes it: F32, F16 and BF16 become float32; I32, U8 and I64 become int32; BOOL becomes bool.
 * @throws UserError naming file and tensor: an I64 value beyond int32, a BOOL beyond 1, F64 (never narrowed unasked)
 */
export function toEngineTensor(path: string, name: string, { dtype, shape, data }: RawTensor): StoredTensor {
  if (dtype === 'F64') {
    throw new UserError(`${path}: tensor "${name}" is F64; expected F32, F16 or BF16: save it as float32 first`);
  }
  if (data instanceof Float32Array) return { dtype: 'float32', shape, data };
  if (data instanceof Int32Array) return { dtype: 'int32', shape, data };
  if (data instanceof Uint8Array && dtype === 'BOOL') {
    if (data.some((value) => value > 1))
      throw new UserError(`${path}: tensor "${name}" is BOOL but holds values beyond 1`);
    return { dtype: 'bool', shape, data };
  }
  if (data instanceof Uint8Array) return { dtype: 'int32', shape, data: Int32Array.from(data) };
  if (!(data instanceof BigInt64Array)) throw internal(`tensor ${name}: ${dtype} decoded to an unexpected array`);
  const beyond = data.find((value) => value !== BigInt.asIntN(32, value));
  if (beyond !== undefined) throw new UserError(`${path}: tensor "${name}" is I64 and holds ${beyond}, beyond int32`);
  return { dtype: 'int32', shape, data: Int32Array.from(data, Number) };
}

/**
 * @file Kaldi's lossy matrix codes, as its compressed-matrix.h and .cc define them.
 *
 * - `CM` (speech features): per column four 16-bit percentiles (0, 25, 75, 100), coded in the range of the matrix; one
 *   byte a value, piecewise linear between the percentiles: 0…64, 64…192, 192…255. Lies column by column after the
 *   headers.
 * - `CM2`: 16 bits a value, linear in the range of the matrix, row by row. `CM3`: the same in 8 bits.
 * Arithmetic is float32 as in Kaldi, so that both sides decode the same numbers to within a rounding.
 */

/** Shape and range of a compressed matrix. */
export interface CompressedHeader {
  rows: number;
  cols: number;
  minimum: number;
  range: number;
}

export interface Encoded {
  minimum: number;
  range: number;
  /** What follows the matrix header. */
  codes: Uint8Array;
}

const f32 = Math.fround;

/** A 16-bit code's value; the constant is 1/65535 as Kaldi has it. */
const fromShort = (minimum: number, range: number, code: number) => f32(minimum + range * 1.52590218966964e-5 * code);

/**
 * A value's 16-bit code: rounded to the nearest, clipped to the range. In float32 but for the last sum, so that codes
 * are Kaldi's.
 */
function toShort(minimum: number, range: number, value: number): number {
  const fraction = f32(f32(value - minimum) / range);
  return Math.trunc(f32(Math.min(1, Math.max(0, fraction)) * 65535) + 0.499);
}

/** Decodes `CM2` values; `bytes` must start at its buffer's beginning or at an even place. */
export function decodeShorts(bytes: Buffer, minimum: number, range: number): Float32Array<ArrayBuffer> {
  const codes = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const step = range * 1.52590218966964e-5;
  const data = new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++) data[i] = minimum + step * codes[i];
  return data;
}

/** Decodes `CM3` values. */
export function decodeBytes(codes: Buffer, minimum: number, range: number): Float32Array<ArrayBuffer> {
  const step = range / 255;
  const data = new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++) data[i] = minimum + step * codes[i];
  return data;
}

/** Decodes rows [from, from + count) of `CM`; `bytes` holds all column headers and codes. */
export function decodeColumns(
  bytes: Buffer,
  { rows, cols, minimum, range }: CompressedHeader,
  from: number,
  count: number,
): Float32Array<ArrayBuffer> {
  const data = new Float32Array(count * cols);
  for (let col = 0; col < cols; col++) {
    const [p0, p25, p75, p100] = [0, 2, 4, 6].map((at) => fromShort(minimum, range, bytes.readUInt16LE(8 * col + at)));
    const lower = (p25 - p0) / 64;
    const middle = (p75 - p25) / 128;
    const upper = (p100 - p75) / 63;
    const start = 8 * cols + col * rows + from;
    for (let row = 0, at = col; row < count; row++, at += cols) {
      const code = bytes[start + row];
      data[at] = code <= 64 ? p0 + lower * code : code <= 192 ? p25 + middle * (code - 64) : p75 + upper * (code - 192);
    }
  }
  return data;
}

/** Codes a matrix as `CM2`. */
export function encodeShorts(data: Float32Array): Encoded {
  const { minimum, range } = rangeOf(data);
  const codes = new Uint16Array(data.length);
  for (let i = 0; i < data.length; i++) codes[i] = toShort(minimum, range, data[i]);
  return { minimum, range, codes: new Uint8Array(codes.buffer) };
}

/** Codes a matrix as `CM`. */
export function encodeColumns(data: Float32Array, rows: number, cols: number): Encoded {
  const { minimum, range } = rangeOf(data);
  const codes = Buffer.alloc(cols * (8 + rows));
  const column = new Float32Array(rows);
  for (let col = 0; col < cols; col++) {
    for (let row = 0; row < rows; row++) column[row] = data[row * cols + col];
    const header = percentileCodes(column.slice().sort(), (value) => toShort(minimum, range, value));
    for (const [i, code] of header.entries()) codes.writeUInt16LE(code, 8 * col + 2 * i);
    const [p0, p25, p75, p100] = header.map((code) => fromShort(minimum, range, code));
    const start = 8 * cols + col * rows;
    for (let row = 0; row < rows; row++) {
      const value = column[row];
      if (value < p25) codes[start + row] = between(0, 64, (value - p0) / (p25 - p0));
      else if (value < p75) codes[start + row] = between(64, 192, (value - p25) / (p75 - p25));
      else codes[start + row] = between(192, 255, (value - p75) / (p100 - p75));
    }
  }
  return { minimum, range, codes };
}

/** The code `fraction` of the way from `low` to `high`, rounded. */
function between(low: number, high: number, fraction: number): number {
  return Math.max(low, Math.min(high, low + Math.trunc(fraction * (high - low) + 0.5)));
}

/**
 * Codes of the percentiles 0, 25, 75 and 100 of a sorted column, strictly rising so that no division is by zero. Of a
 * column of fewer than five values, the values themselves.
 */
function percentileCodes(sorted: Float32Array, code: (value: number) => number): number[] {
  const n = sorted.length;
  const quarter = Math.floor(n / 4);
  const at = n >= 5 ? [0, quarter, 3 * quarter, n - 1] : [0, 1, 2, 3];
  const p0 = Math.min(code(sorted[0]), 65532);
  const p25 = at[1] < n ? Math.min(Math.max(code(sorted[at[1]]), p0 + 1), 65533) : p0 + 1;
  const p75 = at[2] < n ? Math.min(Math.max(code(sorted[at[2]]), p25 + 1), 65534) : p25 + 1;
  const p100 = at[3] < n ? Math.max(code(sorted[at[3]]), p75 + 1) : p75 + 1;
  return [p0, p25, p75, p100];
}

/** Smallest value and range; a constant matrix gets Kaldi's made-up range of 1 + |value|. */
function rangeOf(data: Float32Array): { minimum: number; range: number } {
  let minimum = data[0];
  let maximum = data[0];
  for (let i = 1; i < data.length; i++) {
    if (data[i] < minimum) minimum = data[i];
    if (data[i] > maximum) maximum = data[i];
  }
  if (maximum === minimum) maximum = minimum + f32(1 + Math.abs(minimum));
  const range = f32(maximum - minimum);
  return { minimum, range };
}

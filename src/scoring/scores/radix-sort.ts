/**
 * @file Sorting of scores by their bits (least significant digit first): linear in the number of scores, and stable.
 *
 * The bits of an IEEE number, read as an unsigned integer, rise with the number once the sign is dealt with: all bits
 * of negative numbers are flipped, the sign bit of the others. Scores that are float32 values (cosines of most
 * toolkits) need three passes of 11 bits; others are sorted by the comparison sort of the runtime, or in passes of 16
 * bits where their order is wanted. Scores may be infinite, but not NaN. Memory: two copies of the keys.
 */

const SIGN = 0x8000_0000;
/** Below, comparisons are as fast as the passes' tables. */
const FEW = 4096;

/** Sorts numbers upwards, in place. */
export function sortAscending(values: Float64Array): Float64Array {
  if (values.length < FEW || !areFloat32(values)) return values.sort();
  const keys = float32Keys(values);
  const other = new Uint32Array(keys.length);
  scatter(keys, other, 0, 0x7ff);
  scatter(other, keys, 11, 0x7ff);
  scatter(keys, other, 22, 0x3ff);
  for (let i = 0; i < other.length; i++) other[i] ^= other[i] & SIGN ? SIGN : 0xffff_ffff;
  values.set(new Float32Array(other.buffer));
  return values;
}

/** The indices of numbers from the lowest to the highest; equal numbers keep their order. */
export function ascendingOrder(values: ArrayLike<number>): Uint32Array {
  const exact = Float64Array.from(values);
  const order = new Uint32Array(exact.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  if (exact.length < FEW) return order.sort((a, b) => exact[a] - exact[b] || a - b);
  const other = new Uint32Array(order.length);
  if (areFloat32(exact)) {
    const keys = float32Keys(exact);
    scatterByKey(order, other, keys, 0, 0x7ff);
    scatterByKey(other, order, keys, 11, 0x7ff);
    scatterByKey(order, other, keys, 22, 0x3ff);
    return other;
  }
  const { low, high } = float64Keys(exact);
  scatterByKey(order, other, low, 0, 0xffff);
  scatterByKey(other, order, low, 16, 0xffff);
  scatterByKey(order, other, high, 0, 0xffff);
  scatterByKey(other, order, high, 16, 0xffff);
  return order;
}

function areFloat32(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (Math.fround(values[i]) !== values[i]) return false;
  return true;
}

function float32Keys(values: Float64Array): Uint32Array {
  const keys = new Uint32Array(new Float32Array(values).buffer);
  for (let i = 0; i < keys.length; i++) {
    const bits = keys[i] === SIGN ? 0 : keys[i]; // -0 and 0 are equal
    keys[i] = bits & SIGN ? ~bits : bits | SIGN;
  }
  return keys;
}

function float64Keys(values: Float64Array): { low: Uint32Array; high: Uint32Array } {
  const words = new Uint32Array(values.buffer); // little-endian: the high word comes second
  const low = new Uint32Array(values.length);
  const high = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const negative = values[i] < 0; // so -0 is 0, as they are equal
    low[i] = negative ? ~words[2 * i] : words[2 * i];
    high[i] = negative ? ~words[2 * i + 1] : words[2 * i + 1] | SIGN;
  }
  return { low, high };
}

/** Copies keys into the order of one digit, keeping the order of those with equal digits. */
function scatter(from: Uint32Array, to: Uint32Array, shift: number, mask: number): void {
  const next = new Uint32Array(mask + 2);
  for (let i = 0; i < from.length; i++) next[((from[i] >>> shift) & mask) + 1]++;
  for (let digit = 1; digit <= mask; digit++) next[digit] += next[digit - 1];
  for (let i = 0; i < from.length; i++) to[next[(from[i] >>> shift) & mask]++] = from[i];
}

/** The same for items that have a key each. */
function scatterByKey(from: Uint32Array, to: Uint32Array, keys: Uint32Array, shift: number, mask: number): void {
  const next = new Uint32Array(mask + 2);
  for (let i = 0; i < from.length; i++) next[((keys[i] >>> shift) & mask) + 1]++; // all keys, in whatever order
  for (let digit = 1; digit <= mask; digit++) next[digit] += next[digit - 1];
  for (let i = 0; i < from.length; i++) to[next[(keys[from[i]] >>> shift) & mask]++] = from[i];
}

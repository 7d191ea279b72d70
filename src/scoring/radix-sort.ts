/**
 * @file Sorting of scores by their bits (least significant digit first): linear in the number of scores, and stable.
 *
 * The bits of an IEEE number, read as an unsigned integer, rise with the number once the sign is dealt with: all bits of
 * negative numbers are flipped, the sign bit of the others. Scores that are float32 values (cosines of most toolkits)
 * need three passes of 11 bits; others are sorted by the comparison sort of the runtime, or in passes of 16 bits where
 * their order is wanted. Scores must be finite. Memory: two copies of the keys.
 */

const SIGN = 0x8000_0000;

/** Sorts finite numbers upwards, in place. */
export function sortAscending(values: Float64Array): Float64Array {
  // Below, the native sort is as fast as the passes' tables.
  if (values.length < 4096 || !values.every((value) => Math.fround(value) === value)) return values.sort();
  const keys = float32Keys(values);
  const sorted = passes32(keys, (key) => key);
  const floats = new Float32Array(sorted.buffer, 0, sorted.length);
  for (let i = 0; i < sorted.length; i++) sorted[i] ^= sorted[i] & SIGN ? SIGN : 0xffff_ffff;
  values.set(floats);
  return values;
}

/** The indices of finite numbers from the lowest to the highest; equal numbers keep their order. */
export function ascendingOrder(values: ArrayLike<number>): Uint32Array {
  const exact = Float64Array.from(values);
  const order = Uint32Array.from(exact, (_, i) => i);
  if (exact.length < 4096) return order.sort((a, b) => exact[a] - exact[b] || a - b);
  if (exact.every((value) => Math.fround(value) === value)) {
    const keys = float32Keys(exact);
    return passes32(order, (i) => keys[i]);
  }
  for (let i = 0; i < exact.length; i++) exact[i] += 0; // -0 and 0 are equal
  const words = new Uint32Array(exact.buffer); // little-endian: the high word comes second
  for (let i = 0; i < words.length; i += 2) {
    const negative = words[i + 1] & SIGN;
    words[i + 1] ^= negative ? 0xffff_ffff : SIGN;
    if (negative) words[i] ^= 0xffff_ffff;
  }
  let [from, to] = [order, new Uint32Array(order.length)];
  for (const [word, shift] of [
    [0, 0],
    [0, 16],
    [1, 0],
    [1, 16],
  ]) {
    pass(from, to, 0x1_0000, (i) => (words[2 * i + word] >>> shift) & 0xffff);
    [from, to] = [to, from];
  }
  return from;
}

function float32Keys(values: Float64Array): Uint32Array {
  const keys = new Uint32Array(Float32Array.from(values).buffer);
  for (let i = 0; i < keys.length; i++) {
    if (keys[i] === SIGN) keys[i] = 0; // -0 and 0 are equal
    keys[i] ^= keys[i] & SIGN ? 0xffff_ffff : SIGN;
  }
  return keys;
}

/** Sorts items by a 32-bit key. */
function passes32(items: Uint32Array, keyOf: (item: number) => number): Uint32Array {
  const other = new Uint32Array(items.length);
  pass(items, other, 2048, (item) => keyOf(item) & 2047);
  pass(other, items, 2048, (item) => (keyOf(item) >>> 11) & 2047);
  pass(items, other, 1024, (item) => keyOf(item) >>> 22);
  return other;
}

/** Copies items into the order of one digit, keeping the order of those with equal digits. */
function pass(from: Uint32Array, to: Uint32Array, digits: number, digitOf: (item: number) => number): void {
  const next = new Uint32Array(digits + 1);
  for (let i = 0; i < from.length; i++) next[digitOf(from[i]) + 1]++;
  for (let digit = 1; digit <= digits; digit++) next[digit] += next[digit - 1];
  for (let i = 0; i < from.length; i++) to[next[digitOf(from[i])]++] = from[i];
}

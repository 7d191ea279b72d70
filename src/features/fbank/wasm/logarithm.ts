/**
 * @file The natural logarithm of four float32 values, to a few units in the last place (one where |ln x| > 1).
 *
 * x = 2^e · m with m in [√½, √2), and ln m = 2·(s + s³/3 + s⁵/5 + s⁷/7 + s⁹/9) with s = (m − 1)/(m + 1), where |s| <
 * 0.172: what is left out is less than 10⁻⁹. Limits: x is positive, finite and not denormal.
 */
import { type Body, type Code, f32x4, i32x4 } from '../../../wasm/assembler.js';

const MANTISSA_BITS = 23;
const ROOT_HALF_BITS = new Int32Array(Float32Array.of(Math.SQRT1_2).buffer)[0];

/** scale · ln x. */
export function logarithm(body: Body, x: Code, scale = 1): Code {
  const exponent = body.keep(i32x4.shr(i32x4.sub(x, i32x4.const(ROOT_HALF_BITS)), MANTISSA_BITS));
  const m = body.keep(i32x4.sub(x, i32x4.shl(exponent, MANTISSA_BITS)));
  const s = body.keep(f32x4.div(f32x4.sub(m, f32x4.const(1)), f32x4.add(m, f32x4.const(1))));
  const square = body.keep(f32x4.mul(s, s));
  const series = [7, 5, 3, 1].reduce(
    (inner, n) => f32x4.add(f32x4.mul(inner, square), f32x4.const((2 * scale) / n)),
    f32x4.const((2 * scale) / 9),
  );
  const e = body.keep(f32x4.convertI32x4(exponent));
  // ln 2 in two parts, the first so short that its multiples are exact.
  const long = scale * Math.LN2;
  const short = Math.round(long * 2 ** 12) / 2 ** 12;
  const rest = f32x4.add(f32x4.mul(e, f32x4.const(long - short)), f32x4.mul(series, s));
  return body.keep(f32x4.add(f32x4.mul(e, f32x4.const(short)), rest));
}

/**
 * @file Complex numbers in four lanes. In memory: four real parts, then four imaginary parts.
 */
import { type Body, type Code, f32x4, v128 } from '../../../wasm/assembler.js';

/** Bytes of a real and of a complex value of four lanes. */
export const REAL_BYTES = 16;
export const COMPLEX_BYTES = 32;

/** A complex value of four lanes. */
export interface Complex {
  re: Code;
  im: Code;
}

export const add = (body: Body, a: Complex, b: Complex): Complex => ({
  re: body.keep(f32x4.add(a.re, b.re)),
  im: body.keep(f32x4.add(a.im, b.im)),
});
export const subtract = (body: Body, a: Complex, b: Complex): Complex => ({
  re: body.keep(f32x4.sub(a.re, b.re)),
  im: body.keep(f32x4.sub(a.im, b.im)),
});
export const multiply = (body: Body, a: Complex, b: Complex): Complex => ({
  re: body.keep(f32x4.sub(f32x4.mul(a.re, b.re), f32x4.mul(a.im, b.im))),
  im: body.keep(f32x4.add(f32x4.mul(a.re, b.im), f32x4.mul(a.im, b.re))),
});
/** a + i·b and a − i·b. */
export const addTimesI = (body: Body, a: Complex, b: Complex): Complex => ({
  re: body.keep(f32x4.sub(a.re, b.im)),
  im: body.keep(f32x4.add(a.im, b.re)),
});
export const subtractTimesI = (body: Body, a: Complex, b: Complex): Complex => ({
  re: body.keep(f32x4.add(a.re, b.im)),
  im: body.keep(f32x4.sub(a.im, b.re)),
});
export const scale = (body: Body, a: Complex, factor: number): Complex => ({
  re: body.keep(f32x4.mul(f32x4.const(factor), a.re)),
  im: body.keep(f32x4.mul(f32x4.const(factor), a.im)),
});
export const loadComplex = (body: Body, address: Code, offset: number): Complex => ({
  re: body.keep(v128.load(address, offset)),
  im: body.keep(v128.load(address, offset + REAL_BYTES)),
});
/** One number of a table by `rootsOfUnity`, the same for all lanes. */
export const loadRoot = (body: Body, address: Code, offset: number): Complex => ({
  re: body.keep(v128.load32Splat(address, offset)),
  im: body.keep(v128.load32Splat(address, offset + 4)),
});
export function storeComplex(body: Body, address: Code, offset: number, { re, im }: Complex): void {
  body.emit(v128.store(address, offset, re));
  body.emit(v128.store(address, offset + REAL_BYTES, im));
}

/** exp(−2πi·turns), real and imaginary parts one after the other. */
export function rootsOfUnity(turns: readonly number[]): Float32Array {
  return Float32Array.from(
    turns.flatMap((turn) => [Math.cos(2 * Math.PI * (turn % 1)), -Math.sin(2 * Math.PI * (turn % 1))]),
  );
}

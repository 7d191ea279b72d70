/**
 * @file The power or magnitude spectra of four frames, from the transforms of what `frame-preparation.ts` makes of
 * them.
 *
 * A frame of even length n is transformed as n/2 complex values, x[2t] + i·x[2t + 1], from whose spectrum that of x
 * follows (Cooley, Lewis & Welch, "The fast Fourier transform algorithm", 1970): half the work, and unlike two frames
 * in one transform, none of them leaves its rounding errors in the other.
 */
import { type Body, type Code, type FunctionSource, f32x4, i32, v128 } from '../../../wasm/assembler.js';
import {
  type Complex,
  COMPLEX_BYTES,
  REAL_BYTES,
  add,
  loadComplex,
  loadRoot,
  multiply,
  rootsOfUnity,
  storeComplex,
  subtract,
} from './complex-lanes.js';
import type { MemoryLayout } from '../../../wasm/memory-layout.js';

export interface SpectrumOptions {
  nFft: number;
  /** Magnitudes in place of powers. */
  magnitude: boolean;
  /** Address of the transform: n/2 complex values and room for one more where n is even, n where it is odd. */
  z: number;
  /** Address of the result: 1 + ⌊n/2⌋ values. */
  power: number;
  layout: MemoryLayout;
}

/** A function without parameters. */
export function powerSpectrum(options: SpectrumOptions): FunctionSource {
  return options.nFft % 2 === 0 ? evenSpectrum(options) : oddSpectrum(options);
}

/**
 * P[k] = |X[k]|² of x of even length n from the transform Z of its n/2 complex values: with Z[n/2] = Z[0],
 * E = Z[k] + Z*[n/2 − k] and O = −i·(Z[k] − Z*[n/2 − k]), 2·X[k] = E + O·exp(−2πi·k/n) and 2·X*[n/2 − k] = E −
 * O·exp(−2πi·k/n).
 */
function evenSpectrum({ nFft, magnitude, z, power, layout }: SpectrumOptions): FunctionSource {
  const half = nFft / 2;
  const last = Math.floor(half / 2);
  const roots = layout.table(rootsOfUnity(Array.from({ length: last + 1 }, (_, k) => k / nFft)));
  return {
    parameters: 0,
    write(body) {
      const zero = i32.const(0);
      storeComplex(body, zero, z + COMPLEX_BYTES * half, loadComplex(body, zero, z));
      // Positions of k and of n/2 − k in the power spectrum; those in Z are twice as far, that of the root is half as
      // far.
      const [k, mirror, root] = [body.variable('i32'), body.variable('i32'), body.variable('i32')];
      mirror.set(i32.const(REAL_BYTES * half));
      body.repeat(
        () => {
          const a = loadComplex(body, i32.add(k.get, k.get), z);
          const b = loadComplex(body, i32.add(mirror.get, mirror.get), z);
          const even = { re: body.keep(f32x4.add(a.re, b.re)), im: body.keep(f32x4.sub(a.im, b.im)) };
          const odd = { re: body.keep(f32x4.add(a.im, b.im)), im: body.keep(f32x4.sub(b.re, a.re)) };
          const turned = multiply(body, odd, loadRoot(body, root.get, roots));
          storePower(body, k.get, power, add(body, even, turned), magnitude);
          storePower(body, mirror.get, power, subtract(body, even, turned), magnitude);
          k.advance(REAL_BYTES);
          mirror.set(i32.sub(mirror.get, i32.const(REAL_BYTES)));
          root.advance(8);
        },
        () => i32.lt(k.get, i32.const(REAL_BYTES * (last + 1))),
      );
    },
  };
}

/** P[k] = |X[k]|² where all n values were transformed. */
function oddSpectrum({ nFft, magnitude, z, power }: SpectrumOptions): FunctionSource {
  return {
    parameters: 0,
    write(body) {
      const k = body.variable('i32');
      body.repeat(
        () => {
          const x = loadComplex(body, i32.add(k.get, k.get), z);
          storePower(body, k.get, power, x, magnitude);
          k.advance(REAL_BYTES);
        },
        () => i32.lt(k.get, i32.const(REAL_BYTES * (Math.floor(nFft / 2) + 1))),
      );
    },
  };
}

function storePower(body: Body, address: Code, offset: number, { re, im }: Complex, root: boolean) {
  const power = f32x4.add(f32x4.mul(re, re), f32x4.mul(im, im));
  body.emit(v128.store(address, offset, root ? f32x4.sqrt(power) : power));
}

/**
 * @file The discrete Fourier transform in float64, for convolution, of lengths that are made of the factors 4, 5 and 8.
 *
 * Stockham's self-sorting transform (Cochran et al., "What is the fast Fourier transform?", 1967): one pass for each
 * factor of n, reading from one pair of arrays and writing to the other, so that no bit reversal is needed.
 * The passes themselves are in `fourier-passes.ts`.
 * Layout: real and imaginary parts apart, Float64Array, natural order. X[k] = Σ x[t]·exp(−2πi·k·t/n), not scaled.
 */
import { internal } from '../../errors.js';
import { type Pass, createPass } from './fourier-passes.js';

/** A plan for length n. Its arrays are reused by every call: fill `re` and `im`, call `transform`, use the result. */
export interface FourierTransform {
  readonly n: number;
  /** Input, n values each. Overwritten by `transform`. */
  readonly re: Float64Array;
  readonly im: Float64Array;
  /** Transforms what is in `re` and `im`. The result's arrays are the plan's own and hold until the next call. */
  transform(): { re: Float64Array; im: Float64Array };
}

/** Plans the transform of length n. */
export function createFourierTransform(n: number): FourierTransform {
  const factors = factorsOf(n);
  const a = { re: new Float64Array(n), im: new Float64Array(n) };
  const b = { re: new Float64Array(n), im: new Float64Array(n) };
  let left = n;
  let stride = 1;
  const passes: Pass[] = factors.map((radix) => {
    left /= radix;
    const pass = createPass(radix, left, stride);
    stride *= radix;
    return pass;
  });
  const transform = () => {
    let from = a;
    let to = b;
    for (const pass of passes) {
      pass(from.re, from.im, to.re, to.im);
      const written = to;
      to = from;
      from = written;
    }
    return from;
  };
  return { n, re: a.re, im: a.im, transform };
}

/** Factors in the order of the passes; the largest first, because a pass costs a trip over memory. */
function factorsOf(n: number): (4 | 5 | 8)[] {
  const factors: (4 | 5 | 8)[] = [];
  let left = n > 0 ? n : NaN;
  for (const radix of [8, 5, 4] as const) {
    // 16 is better cut into 4·4 than into 8·2.
    while (left % radix === 0 && !(radix === 8 && left % 16 === 0 && (left / 8) % 8 !== 0 && (left / 8) % 4 !== 0)) {
      factors.push(radix);
      left /= radix;
    }
  }
  if (left !== 1) throw internal(`Fourier transform of length ${n}`);
  return factors;
}

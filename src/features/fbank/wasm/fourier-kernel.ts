/**
 * @file The discrete Fourier transforms of four signals at once, one in each lane, as WebAssembly.
 *
 * Stockham's self-sorting transform (Cochran et al., "What is the fast Fourier transform?", 1967) in float32: one pass
 * for each factor of n, from one buffer to the other, so that no bit reversal is needed.
 * X[k] = Σ x[t]·exp(−2πi·k·t/n), natural order, not scaled.
 * No lane ever meets another one, so a signal's transform does not depend on the other three.
 * Limits: a prime factor other than 2 and 5 costs its square.
 */
import { type Body, type Code, type FunctionSource, f32x4, i32 } from '../../../wasm/assembler.js';
import { butterflies } from './butterflies.js';
import {
  type Complex,
  COMPLEX_BYTES,
  loadComplex,
  loadRoot,
  multiply,
  rootsOfUnity,
  storeComplex,
} from './complex-lanes.js';
import type { MemoryLayout } from '../../../wasm/memory-layout.js';

export interface FourierKernel {
  /** Where to put the n values; overwritten by the transform. One more fits at the end. */
  input: number;
  /** Where the result lies; likewise. */
  output: number;
  /** A function without parameters. */
  source: FunctionSource;
}

/** The transform of length n; its buffers and tables are put into `layout`. */
export function fourierKernel(n: number, layout: MemoryLayout): FourierKernel {
  const input = layout.reserve(COMPLEX_BYTES * (n + 1));
  const other = layout.reserve(COMPLEX_BYTES * (n + 1));
  const passes: ((body: Body) => void)[] = [];
  let [from, to] = [input, other];
  let stride = 1;
  for (const radix of factorsOf(n)) {
    const groups = n / (stride * radix);
    passes.push(createPass({ radix, groups, stride, from, to }, layout));
    stride *= radix;
    [from, to] = [to, from];
  }
  return {
    input,
    output: from,
    source: {
      parameters: 0,
      write(body) {
        for (const pass of passes) pass(body);
      },
    },
  };
}

/** With s = stride and m groups, s·m·r = n; addresses of the buffers. */
interface PassOptions {
  radix: number;
  groups: number;
  stride: number;
  from: number;
  to: number;
}

/**
 * One pass: y[q + s(r·p + k)] = w^(p·k) · Σ_j x[q + s(p + m·j)]·exp(−2πi·j·k/r), where w = exp(−2πi/(r·m)), p < m, q <
 * s. Positions in x and y are kept as bytes from the buffers' beginnings.
 */
function createPass(options: PassOptions, layout: MemoryLayout): (body: Body) => void {
  const { radix, groups, stride, from, to } = options;
  const row = COMPLEX_BYTES * stride;
  const butterfly = butterflies.get(radix);
  if (!butterfly) return createPlainPass(options, layout);
  // The factors are 1 for p = 0 and for k = 0.
  const angles = Array.from({ length: groups - 1 }, (_, p) =>
    Array.from({ length: radix - 1 }, (_, k) => ((p + 1) * (k + 1)) / (radix * groups)),
  );
  const twiddles = layout.table(rootsOfUnity(angles.flat()));

  return (body) => {
    const read = body.variable('i32');
    const write = body.variable('i32');
    const transformRow = (end: Code, factors: Complex[]) => {
      body.repeat(
        () => {
          const x = Array.from({ length: radix }, (_, j) => loadComplex(body, read.get, from + row * groups * j));
          butterfly(body, x).forEach((y, k) => {
            const turned = k > 0 && factors.length > 0 ? multiply(body, y, factors[k - 1]) : y;
            storeComplex(body, write.get, to + row * k, turned);
          });
          read.advance(COMPLEX_BYTES);
          write.advance(COMPLEX_BYTES);
        },
        () => i32.lt(read.get, end),
      );
    };
    read.set(i32.const(0));
    write.set(i32.const(0));
    transformRow(i32.const(row), []);
    if (groups === 1) return;
    const twiddle = body.variable('i32');
    twiddle.set(i32.const(twiddles));
    body.repeat(
      () => {
        write.advance(row * (radix - 1));
        const factors = Array.from({ length: radix - 1 }, (_, k) => loadRoot(body, twiddle.get, 8 * k));
        twiddle.advance(8 * (radix - 1));
        transformRow(body.keep(i32.add(read.get, i32.const(row)), 'i32'), factors);
      },
      () => i32.lt(read.get, i32.const(row * groups)),
    );
  };
}

/** The same for a factor without a butterfly: the sum as it is defined. */
function createPlainPass({ radix, groups, stride, from, to }: PassOptions, layout: MemoryLayout): (body: Body) => void {
  const row = COMPLEX_BYTES * stride;
  const length = Array.from({ length: radix }, (_, index) => index);
  const roots = layout.table(rootsOfUnity(length.map((j) => j / radix)));
  const angles = Array.from({ length: groups }, (_, p) => length.map((k) => (p * k) / (radix * groups)));
  const twiddles = layout.table(rootsOfUnity(angles.flat()));

  return (body) => {
    const [read, write, twiddle, column, k, j, root] = Array.from({ length: 7 }, () => body.variable('i32'));
    const [re, im] = [body.variable('v128'), body.variable('v128')];
    const sumInputs = () => {
      re.set(f32x4.const(0));
      im.set(f32x4.const(0));
      j.set(read.get);
      root.set(i32.const(0));
      body.repeat(
        () => {
          const product = multiply(body, loadComplex(body, j.get, from), loadRoot(body, root.get, roots));
          re.set(f32x4.add(re.get, product.re));
          im.set(f32x4.add(im.get, product.im));
          // The angle of j·k, modulo a whole turn.
          root.set(i32.add(root.get, k.get));
          const [turn, past] = [i32.const(8 * radix), i32.sub(root.get, i32.const(8 * radix))];
          root.set(i32.select(past, root.get, i32.ge(root.get, turn)));
          j.advance(row * groups);
        },
        () => i32.lt(j.get, i32.add(read.get, i32.const(row * groups * radix))),
      );
      return { re: re.get, im: im.get };
    };
    read.set(i32.const(0));
    write.set(i32.const(0));
    twiddle.set(i32.const(twiddles));
    body.repeat(
      () => {
        const rowEnd = body.keep(i32.add(read.get, i32.const(row)), 'i32');
        body.repeat(
          () => {
            column.set(write.get);
            k.set(i32.const(0));
            body.repeat(
              () => {
                const factor = loadRoot(body, i32.add(twiddle.get, k.get), 0);
                storeComplex(body, column.get, to, multiply(body, sumInputs(), factor));
                column.advance(row);
                k.advance(8);
              },
              () => i32.lt(k.get, i32.const(8 * radix)),
            );
            read.advance(COMPLEX_BYTES);
            write.advance(COMPLEX_BYTES);
          },
          () => i32.lt(read.get, rowEnd),
        );
        write.advance(row * (radix - 1));
        twiddle.advance(8 * radix);
      },
      () => i32.lt(read.get, i32.const(row * groups)),
    );
  };
}

/** Factors in the order of the passes: fives, at most one eight, fours, and what is left, primes. */
function factorsOf(n: number): number[] {
  const factors: number[] = [];
  for (; n % 5 === 0; n /= 5) factors.push(5);
  const twos = Math.log2(n & -n);
  if (twos % 2 === 1 && twos > 1) {
    factors.push(8);
    n /= 8;
  }
  for (; n % 4 === 0; n /= 4) factors.push(4);
  for (let radix = 2; n > 1; radix++) {
    for (; n % radix === 0; n /= radix) factors.push(radix);
  }
  return factors;
}

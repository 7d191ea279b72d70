/**
 * @file Formulas that give a number of each trace from sizes of each trace.
 *
 * A program is traced at three assignments of its symbolic sizes. What differs between the traces is sought as a
 * function of one size that the graph can read, or of a product of two; it must be exact in all three.
 */
import { internal } from '../../errors.js';

/** How often a program is traced. */
export const TRIALS = [0, 1, 2];

/** One number in each trace. */
export type Across = readonly number[];

export const equal = <T>(values: readonly T[]) => values.every((value) => value === values[0]);

/**
 * The sizes to trace at: primes, or twice primes, that are no size of a model, so that equal numbers mean equal sizes.
 * Halved once or more, rounded up as by strided convolutions, they lie on no line with each other: a formula of the
 * wrong one would else fit.
 */
export function traceSizes(symbols: readonly string[]): Record<string, Across> {
  const batch = [3, 5, 7];
  const lengths = [
    [211, 302, 409],
    [223, 314, 419],
    [227, 313, 422],
  ];
  const others = symbols.filter((symbol) => symbol !== 'B');
  if (others.length > lengths.length) throw internal(`${symbols.length} symbolic sizes are too many`);
  return { B: batch, ...Object.fromEntries(others.map((symbol, i) => [symbol, lengths[i]])) };
}

/** A size that the graph can read. */
export interface Atom {
  readonly sizes: Across;
}

/** scale · product of factors + offset. */
export interface SizeFormula<A extends Atom> {
  readonly factors: readonly A[];
  readonly scale: number;
  readonly offset: number;
}

/** ±f(scale · (product of factors + offset)), f given by the operators that it takes in turn. */
export interface NumberFormula<A extends Atom> extends SizeFormula<A> {
  readonly operators: readonly ('Reciprocal' | 'Sqrt' | 'Neg')[];
}

/** Every size that can be read, and every product of two. */
function* products<A extends Atom>(atoms: readonly A[]): Generator<{ factors: readonly A[]; product: Across }> {
  const pairs = atoms.flatMap((a, i) => atoms.slice(i).map((b) => [a, b]));
  for (const factors of [...atoms.map((atom) => [atom]), ...pairs]) {
    yield { factors, product: TRIALS.map((t) => factors.reduce((p, atom) => p * atom.sizes[t], 1)) };
  }
}

/** A trace whose number is not that of the first: sizes that are counted in large steps are the same in some. */
const otherTrial = (product: Across): number => TRIALS.find((t) => product[t] !== product[0]) ?? 1;

/** The formula of a whole number, of whole numbers; undefined where none is exact. */
export function solveSize<A extends Atom>(sizes: Across, atoms: readonly A[]): SizeFormula<A> | undefined {
  for (const { factors, product } of products(atoms)) {
    const other = otherTrial(product);
    const scale = (sizes[other] - sizes[0]) / (product[other] - product[0]);
    const offset = sizes[0] - scale * product[0];
    if (Number.isInteger(scale) && sizes.every((size, t) => size === scale * product[t] + offset)) {
      return { factors, scale, offset };
    }
  }
  return undefined;
}

/**
 * The formula of a float: f is among identity, 1/x, √x and 1/√x. Undefined where none holds within float32's rounding.
 *
 * NOTE: the traces' numbers are rounded to float32, which blurs the offset by up to 1e-3: nothing at the lengths
 * traced, but wrong for short inputs. So the offset is taken to be a whole number of twelfths.
 */
export function solveNumber<A extends Atom>(numbers: Across, atoms: readonly A[]): NumberFormula<A> | undefined {
  const sign = Math.sign(numbers[0]);
  const negated = sign < 0 ? (['Neg'] as const) : [];
  const forms: { invert: (x: number) => number; operators: NumberFormula<A>['operators'] }[] = [
    { invert: (x) => x, operators: [] },
    { invert: (x) => 1 / x, operators: ['Reciprocal'] },
    { invert: (x) => (x * sign > 0 ? x * x : NaN), operators: ['Sqrt', ...negated] },
    { invert: (x) => (x * sign > 0 ? 1 / (x * x) : NaN), operators: ['Reciprocal', 'Sqrt', ...negated] },
  ];
  for (const { factors, product } of products(atoms)) {
    for (const { invert, operators } of forms) {
      const y = numbers.map(invert);
      const other = otherTrial(product);
      const slope = (y[other] - y[0]) / (product[other] - product[0]);
      const offset = Math.round(12 * (y[0] / slope - product[0])) / 12;
      const blurred = y[2] / (product[2] + offset);
      const whole = Math.round(blurred);
      const scale = Math.abs(blurred - whole) <= 1e-6 * Math.abs(blurred) ? whole : blurred;
      const fits = y.every((value, t) => Math.abs(value - scale * (product[t] + offset)) <= 1e-6 * Math.abs(value));
      if (fits) return { factors, scale, offset, operators };
    }
  }
  return undefined;
}

/** @file Fourier transforms of a few values, which the passes of a long one are made of. */
import type { Body } from '../../../wasm/assembler.js';
import { type Complex, add, addTimesI, scale, subtract, subtractTimesI } from './complex-lanes.js';

/** Σ_j x[j]·exp(−2πi·j·k/r) for k = 0 … r − 1. */
type Butterfly = (body: Body, x: Complex[]) => Complex[];

const butterfly2: Butterfly = (body, [a, b]) => [add(body, a, b), subtract(body, a, b)];

const butterfly4: Butterfly = (body, [a, b, c, d]) => {
  const ac = add(body, a, c);
  const bd = add(body, b, d);
  const acDifference = subtract(body, a, c);
  const bdDifference = subtract(body, b, d);
  return [
    add(body, ac, bd),
    subtractTimesI(body, acDifference, bdDifference),
    subtract(body, ac, bd),
    addTimesI(body, acDifference, bdDifference),
  ];
};

/** The even and the odd inputs by themselves, the latter then turned by exp(−2πi·k/8). */
const butterfly8: Butterfly = (body, x) => {
  const e = butterfly4(body, [x[0], x[2], x[4], x[6]]);
  const o = butterfly4(body, [x[1], x[3], x[5], x[7]]);
  // o[1]·(1 − i)/√2 and o[3]·(−1 − i)/√2; o[2] is turned by −i where it is used.
  const o1 = scale(body, subtractTimesI(body, o[1], o[1]), Math.SQRT1_2);
  const o3 = scale(body, addTimesI(body, o[3], o[3]), -Math.SQRT1_2);
  return [
    add(body, e[0], o[0]),
    add(body, e[1], o1),
    subtractTimesI(body, e[2], o[2]),
    add(body, e[3], o3),
    subtract(body, e[0], o[0]),
    subtract(body, e[1], o1),
    addTimesI(body, e[2], o[2]),
    subtract(body, e[3], o3),
  ];
};

const butterfly5: Butterfly = (body, [a, b, c, d, e]) => {
  const [cos1, cos2] = [1, 2].map((k) => Math.cos((2 * Math.PI * k) / 5));
  const [sin1, sin2] = [1, 2].map((k) => Math.sin((2 * Math.PI * k) / 5));
  const outer = add(body, b, e);
  const inner = add(body, c, d);
  const outerDifference = subtract(body, b, e);
  const innerDifference = subtract(body, c, d);
  const sum = (x: number, y: number) => add(body, a, add(body, scale(body, outer, x), scale(body, inner, y)));
  const difference = (x: number, y: number) =>
    add(body, scale(body, outerDifference, x), scale(body, innerDifference, y));
  const even1 = sum(cos1, cos2);
  const even2 = sum(cos2, cos1);
  const odd1 = difference(sin1, sin2);
  const odd2 = difference(sin2, -sin1);
  return [
    add(body, a, add(body, outer, inner)),
    subtractTimesI(body, even1, odd1),
    subtractTimesI(body, even2, odd2),
    addTimesI(body, even2, odd2),
    addTimesI(body, even1, odd1),
  ];
};

/** Those that are written out, by radix. */
export const butterflies = new Map([
  [2, butterfly2],
  [4, butterfly4],
  [5, butterfly5],
  [8, butterfly8],
]);

/** @file PyTorch's initial values, drawn from keyed random streams: equal seed and name give equal values. */
import { sizeOf } from '../engine/program/host-tensor.js';
import { keyedRandom } from '../random.js';
import type { RandomStream } from '../random.js';

/** How a parameter starts. */
export type Initializer = (shape: readonly number[], random: RandomStream) => Float32Array<ArrayBuffer>;

const fill =
  (draw: (random: RandomStream) => number): Initializer =>
  (shape, random) =>
    Float32Array.from({ length: sizeOf(shape) }, () => draw(random));

export const zeros: Initializer = fill(() => 0);
export const ones: Initializer = fill(() => 1);
export const normal = (std: number): Initializer => fill((random) => std * random.normal());
export const uniform = (bound: number): Initializer => fill((random) => bound * (2 * random.uniform() - 1));

/** The same values times `factor`; 0: nothing but zeros. */
export const scaled =
  (init: Initializer, factor: number): Initializer =>
  (shape, random) =>
    factor === 1 ? init(shape, random) : init(shape, random).map((value) => factor * value);

/** nn.Linear and nn.Conv1d, weight and bias: uniform within ±1/√fan_in (kaiming_uniform_ with a = √5). */
export const linearInit = (fanIn: number): Initializer => uniform(1 / Math.sqrt(fanIn));

/** kaiming_normal_ (He et al. 2015). */
export const kaimingNormal = (fanIn: number): Initializer => normal(Math.sqrt(2 / fanIn));

/** xavier_uniform_ (Glorot & Bengio 2010). */
export const xavierUniform = (fanIn: number, fanOut: number): Initializer => uniform(Math.sqrt(6 / (fanIn + fanOut)));

/**
 * Rows of length `std·√columns`, mutually orthogonal while there are no more rows than columns (then the next set of
 * orthogonal rows begins): the same scale as `normal(std)`, without two rows that are alike.
 */
export const orthogonalRows =
  (std: number): Initializer =>
  (shape, random) => {
    const columns = shape.at(-1)!;
    const rows = sizeOf(shape) / columns;
    const values = normal(1)(shape, random);
    const row = (i: number) => values.subarray(i * columns, (i + 1) * columns);
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i], 0);
    for (let i = 0; i < rows; i++) {
      const current = row(i);
      // Twice: one pass of Gram-Schmidt in float32 leaves a residue.
      for (let pass = 0; pass < 2; pass++) {
        for (let j = i - (i % columns); j < i; j++) {
          const other = row(j);
          const share = dot(current, other) / dot(other, other);
          for (let c = 0; c < columns; c++) current[c] -= share * other[c];
        }
      }
      const scale = (std * Math.sqrt(columns)) / Math.sqrt(dot(current, current));
      for (let c = 0; c < columns; c++) current[c] *= scale;
    }
    return values;
  };

/** The value of one named parameter. */
export function initialValue(
  { name, shape, init }: { name: string; shape: readonly number[]; init: Initializer },
  seed: number,
): Float32Array<ArrayBuffer> {
  return init(shape, keyedRandom(seed, 'parameter', name));
}

/**
 * @file Mean and spread of the highest scores of a row, without sorting it, four scores at once by WebAssembly's SIMD.
 *
 * A threshold is guessed from a sixteenth of the row, and what lies below it is left out. Bisection over the float32
 * numbers, in their order, finds the `count`th highest of the rest exactly: each trial value is compared with all of
 * them. Sums then are of what each score is above that one, in double precision: scores below it add nothing, nor do
 * those that are equal to it, so ties need no care. Where the sample misleads, the whole row is searched.
 */
import { type FunctionSource, assembleModule, f32x4, f64x2, i32, i32x4, i8x16, v128 } from '../../wasm/assembler.js';
import { instantiate } from '../../wasm/instantiate.js';
import { createMemoryLayout } from '../../wasm/memory-layout.js';

/** Mean of the `count` highest of a row of as many scores as there are in the cohort, and Σ (score − mean)². */
export type MomentsOfHighest = (row: Float32Array, count: number) => [mean: number, squares: number];

/** Scores in a vector, and its bytes. */
const LANES = 4;
const VECTOR_BYTES = 16;
/** One vector of so many is in the sample. */
const SAMPLE_STRIDE = 16;

/** Addresses of what goes into a function beside its parameters, and of what it gives. */
const [THRESHOLD, RESULT] = [0, VECTOR_BYTES];

/** Part of the module's memory, from one address to another; every `step` bytes there is a vector. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** For rows of `size` scores. */
export function createMomentsOfHighest(size: number): MomentsOfHighest {
  const layout = createMemoryLayout();
  layout.reserve(3 * VECTOR_BYTES); // threshold, and results of two vectors
  const packing = layout.table(packingTable());
  const vectors = Math.ceil(size / LANES);
  const row = layout.reserve(VECTOR_BYTES * vectors);
  const candidates = layout.reserve(VECTOR_BYTES * (vectors + 2));
  const kernel = instantiate<'countReaching' | 'packReaching' | 'leastReaching' | 'sumAbove'>(
    assembleModule([countReaching, packReaching(packing), leastReaching, sumAbove], layout.bytes()),
  );
  layout.fill(kernel.memory);
  const values = new Float32Array(kernel.memory, row, LANES * vectors).fill(-Infinity, size);
  const single = new Float32Array(kernel.memory);
  const double = new Float64Array(kernel.memory);
  const integer = new Int32Array(kernel.memory);
  const all: Span = { from: row, to: row + VECTOR_BYTES * vectors, step: VECTOR_BYTES };
  const sample: Span = { ...all, step: SAMPLE_STRIDE * VECTOR_BYTES };

  const reaching = ({ from, to, step }: Span, threshold: number): number => {
    single[THRESHOLD / 4] = threshold;
    kernel.countReaching(from, to, step);
    const counts = RESULT / 4;
    return integer[counts] + integer[counts + 1] + integer[counts + 2] + integer[counts + 3];
  };

  /** A threshold that `count` to `most` scores reach, or, where there are ties, the highest that `count` do. */
  const thresholdReachedBy = (span: Span, [count, most]: [number, number], reachedByAll: number): number => {
    let [low, high] = [placeOf(reachedByAll), placeOf(Infinity) + 1];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      const found = reaching(span, floatAt(middle));
      if (found < count) high = middle;
      else low = middle;
      if (found >= count && found <= most) break;
    }
    return floatAt(low);
  };

  /** The scores that reach a threshold, if they are `count` at least; if not, all. */
  const reachingOrAll = (threshold: number, count: number): Span => {
    single[THRESHOLD / 4] = threshold;
    kernel.packReaching(all.from, all.to, candidates);
    const end = integer[RESULT / 4];
    if (end - candidates < 4 * count) return all;
    return { from: candidates, to: Math.ceil(end / VECTOR_BYTES) * VECTOR_BYTES, step: VECTOR_BYTES };
  };

  return (scores, count) => {
    values.set(scores);
    // Of the sample, count / stride are among the highest on average; half as many more and a few make a shortage rare.
    const rank = Math.ceil((1.5 * count) / SAMPLE_STRIDE) + 8;
    const isGuessed = rank < size / SAMPLE_STRIDE;
    const guess = isGuessed ? thresholdReachedBy(sample, [rank, rank + (rank >> 3)], -Infinity) : -Infinity;
    const span = isGuessed ? reachingOrAll(guess, count) : all;
    const reached = thresholdReachedBy(span, [count, count], span === all ? -Infinity : guess);
    if (reached === -Infinity) return [NaN, NaN]; // fewer than `count` are numbers
    single[THRESHOLD / 4] = reached;
    kernel.leastReaching(span.from, span.to);
    const least = Math.min(...single.subarray(RESULT / 4, RESULT / 4 + LANES));
    double[THRESHOLD / 8] = least;
    kernel.sumAbove(span.from, span.to);
    const [sum0, sum1, squares0, squares1] = double.subarray(RESULT / 8, RESULT / 8 + 4);
    const sum = sum0 + sum1;
    return [least + sum / count, squares0 + squares1 - (sum * sum) / count];
  };
}

const asFloat = new Float32Array(1);
const asInteger = new Int32Array(asFloat.buffer);

/** Of a float32 in the order of all: the next greater number has the next place. */
function placeOf(value: number): number {
  asFloat[0] = value;
  return asInteger[0] < 0 ? asInteger[0] ^ 0x7fffffff : asInteger[0];
}

function floatAt(place: number): number {
  asInteger[0] = place < 0 ? place ^ 0x7fffffff : place;
  return asFloat[0];
}

const zero = i32.const(0);
const threshold = v128.load32Splat(zero, THRESHOLD);

/** (from, to, step): how many scores reach the threshold, by lanes. */
const countReaching: FunctionSource = {
  parameters: 3,
  exported: 'countReaching',
  write(body, [from, to, step]) {
    const [at, counts] = [body.variable('i32'), body.variable('v128')];
    const least = body.keep(threshold);
    at.set(from);
    body.repeat(
      () => {
        counts.set(i32x4.sub(counts.get, f32x4.ge(v128.load(at.get, 0), least))); // all bits 1 are −1
        at.set(i32.add(at.get, step));
      },
      () => i32.lt(at.get, to),
    );
    body.emit(v128.store(zero, RESULT, counts.get));
  },
};

/** (from, to, target): copies the scores that reach the threshold, one after the other, and −∞ behind; where they end. */
const packReaching = (packing: number): FunctionSource => ({
  parameters: 3,
  exported: 'packReaching',
  write(body, [from, to, target]) {
    const [at, end] = [body.variable('i32'), body.variable('i32')];
    const least = body.keep(threshold);
    at.set(from);
    end.set(target);
    body.repeat(
      () => {
        const scores = body.keep(v128.load(at.get, 0));
        const reaching = body.keep(i32x4.bitmask(f32x4.ge(scores, least)), 'i32');
        const order = v128.load(i32.shl(reaching, 4), packing);
        body.emit(v128.store(end.get, 0, i8x16.swizzle(scores, order)));
        end.set(i32.add(end.get, i32.shl(i32.popcnt(reaching), 2)));
        at.advance(VECTOR_BYTES);
      },
      () => i32.lt(at.get, to),
    );
    body.emit(v128.store(end.get, 0, f32x4.const(-Infinity)));
    body.emit(i32.store(zero, RESULT, end.get));
  },
});

/** For each set of lanes, as bits: the bytes of these lanes, the first ones first. */
const packingTable = () =>
  new Int32Array(
    Uint8Array.from({ length: 16 * VECTOR_BYTES }, (_, i) => {
      const set = Math.floor(i / VECTOR_BYTES);
      const lanes = [0, 1, 2, 3].filter((lane) => set & (1 << lane));
      return 4 * (lanes[Math.floor((i % VECTOR_BYTES) / 4)] ?? 0) + (i % 4);
    }).buffer,
  );

/** (from, to): the least of the scores that reach the threshold, by lanes. */
const leastReaching: FunctionSource = {
  parameters: 2,
  exported: 'leastReaching',
  write(body, [from, to]) {
    const [at, least] = [body.variable('i32'), body.variable('v128')];
    const bound = body.keep(threshold);
    const none = body.keep(f32x4.const(Infinity));
    at.set(from);
    least.set(none);
    body.repeat(
      () => {
        const scores = body.keep(v128.load(at.get, 0));
        least.set(f32x4.pmin(least.get, v128.bitselect(scores, none, f32x4.ge(scores, bound))));
        at.advance(VECTOR_BYTES);
      },
      () => i32.lt(at.get, to),
    );
    body.emit(v128.store(zero, RESULT, least.get));
  },
};

/** (from, to): sums over all scores of what they are above the threshold (a float64), and of its squares, by halves. */
const sumAbove: FunctionSource = {
  parameters: 2,
  exported: 'sumAbove',
  write(body, [from, to]) {
    const [at, sum, squares] = [body.variable('i32'), body.variable('v128'), body.variable('v128')];
    const bound = body.keep(v128.load64Splat(zero, THRESHOLD));
    const nothing = body.keep(f32x4.const(0));
    at.set(from);
    body.repeat(
      () => {
        const scores = body.keep(v128.load(at.get, 0));
        for (const pair of [scores, i32x4.shuffle(scores, scores, [2, 3, 2, 3])]) {
          const above = body.keep(f64x2.pmax(nothing, f64x2.sub(f64x2.promoteLow(pair), bound)));
          sum.set(f64x2.add(sum.get, above));
          squares.set(f64x2.add(squares.get, f64x2.mul(above, above)));
        }
        at.advance(VECTOR_BYTES);
      },
      () => i32.lt(at.get, to),
    );
    body.emit(v128.store(zero, RESULT, sum.get));
    body.emit(v128.store(zero, RESULT + VECTOR_BYTES, squares.get));
  },
};

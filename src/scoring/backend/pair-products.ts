/**
 * @file Inner products of many pairs of rows in double precision, by WebAssembly's SIMD.
 *
 * The rows of both sides are copied into the module's memory, as many as fit at a time: for most lists of trials all of
 * them at once. Value i of a row adds to the sum i mod 4, two sums in a vector; the last values where the width is no
 * multiple of four add to the first sum. So the order of additions is fixed, and a product's bits depend on its two rows
 * alone.
 */
import { internal } from '../../errors.js';
import {
  type Body,
  type Code,
  type FunctionSource,
  assembleModule,
  f32x4,
  f64x2,
  i32,
  i32x4,
  v128,
} from '../../wasm/assembler.js';
import { instantiate } from '../../wasm/instantiate.js';
import { createMemoryLayout } from '../../wasm/memory-layout.js';

export type Vectors = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** One side of the pairs: vectors [rows, width], and which row each pair has. */
export interface PairedRows {
  readonly vectors: Vectors;
  readonly rows: Uint32Array;
}

export interface PairProductsOptions {
  readonly width: number;
  /** Of each side in the module's memory. */
  readonly tileBytes?: number;
}

/** Pairs that go through the module at once. */
const BATCH = 4096;
/** Of a pair: two addresses; four sums. */
const [PAIR_BYTES, SUMS_BYTES] = [8, 32];

/** ⟨a, b⟩ of each pair. */
export function pairProducts(
  a: PairedRows,
  b: PairedRows,
  { width, tileBytes = 128 << 20 }: PairProductsOptions,
): Float64Array<ArrayBuffer> {
  const bytes = a.vectors.BYTES_PER_ELEMENT;
  if (b.vectors.BYTES_PER_ELEMENT !== bytes) throw internal('products of rows of two types');
  const rowBytes = bytes * width;
  const fitting = Math.max(1, Math.floor(tileBytes / rowBytes));
  const tileRows = [a, b].map(({ vectors }) => Math.min(vectors.length / width, fitting));
  const layout = createMemoryLayout();
  const [pairsAt, sumsAt] = [layout.reserve(BATCH * PAIR_BYTES), layout.reserve(BATCH * SUMS_BYTES)];
  const tilesAt = tileRows.map((rows) => layout.reserve(rows * rowBytes));
  const { memory, run } = instantiate(
    assembleModule([multiply(bytes === 4 ? float32 : float64, width, sumsAt)], layout.bytes()),
  );
  const addresses = new Uint32Array(memory, pairsAt, 2 * BATCH);
  const sums = new Float64Array(memory, sumsAt, 4 * BATCH);
  const copyTile = (side: 0 | 1, first: number) => {
    const { vectors } = [a, b][side];
    const part = vectors.subarray(first * width, (first + tileRows[side]) * width);
    new Uint8Array(memory, tilesAt[side]).set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  };

  const products = new Float64Array(a.rows.length);
  const waiting = new Uint32Array(BATCH);
  for (let firstA = 0; firstA * width < a.vectors.length; firstA += tileRows[0]) {
    copyTile(0, firstA);
    for (let firstB = 0; firstB * width < b.vectors.length; firstB += tileRows[1]) {
      copyTile(1, firstB);
      let count = 0;
      for (let pair = 0; pair < products.length; pair++) {
        const [rowA, rowB] = [a.rows[pair] - firstA, b.rows[pair] - firstB];
        if (rowA >= 0 && rowA < tileRows[0] && rowB >= 0 && rowB < tileRows[1]) {
          addresses[2 * count] = tilesAt[0] + rowA * rowBytes;
          addresses[2 * count + 1] = tilesAt[1] + rowB * rowBytes;
          waiting[count++] = pair;
        }
        if (count === 0 || (count < BATCH && pair < products.length - 1)) continue;
        run(pairsAt, pairsAt + count * PAIR_BYTES);
        for (let i = 0; i < count; i++) {
          products[waiting[i]] = sums[4 * i] + sums[4 * i + 1] + (sums[4 * i + 2] + sums[4 * i + 3]);
        }
        count = 0;
      }
    }
  }
  return products;
}

/** How values of a type are read as float64. */
interface Reader {
  readonly bytes: number;
  /** Four values from an address on, in two vectors. */
  four(body: Body, address: Code, offset: number): [Code, Code];
  /** One, and a zero behind it. */
  one(address: Code, offset: number): Code;
}

const float32: Reader = {
  bytes: 4,
  four(body, address, offset) {
    const values = body.keep(v128.load(address, offset));
    return [f64x2.promoteLow(values), f64x2.promoteLow(i32x4.shuffle(values, values, [2, 3, 2, 3]))];
  },
  one: (address, offset) => f64x2.promoteLow(v128.load32Zero(address, offset)),
};

const float64: Reader = {
  bytes: 8,
  four: (_body, address, offset) => [v128.load(address, offset), v128.load(address, offset + 16)],
  one: v128.load64Zero,
};

/** (from, to): four sums of each of the pairs whose two addresses are there. */
const multiply = ({ bytes, four, one }: Reader, width: number, sumsAt: number): FunctionSource => ({
  parameters: 2,
  exported: 'run',
  write(body, [from, to]) {
    const [pair, target] = [body.variable('i32'), body.variable('i32')];
    const sums = [body.variable('v128'), body.variable('v128')];
    const add = (half: number, x: Code, y: Code) => sums[half].set(f64x2.add(sums[half].get, f64x2.mul(x, y)));
    pair.set(from);
    body.repeat(
      () => {
        const [a, b] = [0, 4].map((offset) => body.keep(i32.load(pair.get, offset), 'i32'));
        for (const sum of sums) sum.set(f32x4.const(0));
        let i = 0;
        for (; i + 4 <= width; i += 4) {
          const [x, y] = [a, b].map((row) => four(body, row, i * bytes));
          for (const half of [0, 1]) add(half, x[half], y[half]);
        }
        for (; i < width; i++) add(0, one(a, i * bytes), one(b, i * bytes));
        for (const half of [0, 1]) body.emit(v128.store(target.get, sumsAt + 16 * half, sums[half].get));
        pair.advance(PAIR_BYTES);
        target.advance(SUMS_BYTES);
      },
      () => i32.lt(pair.get, to),
    );
  },
});

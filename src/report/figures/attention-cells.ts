/**
 * @file The weights of attention brought to the size of a picture: rows in order and pooled, columns pooled, curves
 * smoothed, and where the colours end. Shapes are row-major [rows, frames].
 */
import type { AttentionUtterance, LayerAttention } from './attention-data.js';

/** The 99.9th percentile of what is above the even share, over all maps, rounded up to a power of two; at least 8. */
export function highestMultiple(utterances: readonly AttentionUtterance[]): number {
  const multiples = Float32Array.from(
    utterances.flatMap(({ layers, framesGiven }) =>
      layers.flatMap(({ weights }) => {
        const step = Math.ceil(weights.length / 50_000); // a sample of large maps is enough for a colour scale
        return Array.from({ length: Math.ceil(weights.length / step) }, (_, i) => weights[i * step] * framesGiven);
      }),
    ),
  ).sort();
  const high = multiples[Math.floor(0.999 * (multiples.length - 1))] ?? 0;
  return 2 ** Math.max(3, Math.ceil(Math.log2(Math.max(1, high))));
}

/** The rows of weights, the one that looks most at the earliest frame at the bottom. */
export function sortedByPeak({ rows, weights }: LayerAttention, frames: number): Float32Array {
  const peaks = Array.from({ length: rows }, (_, row) => {
    let peak = row * frames;
    for (let i = peak; i < (row + 1) * frames; i++) if (weights[i] > weights[peak]) peak = i;
    return peak - row * frames;
  });
  const order = Array.from(peaks.keys()).sort((a, b) => peaks[b] - peaks[a] || a - b);
  const sorted = new Float32Array(weights.length);
  order.forEach((row, i) => sorted.set(weights.subarray(row * frames, (row + 1) * frames), i * frames));
  return sorted;
}

/** Means of neighbouring frames, so that `columns` are left: [rows, frames] → [rows, columns]. */
export function pooledColumns(
  values: ArrayLike<number>,
  { rows, frames, columns }: { rows: number; frames: number; columns: number },
): Float64Array {
  const pooled = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [from, to] = [column, column + 1].map((edge) => Math.floor((edge * frames) / columns));
      let sum = 0;
      for (let t = from; t < to; t++) sum += values[row * frames + t];
      pooled[row * columns + column] = sum / (to - from);
    }
  }
  return pooled;
}

/** Means of neighbouring rows, so that `to` are left. */
export function pooledRows(
  values: Float64Array,
  { rows, columns, to }: { rows: number; columns: number; to: number },
): Float64Array {
  const pooled = new Float64Array(to * columns);
  for (let row = 0; row < to; row++) {
    const [first, end] = [row, row + 1].map((edge) => Math.floor((edge * rows) / to));
    for (let from = first; from < end; from++) {
      for (let column = 0; column < columns; column++) {
        pooled[row * columns + column] += values[from * columns + column] / (end - first);
      }
    }
  }
  return pooled;
}

/** The mean attention of some layers: [frames]. */
export function averageOf(layers: readonly LayerAttention[]): Float64Array {
  return layers[0].mean.map((_, t) => layers.reduce((sum, { mean }) => sum + mean[t], 0) / layers.length);
}

/** Averaged over a frame's neighbours, two on each side, the nearer ones with more weight. */
export function smoothed(values: Float64Array): Float64Array {
  return values.map((_, t) => {
    let [sum, weights] = [0, 0];
    for (let i = Math.max(0, t - 2); i <= Math.min(values.length - 1, t + 2); i++) {
      const weight = 3 - Math.abs(i - t);
      sum += weight * values[i];
      weights += weight;
    }
    return sum / weights;
  });
}

/**
 * @file Statistics of scores against a cohort, for score normalisation: mean and standard deviation of the `top`
 * highest scores of each model or test utterance (adaptive S-norm: Matějka et al., "Analysis of score normalization in
 * multilingual speaker recognition", Interspeech 2017), or of all of them.
 *
 * Scores against the cohort are a matrix product in float32, made by the engine in blocks of rows, so that memory is
 * bounded whatever the numbers: [block, cohort] at a time. The highest scores of a row are found without sorting it: a
 * threshold is guessed from a sample of the row, what lies below is left out, and Hoare's selection finishes the rest.
 */
import { float32 } from '../../engine/program/host-tensor.js';
import type { Engine } from '../../engine/program/program.js';
import * as tf from '../../engine/tfjs.js';
import { internal, UserError } from '../../errors.js';
import type { ScoredSide } from './pair-scorer.js';

/** Mean and standard deviation of each row's cohort scores. */
export interface CohortStatistics {
  readonly mean: Float64Array<ArrayBuffer>;
  readonly deviation: Float64Array<ArrayBuffer>;
}

export interface CohortStatisticsOptions {
  readonly engine: Engine;
  /** Length of the vectors. */
  readonly width: number;
  /** So many of the highest scores count; default: all. */
  readonly top?: number;
  /** Divisor of the variance: `n` (population, as WeSpeaker) or `n - 1` (sample, as SpeechBrain). */
  readonly deviation?: 'population' | 'sample';
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Scores in one block: 16 MiB of float32. */
const BLOCK_SCORES = 4 << 20;

/** Statistics of every row of `side` against the cohort, in the order of its rows. */
export async function cohortStatistics(
  side: ScoredSide,
  cohort: ScoredSide,
  { engine, width, top, deviation = 'population', onProgress, signal }: CohortStatisticsOptions,
): Promise<CohortStatistics> {
  const names = [...side.rows.keys()];
  const size = cohort.rows.size;
  const count = top ?? size;
  checkCohortSize(size, count);
  const statistics = { mean: new Float64Array(names.length), deviation: new Float64Array(names.length) };
  const inference = await engine.compileInference({
    program: ({ rows, cohort: columns, offsets }) => ({
      scores: tf.add(tf.matMul(rows as tf.Tensor2D, columns as tf.Tensor2D), offsets),
    }),
    inputs: { rows: { shape: ['B', width] }, cohort: { shape: [width, size] }, offsets: { shape: [1, size] } },
    parameters: {},
  });
  try {
    const fixed = {
      cohort: float32([width, size], transposed(cohort.vectors, size, width)),
      offsets: float32([1, size], Float32Array.from(cohort.offsets)),
    };
    const blockRows = Math.max(1, Math.floor(BLOCK_SCORES / size));
    const scratch = new Float32Array(size);
    for (let from = 0; from < names.length; from += blockRows) {
      signal?.throwIfAborted();
      const rows = Math.min(blockRows, names.length - from);
      const block = Float32Array.from(side.vectors.subarray(from * width, (from + rows) * width));
      const { scores } = await inference.run({ rows: float32([rows, width], block), ...fixed });
      if (!(scores.data instanceof Float32Array)) throw internal('scores against the cohort are not float32');
      for (let row = 0; row < rows; row++) {
        const own = scores.data.subarray(row * size, (row + 1) * size);
        const [mean, squares] = momentsOfTop(own, count, scratch);
        const divisor = deviation === 'sample' ? count - 1 : count;
        const spread = Math.sqrt(squares / divisor);
        if (!(spread > 0)) {
          throw new UserError(
            `${names[from + row]}: its ${count} cohort scores are all the same, so scores cannot be normalised by their spread\n` +
              'does the cohort hold the same embedding many times?',
          );
        }
        statistics.mean[from + row] = mean + side.offsets[from + row];
        statistics.deviation[from + row] = spread;
      }
      onProgress?.(from + rows, names.length);
    }
    return statistics;
  } finally {
    await inference.dispose();
  }
}

/** @throws UserError if there are fewer in the cohort than are to be taken, or too few for a spread */
function checkCohortSize(size: number, count: number): void {
  if (size < count) {
    throw new UserError(
      `the cohort has ${size} members, fewer than the ${count} highest that are to be taken (scoring.top)\n` +
        `take a larger cohort, or a smaller top: a fifth of the cohort or less`,
    );
  }
  if (count < 2) throw new UserError(`score normalisation needs a cohort of at least 2, got ${count}`);
}

/** [rows, width] → [width, rows], as float32. */
function transposed(vectors: ArrayLike<number>, rows: number, width: number): Float32Array<ArrayBuffer> {
  const columns = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < width; i++) columns[i * rows + row] = vectors[row * width + i];
  }
  return columns;
}

/** Mean, and sum of squared differences from it, of the `count` highest values. */
function momentsOfTop(values: Float32Array, count: number, scratch: Float32Array): [number, number] {
  const highest = count === values.length ? values : selectHighest(values, count, scratch);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += highest[i];
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (highest[i] - mean) ** 2;
  return [mean, squares];
}

/** Every so many values are looked at to guess where the highest begin. */
const SAMPLE_STRIDE = 16;

/**
 * The `count` highest values come first in what is returned, in any order.
 * @param scratch as long as `values`; holds the result
 */
export function selectHighest(values: Float32Array, count: number, scratch: Float32Array): Float32Array {
  let candidates = 0;
  const sampled = Math.floor(values.length / SAMPLE_STRIDE);
  // A sample has count / stride of the highest on average; half as many more and a few make a shortage rare.
  const rank = Math.ceil((1.5 * count) / SAMPLE_STRIDE) + 8;
  if (rank < sampled) {
    for (let i = 0; i < sampled; i++) scratch[i] = values[i * SAMPLE_STRIDE];
    partition(scratch, sampled, rank);
    let threshold = Infinity;
    for (let i = 0; i < rank; i++) threshold = Math.min(threshold, scratch[i]);
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      scratch[candidates] = value;
      candidates += value >= threshold ? 1 : 0; // without a branch, which could not be predicted
    }
  }
  if (candidates < count) {
    scratch.set(values);
    candidates = values.length;
  }
  partition(scratch, candidates, count);
  return scratch;
}

/** Reorders `values[0 … length)` so that its `count` highest come first (Hoare's selection, median of three). */
function partition(values: Float32Array, length: number, count: number): void {
  let [left, right] = [0, length - 1];
  const last = count - 1;
  while (left < right) {
    const [a, b, c] = [values[left], values[(left + right) >> 1], values[right]];
    const pivot = Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    let [i, j] = [left, right];
    while (i <= j) {
      while (values[i] > pivot) i++;
      while (values[j] < pivot) j--;
      if (i <= j) {
        const kept = values[i];
        values[i++] = values[j];
        values[j--] = kept;
      }
    }
    if (last <= j) right = j;
    else if (last >= i) left = i;
    else return;
  }
}

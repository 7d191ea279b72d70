/**
 * @file Statistics of scores against a cohort, for score normalisation: mean and standard deviation of the `top`
 * highest scores of each model or test utterance (adaptive S-norm: Matějka et al., "Analysis of score normalization in
 * multilingual speaker recognition", Interspeech 2017), or of all of them.
 *
 * Scores against the cohort are a matrix product in float32, made by the engine in blocks of rows, so that memory is
 * bounded whatever the numbers: [block, cohort] at a time. `highest-scores.ts` finds the highest of each row.
 */
import { float32 } from '../../engine/program/host-tensor.js';
import type { Engine } from '../../engine/program/program.js';
import * as tf from '../../engine/tfjs.js';
import { internal, UserError } from '../../errors.js';
import { createMomentsOfHighest } from './highest-scores.js';
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

/** Scores in one block: 4 MiB of float32, little enough to be taken from memory that the process has. */
const BLOCK_SCORES = 1 << 20;

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
    const momentsOfHighest = createMomentsOfHighest(size);
    for (let from = 0; from < names.length; from += blockRows) {
      signal?.throwIfAborted();
      const rows = Math.min(blockRows, names.length - from);
      const block = new Float32Array(side.vectors.subarray(from * width, (from + rows) * width));
      const { scores } = await inference.run({ rows: float32([rows, width], block), ...fixed });
      if (!(scores.data instanceof Float32Array)) throw internal('scores against the cohort are not float32');
      for (let row = 0; row < rows; row++) {
        const own = scores.data.subarray(row * size, (row + 1) * size);
        const [mean, squares] = momentsOfHighest(own, count);
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

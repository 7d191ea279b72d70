/**
 * @file What back-ends learn from: the mean of each speaker's embeddings, and how embeddings scatter about them.
 *
 * Sums are in double precision; scatters are symmetric to the last bit.
 */
import { Matrix } from 'ml-matrix';
import { UserError } from '../../errors.js';
import { checkEmbedding } from './pair-scorer.js';

/** The embeddings of each speaker, by utterance. */
export type SpeakerEmbeddings = ReadonlyMap<string, ReadonlyMap<string, ArrayLike<number>>>;

export interface SpeakerStatistics {
  readonly dim: number;
  readonly utterances: number;
  /** Utterances of each speaker. */
  readonly counts: readonly number[];
  /** Mean of each speaker. [speakers, dim] */
  readonly means: Matrix;
  /** Mean of all utterances. [dim] */
  readonly mean: Float64Array;
  /** Σ (x - mean of its speaker)(x - mean of its speaker)ᵀ. [dim, dim] */
  readonly scatter: Matrix;
  /** The same, each utterance counted with one over its speaker's number of them, over the number of speakers. */
  readonly covariance: Matrix;
}

/** @throws UserError if there are no embeddings, or naming one that is not finite or of another length */
export function speakerStatistics(speakers: SpeakerEmbeddings, where = 'the training embeddings'): SpeakerStatistics {
  const dim = firstLength(speakers, where);
  const counts: number[] = [];
  const means: Float64Array[] = [];
  const mean = new Float64Array(dim);
  const scatter = new Float64Array(dim * dim);
  const covariance = new Float64Array(dim * dim);
  let utterances = 0;
  for (const embeddings of speakers.values()) {
    const own = new Float64Array(dim);
    for (const [id, embedding] of embeddings) {
      checkEmbedding(id, embedding, dim, where);
      for (let i = 0; i < dim; i++) own[i] += embedding[i];
    }
    for (let i = 0; i < dim; i++) {
      mean[i] += own[i];
      own[i] /= embeddings.size;
    }
    const within = new Float64Array(dim * dim);
    for (const embedding of embeddings.values()) addSquare(within, embedding, own);
    for (let i = 0; i < within.length; i++) {
      scatter[i] += within[i];
      covariance[i] += within[i] / (embeddings.size * speakers.size);
    }
    utterances += embeddings.size;
    counts.push(embeddings.size);
    means.push(own);
  }
  return {
    dim,
    utterances,
    counts,
    means: new Matrix(means),
    mean: mean.map((sum) => sum / utterances),
    scatter: symmetric(scatter, dim),
    covariance: symmetric(covariance, dim),
  };
}

/** Scatter of the speakers' means about the mean of all utterances, each speaker counted once: [dim, dim]. */
export function betweenCovariance({ dim, means, mean }: SpeakerStatistics): Matrix {
  const between = new Float64Array(dim * dim);
  for (let speaker = 0; speaker < means.rows; speaker++) addSquare(between, means.getRow(speaker), mean);
  return symmetric(between, dim).div(means.rows);
}

/** (1/N) Σ (x - mean)(x - mean)ᵀ over all utterances. */
export function totalCovariance({ counts, means, mean, scatter, utterances }: SpeakerStatistics): Matrix {
  const weighted = means.clone().subRowVector(mean);
  counts.forEach((n, speaker) => weighted.mulRow(speaker, Math.sqrt(n)));
  return gram(weighted).add(scatter).div(utterances);
}

/** Σ x xᵀ over the rows of a matrix: as mmul, in a fraction of its time. */
export function gram(rows: Matrix): Matrix {
  const sum = new Float64Array(rows.columns ** 2);
  const origin = new Float64Array(rows.columns);
  for (let row = 0; row < rows.rows; row++) addSquare(sum, rows.getRow(row), origin);
  return symmetric(sum, rows.columns);
}

function firstLength(speakers: SpeakerEmbeddings, where: string): number {
  for (const embeddings of speakers.values()) for (const embedding of embeddings.values()) return embedding.length;
  throw new UserError(`${where}: expected embeddings to learn from, got none`);
}

/** Adds the lower triangle of (x - centre)(x - centre)ᵀ. */
function addSquare(into: Float64Array, x: ArrayLike<number>, centre: ArrayLike<number>): void {
  const dim = centre.length;
  const difference = Float64Array.from(centre, (value, i) => x[i] - value);
  for (let i = 0; i < dim; i++) {
    const factor = difference[i];
    for (let j = 0; j <= i; j++) into[i * dim + j] += factor * difference[j];
  }
}

function symmetric(lower: Float64Array, dim: number): Matrix {
  const matrix = Matrix.zeros(dim, dim);
  for (let i = 0; i < dim; i++) {
    for (let j = 0; j <= i; j++) {
      matrix.set(i, j, lower[i * dim + j]);
      matrix.set(j, i, lower[i * dim + j]);
    }
  }
  return matrix;
}

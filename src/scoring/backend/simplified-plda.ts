/**
 * @file Simplified PLDA: an embedding is mean + F h + noise, with a speaker factor h ~ N(0, I) of `rank` dimensions and
 * noise of full covariance Σ; a score is the log-likelihood ratio of one speaker to two.
 *
 * Source: Kenny et al., "PLDA for speaker verification with utterances of arbitrary duration", ICASSP 2013;
 * Garcia-Romero and Espy-Wilson, Interspeech 2011. Estimation and scores are SpeechBrain's (after SIDEKIT): EM with a
 * minimum-divergence step, from the leading eigenvectors of the total covariance; `scaling` below 1 counts each
 * utterance as less than one, since utterances of one recording are not independent. A model of several utterances is
 * their mean.
 */
import { CholeskyDecomposition, inverse, Matrix, solve } from 'ml-matrix';
import { UserError } from '../../errors.js';
import type { Vectors } from './pair-products.js';
import type { PairScorer } from './pair-scorer.js';
import { eigenvectors, symmetrized, whiteningTransform } from './simultaneous-diagonalization.js';
import { speakerStatistics, totalCovariance, type SpeakerEmbeddings } from './speaker-statistics.js';
import { meanOf } from './two-covariance-plda.js';

export interface SimplifiedPlda {
  /** Of all utterances. [dim] */
  readonly mean: Float64Array;
  /** F. [dim, rank] */
  readonly factors: Matrix;
  /** Σ. [dim, dim] */
  readonly residual: Matrix;
  /** Weight of an utterance, in (0, 1]. */
  readonly scaling: number;
}

export interface TrainSimplifiedPldaOptions {
  readonly rank: number;
  /** Of EM. */
  readonly iterations?: number;
  readonly scaling?: number;
}

/** @throws UserError if there are too few speakers for the rank, or too few utterances for the dimensions */
export function trainSimplifiedPlda(
  speakers: SpeakerEmbeddings,
  { rank, iterations = 10, scaling = 1 }: TrainSimplifiedPldaOptions,
): SimplifiedPlda {
  const statistics = speakerStatistics(speakers);
  const { dim, counts, utterances, mean } = statistics;
  if (rank > dim || rank >= counts.length) {
    throw new UserError(
      `PLDA of rank ${rank} needs embeddings of at least ${rank} dimensions and more than ${rank} speakers,\n` +
        `got ${dim} dimensions and ${counts.length} speakers; take a smaller scoring.plda.rank`,
    );
  }
  const total = totalCovariance(statistics);
  // Sums over each speaker's utterances about the mean, weighted.
  const sums = statistics.means.clone().subRowVector(mean);
  counts.forEach((n, speaker) => sums.mulRow(speaker, n * scaling));
  let factors = eigenvectors(total)
    .vectors.subMatrix(0, rank - 1, 0, dim - 1)
    .transpose();
  let residual = total;
  for (let iteration = 0; iteration < iterations; iteration++) {
    const whitening = whiteningTransform(residual, 'PLDA: the residual covariance');
    const precise = whitening.transpose().mmul(whitening.mmul(factors)); // Σ⁻¹ F
    const gram = symmetrized(factors.transpose().mmul(precise));
    const posteriors = posteriorCovariances(gram, counts, scaling);
    const projected = sums.mmul(precise);
    const expected = Matrix.zeros(counts.length, rank);
    const second = Matrix.zeros(rank, rank); // Σ over speakers of E[h hᵀ]
    const weighted = Matrix.zeros(rank, rank); // the same, weighted by utterances
    counts.forEach((n, speaker) => {
      const covariance = posteriors.get(n)!;
      const h = projected.getRowVector(speaker).mmul(covariance);
      expected.setRow(speaker, h);
      const moment = Matrix.add(covariance, h.transpose().mmul(h));
      second.add(moment);
      weighted.add(moment.mul(n * scaling));
    });
    const cross = expected.transpose().mmul(sums); // [rank, dim]
    const updated = solve(weighted, cross).transpose();
    residual = symmetrized(Matrix.sub(total, updated.mmul(cross).div(utterances * scaling)));
    const divergence = new CholeskyDecomposition(symmetrized(second.div(counts.length)));
    // NOTE: the lower factor would make the speakers' factors N(0, I) exactly; the upper one is what SpeechBrain takes.
    factors = updated.mmul(divergence.lowerTriangularMatrix.transpose());
  }
  return { mean, factors, residual, scaling };
}

/** Scores with a trained PLDA. */
export function simplifiedPldaScorer({ mean, factors, residual, scaling }: SimplifiedPlda): PairScorer {
  const dim = mean.length;
  const between = symmetrized(factors.mmul(factors.transpose()));
  const total = inverse(Matrix.add(between, residual));
  const joint = inverse(Matrix.sub(Matrix.add(between, residual), between.mmul(total).mmul(between)));
  const own = symmetrized(Matrix.sub(total, joint));
  const cross = total.mmul(between).mmul(joint);
  const gram = symmetrized(factors.transpose().mmul(inverse(residual).mul(scaling)).mmul(factors));
  const constant = logDeterminant(gram) - logDeterminant(Matrix.mul(gram, 2)) / 2;
  const centred = (embedding: ArrayLike<number>) =>
    Matrix.rowVector(Float64Array.from(mean, (value, i) => embedding[i] - value));
  const quadratic = (x: Matrix) => x.mmul(own).dot(x) / 2;
  const put = (values: Matrix, into: Vectors, at: number) => {
    for (let i = 0; i < dim; i++) into[at + i] = values.get(0, i);
  };
  return {
    dim,
    width: dim,
    allocate: (length) => new Float64Array(length),
    enroll(sessions, into, at) {
      const x = centred(meanOf(sessions, dim));
      put(x.mmul(cross).mul(scaling), into, at);
      return scaling * (quadratic(x) + constant);
    },
    test(embedding, into, at) {
      const x = centred(embedding);
      put(x, into, at);
      return scaling * quadratic(x);
    },
  };
}

/** ln |matrix + I|, of a matrix without negative eigenvalues. */
function logDeterminant(matrix: Matrix): number {
  const { lowerTriangularMatrix } = new CholeskyDecomposition(Matrix.add(matrix, Matrix.eye(matrix.rows)));
  return lowerTriangularMatrix.diagonal().reduce((sum, pivot) => sum + 2 * Math.log(pivot), 0);
}

/** (n Fᵀ Σ⁻¹ F + I)⁻¹ for each number of utterances that a speaker has. */
function posteriorCovariances(gram: Matrix, counts: readonly number[], scaling: number): Map<number, Matrix> {
  return new Map(
    [...new Set(counts)].map((n) => [n, inverse(Matrix.mul(gram, n * scaling).add(Matrix.eye(gram.rows)))]),
  );
}

/**
 * @file The transform in which one covariance is the identity and another is diagonal: T W Tᵀ = I, T B Tᵀ =
 * diag(values).
 *
 * Solves the generalised symmetric eigenproblem B v = λ W v by Cholesky: W = L Lᵀ, then the eigenvectors of L⁻¹ B L⁻ᵀ.
 * It is at the heart of both LDA and two-covariance PLDA.
 */
import { CholeskyDecomposition, EigenvalueDecomposition, Matrix, solve } from 'ml-matrix';
import { UserError } from '../../errors.js';

/** A pivot of the Cholesky factor, relative to the largest, below which a covariance counts as singular. */
const SMALLEST_PIVOT = 1e-5;

export interface SimultaneousDiagonalization {
  /** One direction a row, that of the largest value first. [dim, dim] */
  readonly transform: Matrix;
  /** Descending; none below 0. [dim] */
  readonly values: Float64Array;
}

/** @param what names `within`, for messages. @throws UserError if it is singular */
export function diagonalizeTogether(within: Matrix, between: Matrix, what: string): SimultaneousDiagonalization {
  const whitening = whiteningTransform(within, what);
  const { values, vectors } = eigenvectors(symmetrized(whitening.mmul(between).mmul(whitening.transpose())));
  return { transform: vectors.mmul(whitening), values: values.map((value) => Math.max(0, value)) };
}

/** Of a symmetric matrix: eigenvectors as rows, that of the largest value first. */
export function eigenvectors(matrix: Matrix): { values: Float64Array; vectors: Matrix } {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  const order = realEigenvalues.map((_, i) => i).sort((a, b) => realEigenvalues[b] - realEigenvalues[a]);
  return {
    values: Float64Array.from(order, (i) => realEigenvalues[i]),
    vectors: eigenvectorMatrix.transpose().subMatrixRow(order),
  };
}

/** L⁻¹ with covariance = L Lᵀ: what it is applied to gets the identity for a covariance. */
export function whiteningTransform(covariance: Matrix, what: string): Matrix {
  const cholesky = new CholeskyDecomposition(covariance);
  const { lowerTriangularMatrix: lower } = cholesky;
  const pivots = lower.diagonal();
  if (!cholesky.isPositiveDefinite() || Math.min(...pivots) < SMALLEST_PIVOT * Math.max(...pivots)) {
    throw new UserError(
      `${what} is singular: the embeddings do not vary within speakers in some of their ${covariance.rows} directions\n` +
        'take more utterances a speaker for training the back-end, or fewer dimensions with scoring.lda',
    );
  }
  return solve(lower, Matrix.eye(covariance.rows));
}

export const symmetrized = (matrix: Matrix): Matrix => Matrix.add(matrix, matrix.transpose()).mul(0.5);

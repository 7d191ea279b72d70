/**
 * @file How many directions embeddings use: the spectrum of their covariance and what follows from it.
 *
 * The participation ratio (Σλ)² / Σλ² lies between 1 (all embeddings on one line: the network has collapsed) and the
 * smaller of their dimension and their number less one. With X the centred embeddings, XXᵀ and XᵀX have the same
 * eigenvalues but for zeros; the smaller of the two is taken. It equals tr(XXᵀ)² / ‖XXᵀ‖², so no eigenvalues are
 * needed.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** Participation ratio of `count` embeddings, row-major [count, size]; NaN for fewer than three. */
export function participationRatio(embeddings: ArrayLike<number>, count: number): number {
  if (count < 3) return NaN;
  const products = scatter(embeddings, count);
  let trace = 0;
  let squares = 0;
  for (const [i, row] of products.entries()) {
    trace += row[i];
    for (let j = 0; j <= i; j++) squares += (i === j ? 1 : 2) * row[j] ** 2;
  }
  return squares > 0 ? trace ** 2 / squares : 1;
}

/** The `leading` largest eigenvalues of the embeddings' covariance, as shares of their sum, largest first. */
export function spectrumShares(embeddings: ArrayLike<number>, count: number, leading = 16): number[] {
  const products = scatter(embeddings, count);
  const full = products.map((row, i) => products.map((other, j) => (j <= i ? row[j] : other[i])));
  const { realEigenvalues } = new EigenvalueDecomposition(new Matrix(full), { assumeSymmetric: true });
  const total = realEigenvalues.reduce((sum, value) => sum + value, 0);
  if (!(total > 0)) return [];
  const shares = realEigenvalues.map((value) => Math.max(0, value) / total);
  return shares.sort((a, b) => b - a).slice(0, leading);
}

/**
 * The share of the embeddings' variance along the direction (1, 1, …, 1): 1 where all values of an embedding rise and
 * fall together, 1 / size where they vary alike and independently.
 */
export function commonShare(embeddings: ArrayLike<number>, count: number): number {
  const size = embeddings.length / count;
  const centred = centre(embeddings, count);
  let common = 0;
  let total = 0;
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let d = 0; d < size; d++) {
      sum += centred[i * size + d];
      total += centred[i * size + d] ** 2;
    }
    common += sum ** 2 / size;
  }
  return total > 0 ? common / total : NaN;
}

function centre(embeddings: ArrayLike<number>, count: number): Float64Array {
  const size = embeddings.length / count;
  const centred = Float64Array.from(embeddings);
  for (let d = 0; d < size; d++) {
    let mean = 0;
    for (let i = 0; i < count; i++) mean += centred[i * size + d] / count;
    for (let i = 0; i < count; i++) centred[i * size + d] -= mean;
  }
  return centred;
}

/** The lower triangle of XXᵀ or XᵀX, whichever is smaller, of the centred embeddings X. */
function scatter(embeddings: ArrayLike<number>, count: number): Float64Array[] {
  const size = embeddings.length / count;
  const x = centre(embeddings, count);
  const byRow = count <= size;
  const [n, length] = byRow ? [count, size] : [size, count];
  const [stride, step] = byRow ? [size, 1] : [1, size];
  return Array.from({ length: n }, (_, i) => {
    const row = new Float64Array(n);
    for (let j = 0; j <= i; j++) {
      let product = 0;
      for (let k = 0; k < length; k++) product += x[i * stride + k * step] * x[j * stride + k * step];
      row[j] = product;
    }
    return row;
  });
}

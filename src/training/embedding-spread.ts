/**
 * @file How many directions embeddings use: the participation ratio of their covariance, (Σλ)² / Σλ².
 *
 * It lies between 1 (all embeddings on one line: the network has collapsed) and the smaller of their dimension and
 * their number less one. With X the centred embeddings it equals tr(XXᵀ)² / ‖XXᵀ‖², so no eigenvalues are needed.
 */

/** Below this a network that should tell dozens of speakers apart has collapsed, or is about to. */
export const COLLAPSE_LIMIT = 3;

/** Participation ratio of `count` embeddings, row-major [count, size]; NaN for fewer than three. */
export function participationRatio(embeddings: ArrayLike<number>, count: number): number {
  if (count < 3) return NaN;
  const size = embeddings.length / count;
  const centred = Float64Array.from(embeddings);
  for (let d = 0; d < size; d++) {
    let mean = 0;
    for (let i = 0; i < count; i++) mean += centred[i * size + d] / count;
    for (let i = 0; i < count; i++) centred[i * size + d] -= mean;
  }
  let trace = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      let product = 0;
      for (let d = 0; d < size; d++) product += centred[i * size + d] * centred[j * size + d];
      if (i === j) trace += product;
      squares += (i === j ? 1 : 2) * product ** 2;
    }
  }
  return squares > 0 ? trace ** 2 / squares : 1;
}

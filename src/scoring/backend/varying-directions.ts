/**
 * @file Directions in which embeddings vary at all. The last layer of a network may take some away (layer normalisation
 * leaves nothing along (1, 1, …, 1)); a covariance is then singular, however many utterances there are.
 */
import type { Matrix } from 'ml-matrix';
import { eigenvectors } from './simultaneous-diagonalization.js';
import { totalCovariance, type SpeakerStatistics } from './speaker-statistics.js';

/** Share of the largest variance below which a direction holds nothing but the rounding of float32 embeddings. */
const SMALLEST_VARIANCE = 1e-10;

/**
 * An orthonormal basis of these directions, one a row, or undefined where embeddings vary in all. Of fewer utterances
 * than dimensions nothing can be said, and undefined is returned too.
 */
export function varyingDirections(statistics: SpeakerStatistics): Matrix | undefined {
  const { dim, utterances } = statistics;
  if (utterances <= dim) return undefined;
  const { values, vectors } = eigenvectors(totalCovariance(statistics));
  const count = values.filter((value) => value > SMALLEST_VARIANCE * values[0]).length;
  return count === dim || count === 0 ? undefined : vectors.subMatrix(0, count - 1, 0, dim - 1);
}

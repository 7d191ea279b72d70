/**
 * @file Linear discriminant analysis: the directions in which speakers differ most for how much each of them varies.
 *
 * Rows of the transform are the eigenvectors of B v = λ W v with the largest λ; W is the covariance within speakers and
 * B that of their means, every speaker counted alike. Directions are scaled so that W becomes the identity.
 *
 * NOTE: SpeechBrain's `get_lda_matrix_stat1` takes W⁻¹ B, which is not symmetric, for a symmetric matrix, and so gives
 * other directions than the discriminant ones.
 */
import type { Matrix } from 'ml-matrix';
import { UserError } from '../../errors.js';
import { diagonalizeTogether } from './simultaneous-diagonalization.js';
import { betweenCovariance, type SpeakerStatistics } from './speaker-statistics.js';

/**
 * The transform to `size` dimensions: [size, dim].
 * @throws UserError if there are too few speakers or utterances, or if speakers do not vary
 */
export function ldaTransform(statistics: SpeakerStatistics, size: number): Matrix {
  const { dim, counts } = statistics;
  if (size > dim)
    throw new UserError(`LDA to ${size} dimensions: the embeddings vary in ${dim}; take a smaller scoring.lda`);
  if (size > counts.length - 1) {
    throw new UserError(
      `LDA to ${size} dimensions needs more than ${size} speakers, got ${counts.length}\n` +
        `take scoring.lda: ${counts.length - 1} or less`,
    );
  }
  const { transform } = diagonalizeTogether(
    statistics.covariance,
    betweenCovariance(statistics),
    'LDA: the covariance within speakers',
  );
  return transform.subMatrix(0, size - 1, 0, dim - 1);
}

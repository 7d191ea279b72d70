/**
 * @file Within-class covariance normalisation: directions in which the embeddings of one speaker vary count less.
 *
 * With W the mean over speakers of their covariances, embeddings are multiplied by L⁻¹, W = L Lᵀ; cosines are then
 * those of the metric W⁻¹ (Hatch, Kajarekar and Stolcke, "Within-class covariance normalization for SVM-based speaker
 * recognition", Interspeech 2006).
 */
import type { Matrix } from 'ml-matrix';
import { whiteningTransform } from './simultaneous-diagonalization.js';
import type { SpeakerStatistics } from './speaker-statistics.js';

/** The transform: [dim, dim]. @throws UserError if the covariance is singular */
export const wccnTransform = ({ covariance }: SpeakerStatistics): Matrix =>
  whiteningTransform(covariance, 'WCCN: the covariance within speakers');

/**
 * @file Normalisation of features: per utterance by mean, or by mean and standard deviation; or by a training set's mean.
 *
 * As SpeechBrain's InputNormalization (`norm_type` sentence): each band's mean over the utterance's frames is subtracted,
 * and with `meanvar` the result divided by max(standard deviation, 1e-10); the deviation divides by n.
 */
import { internal } from '../errors.js';
import type { Features } from './fbank.js';
import type { Normalization } from './options.js';

/** Per band, over the frames of one utterance. */
export interface FeatureStatistics {
  mean: Float32Array<ArrayBuffer>;
  std: Float32Array<ArrayBuffer>;
}

const SMALLEST_STD = 1e-10;

export function featureStatistics({ frames, bins, data }: Features): FeatureStatistics {
  const sum = new Float64Array(bins);
  for (let at = 0; at < frames * bins; at += bins) {
    for (let bin = 0; bin < bins; bin++) sum[bin] += data[at + bin];
  }
  const mean = Float32Array.from(sum, (value) => value / frames);
  const squares = new Float64Array(bins);
  for (let at = 0; at < frames * bins; at += bins) {
    for (let bin = 0; bin < bins; bin++) squares[bin] += (data[at + bin] - mean[bin]) ** 2;
  }
  return { mean, std: Float32Array.from(squares, (value) => Math.sqrt(value / frames)) };
}

/**
 * Normalises in place.
 * @param statistics of the utterance that `features` is all or a crop of; default: computed from `features`
 */
export function normalizeFeatures(
  features: Features,
  mode: Normalization,
  { globalMean, statistics }: { globalMean?: Float32Array; statistics?: FeatureStatistics } = {},
): void {
  if (mode === 'none' || features.frames === 0) return;
  if (mode === 'global') {
    if (!globalMean) throw internal('global normalisation without the global mean');
    subtract(features, globalMean);
    return;
  }
  const { mean, std } = statistics ?? featureStatistics(features);
  subtract(features, mean);
  if (mode === 'meanvar') divide(features, std);
}

function subtract({ frames, bins, data }: Features, mean: Float32Array): void {
  for (let at = 0; at < frames * bins; at += bins) {
    for (let bin = 0; bin < bins; bin++) data[at + bin] -= mean[bin];
  }
}

function divide({ frames, bins, data }: Features, std: Float32Array): void {
  for (let bin = 0; bin < bins; bin++) {
    const divisor = Math.max(std[bin], SMALLEST_STD);
    for (let at = bin; at < frames * bins; at += bins) data[at] /= divisor;
  }
}

/**
 * @file Normalisation of features: per utterance by mean, or by mean and standard deviation; by the mean of a window
 * around each frame; or by a training set's mean.
 *
 * As SpeechBrain's InputNormalization (`norm_type` sentence): each band's mean over the utterance's frames is
 * subtracted, and with `meanvar` the result divided by max(standard deviation, 1e-10); the deviation divides by n. The
 * window is that of Kaldi's `apply-cmvn-sliding --center=true`: n frames from n/2 before the frame, moved inwards at
 * the utterance's ends.
 */
import { internal } from '../errors.js';
import type { Features } from './fbank/fbank.js';
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
  if (typeof mode === 'object') {
    features.data.set(subtractWindowMeans(features, mode.window).data);
    return;
  }
  const { mean, std } = statistics ?? featureStatistics(features);
  subtract(features, mean);
  if (mode === 'meanvar') divide(features, std);
}

/** The frames [from, to) that frame `t` of `frames` is normalised by. */
export function windowAround(t: number, frames: number, window: number): { from: number; to: number } {
  const from = Math.max(0, Math.min(t - Math.floor(window / 2), frames - window));
  return { from, to: Math.min(frames, from + window) };
}

/**
 * Frames [first, first + count) less the means of the windows around them.
 * @param features what is there of an utterance of `frames` frames: those from `offset` on, the windows among them
 */
export function subtractWindowMeans(
  features: Features,
  window: number,
  {
    first = 0,
    count = features.frames,
    offset = 0,
    frames = features.frames,
  }: { first?: number; count?: number; offset?: number; frames?: number } = {},
): Features {
  const { bins, data } = features;
  const result = new Float32Array(count * bins);
  const sum = new Float64Array(bins);
  const add = (frame: number, sign: number) => {
    const at = (frame - offset) * bins;
    for (let bin = 0; bin < bins; bin++) sum[bin] += sign * data[at + bin];
  };
  let { from, to } = windowAround(first, frames, window);
  for (let frame = from; frame < to; frame++) add(frame, 1);
  for (let i = 0; i < count; i++) {
    const wanted = windowAround(first + i, frames, window);
    for (; to < wanted.to; to++) add(to, 1);
    for (; from < wanted.from; from++) add(from, -1);
    const at = (first + i - offset) * bins;
    for (let bin = 0; bin < bins; bin++) result[i * bins + bin] = data[at + bin] - sum[bin] / (to - from);
  }
  return { frames: count, bins, data: result };
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

/**
 * @file No filterbank at all: the samples themselves, in −1 … 1, one value a "frame", for ONNX models that take audio.
 *
 * Normalisation, as for any features, is off unless it is asked for: `mean` takes the direct component away, `meanvar`
 * gives zero mean and unit variance. What other types say of bands and frames has no meaning here; a clip must still be
 * as long as their frame. Voice activity is decided for frames, so it cannot be had.
 */
import type { FeatureType, OptionsOf } from './feature-type.js';

const own = {};

type AudioOptions = OptionsOf<'audio', typeof own>;

export const audio: FeatureType<AudioOptions> = {
  own,
  lowFreq: 20,
  normalize: 'none',
  problem: (options) =>
    'vad' in options
      ? { option: 'vad', message: 'is decided for frames, which audio features do not have' }
      : undefined,
  size: () => 1,
  framing: () => ({
    ...{ size: 1, shift: 1, before: 0, beyond: 'zeros', fewest: 1 },
    window: { start: 0, length: 1, removeMean: false },
  }),
  create: () => (samples) => ({ frames: samples.length, bins: 1, data: Float32Array.from(samples) }),
};

/** @file Samples → features of the frames with speech, where these are told from others, else of all frames. */
import { UserError } from '../../errors.js';
import { energyVad, frameLogEnergies, speechFrames, type VadOptions } from './energy-vad.js';
import { createFbank, type FbankOptions, type Features } from './fbank.js';

/** Features, and which of their frames are told from others; absent: all are kept. */
export type SpeechFeatureOptions = FbankOptions & { vad?: VadOptions };

/**
 * Makes the function from samples at the features' sample rate to features, not normalised; `clean`: the samples by
 * which frames with speech are told.
 * It throws UserError naming `name`: too short, without speech.
 */
export function createSpeechFeatures(
  options: SpeechFeatureOptions,
): (samples: Float32Array, name: string, clean?: Float32Array) => Features {
  const fbank = createFbank(options);
  return (samples, name, clean = samples) => {
    try {
      const features = fbank(samples);
      return options.vad ? withSpeech(features, clean, options.vad, options) : features;
    } catch (error) {
      throw error instanceof UserError ? new UserError(`${name}: ${error.message}`, { cause: error }) : error;
    }
  };
}

/** The frames in which the clean samples hold speech. */
function withSpeech(features: Features, clean: Float32Array, vad: VadOptions, options: FbankOptions): Features {
  const kept = speechFrames(features, energyVad(frameLogEnergies(clean, options), vad));
  if (kept.frames > 0) return kept;
  throw new UserError(
    `none of its ${features.frames} frames holds speech; leave it out, or lower features.vad.threshold`,
  );
}

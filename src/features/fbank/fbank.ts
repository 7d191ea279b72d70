/** @file Log mel filterbank features of a clip: the door to both front ends. */
import { UserError } from '../../errors.js';
import { kaldiFbank } from './kaldi-fbank.js';
import { type FeatureOptions, featureOptions } from '../options.js';
import { speechbrainFbank } from './speechbrain-fbank.js';

export { type FeatureOptions, featureOptions, featureSize } from '../options.js';

/** Features of one clip: data[frame · bins + bin]. */
export interface Features {
  frames: number;
  bins: number;
  data: Float32Array<ArrayBuffer>;
}

/** Samples in −1 … 1 → features, not normalised. */
export type Fbank = (samples: Float32Array) => Features;

/**
 * Makes the extractor for the given options; its tables and buffers are made once and used for every clip.
 * The extractor throws UserError where a clip is shorter than one frame.
 */
export function createFbank(options: FeatureOptions): Fbank {
  const frame = Math.round((options.sampleRate * options.frameLength) / 1000);
  const fbank = options.type === 'kaldi' ? kaldiFbank(options) : speechbrainFbank(options);
  return (samples) => {
    if (samples.length >= frame) return fbank(samples);
    throw new UserError(
      `${samples.length} samples are too short for features: one frame has ${frame} (${options.frameLength} ms at ` +
        `${options.sampleRate} Hz). Leave the clip out.`,
    );
  };
}

/** Complete options from the few that differ from the defaults. */
export function resolveFeatureOptions(given: Parameters<typeof featureOptions.parse>[0]): FeatureOptions {
  return featureOptions.parse(given);
}

/**
 * @file Log mel filterbank features of a clip: the door to all feature types. Add a type here, and in a file of its
 * own.
 */
import { UserError } from '../../errors.js';
import { audio } from './audio.js';
import { type Fbank, type FeatureType, type Framing, shortestClip } from './feature-type.js';
import { kaldi } from './kaldi-fbank.js';
import { speechbrain } from './speechbrain-fbank.js';

export type { Fbank, Features } from './feature-type.js';

/** The feature types by the name that a recipe gives, the default first. */
export const featureTypes = { kaldi, speechbrain, audio };

/** Complete options of one type or another, as far as they decide the values. */
export type FbankOptions = {
  [Name in keyof typeof featureTypes]: (typeof featureTypes)[Name] extends FeatureType<infer Options> ? Options : never;
}[keyof typeof featureTypes];

/** The type that options are of. */
export const featureTypeOf = ({ type }: { type: FbankOptions['type'] }): FeatureType => featureTypes[type];

/**
 * Makes the extractor for the given options; its tables and buffers are made once and used for every clip.
 * The extractor throws UserError where a clip is shorter than one frame.
 */
export function createFbank(options: FbankOptions): Fbank {
  const frame = shortestClip(options);
  const fbank = featureTypeOf(options).create(options);
  return (samples) => {
    if (samples.length >= frame) return fbank(samples);
    throw new UserError(
      `${samples.length} samples are too short for features: one frame has ${frame} (${options.frameLength} ms at ` +
        `${options.sampleRate} Hz). Leave the clip out.`,
    );
  };
}

/** Where the frames of features lie. */
export const framingOf = (options: FbankOptions): Framing => featureTypeOf(options).framing(options);

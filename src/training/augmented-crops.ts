/**
 * @file Augmentation of training crops while training.
 *
 * On line, a crop is cut from the audio: its place is drawn among the frames as in a crop of cached features, and just
 * its samples are read (at speed factor f, f times as many), augmented, made into features and normalised over the crop
 * (`mean`, `meanvar`, windows; clean crops of such a training likewise) or by the training set's mean (`global`). All
 * draws are keyed by (seed, epoch, utterance, copy). SpecAugment comes last, there and on crops of cached features.
 * NOTE: `topDb` of SpeechBrain's features is below the crop's maximum here, below the utterance's in the cache.
 */
import { internal, UserError } from '../errors.js';
import type { Augmentation } from '../features/augmentation/augment.js';
import { changeSpeed, lengthAfterSpeed, lengthBeforeSpeed } from '../features/augmentation/speed-perturbation.js';
import { createFbank, type Features } from '../features/fbank/fbank.js';
import { frameGeometry } from '../features/fbank/frame-geometry.js';
import { normalizeFeatures } from '../features/normalization.js';
import type { FeatureOptions } from '../features/options.js';
import { createCropAudioReader } from './crop-audio.js';
import { cropStart, type ReadCrop } from './crop.js';

/** Frames of an utterance of so many frames at `speed` times its speed, of which every crop can be read. */
export function framesAtSpeed(frames: number, speed: number, options: FeatureOptions): number {
  return speed === 1 ? frames : frameGeometry(options).frames(samplesAtSpeed(frames, speed, options));
}

/** NOTE: one sample fewer than there are, so that the samples to read are there however their number is rounded. */
function samplesAtSpeed(frames: number, speed: number, options: FeatureOptions): number {
  const samples = frameGeometry(options).leastSamples(frames);
  return speed === 1 ? samples : lengthAfterSpeed(samples, speed) - 1;
}

/**
 * Crops from audio, each augmented by itself. @throws (the crops) UserError naming an audio file that cannot be used
 */
export function onlineCrops({
  options,
  globalMean,
  augmentation,
  seed,
  cropFrames,
}: {
  options: FeatureOptions;
  globalMean?: Float32Array;
  augmentation: Augmentation;
  seed: number;
  cropFrames: number;
}): ReadCrop {
  const fbank = createFbank(options);
  const geometry = frameGeometry(options);
  const readAudio = createCropAudioReader(options);
  return async ({ id, copy, audio }, epoch) => {
    if (!audio) throw internal(`a crop of ${id} without its audio`);
    const { piece, speaker } = audio;
    const key = { seed, epoch, id, copy };
    const drawn = audio.speed * augmentation.plan(key).speed;
    // An utterance that would be shorter than a frame keeps its own speed.
    const speed = framesAtSpeed(audio.frames, drawn, options) > 0 ? drawn : audio.speed;
    const samples = samplesAtSpeed(audio.frames, speed, options);
    const frames = geometry.frames(samples);
    const count = Math.min(frames, cropFrames);
    const { from, to, skip } = geometry.cropSpan({ first: cropStart(key, frames, cropFrames), count, samples });
    const start = Math.floor(from * speed);
    const length = to - from;
    const range = { from: start, to: start + (speed === 1 ? length : lengthBeforeSpeed(length, speed)) };
    const clean = changeSpeed(await readAudio(piece, range), speed).subarray(0, length);
    const features = named(piece.path, fbank, await augmentation.waveform(clean, key, { speaker }));
    const crop = cut(features, skip, count);
    normalizeFeatures(crop, options.normalize, { globalMean });
    augmentation.features(crop, key);
    return crop;
  };
}

/** Masks crops that are normalised already. */
export function maskedCrops(readCrop: ReadCrop, augmentation: Augmentation, seed: number): ReadCrop {
  return async (order, epoch) => {
    const crop = await readCrop(order, epoch);
    augmentation.features(crop, { seed, epoch, id: order.id, copy: order.copy });
    return crop;
  };
}

function cut({ frames, bins, data }: Features, first: number, count: number): Features {
  if (frames === count) return { frames, bins, data };
  const cropped = data.slice(first * bins, (first + count) * bins);
  return { frames: cropped.length / bins, bins, data: cropped };
}

function named(path: string, fbank: (samples: Float32Array) => Features, samples: Float32Array): Features {
  try {
    return fbank(samples);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${path}: ${error.message}`, { cause: error }) : error;
  }
}

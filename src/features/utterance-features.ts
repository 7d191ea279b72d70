/**
 * @file The one way from an utterance to its features:
 *
 *     audio → the features' sample rate → speed → augmentation of the waveform → fbank → frames with speech
 *
 * Cache, `features extract`, `embed` and on-line training all go through here, so that a model meets in the test what
 * it met in training. NOTE: which frames hold speech is decided on the clean samples (speed changed), as Kaldi's
 * recipes do when they give augmented copies the VAD decisions of the originals: noise would else count as speech.
 */
import { probeAudio } from '../audio/probe.js';
import { readAudio } from '../audio/read.js';
import type { Utterance } from '../corpus/manifest/manifest.js';
import { UserError } from '../errors.js';
import type { Augmentation, AugmentationKey } from './augmentation/augment.js';
import { changeSpeed } from './augmentation/speed-perturbation.js';
import type { Features } from './fbank/fbank.js';
import { createSpeechFeatures } from './fbank/speech-features.js';
import type { FeatureOptions, RatePolicy } from './options.js';

export { readsPieces } from '../audio/formats.js';

/** Where the samples of an utterance lie. Offset, duration and silence in seconds; absent: the whole file. */
export type AudioPiece = Pick<Utterance, 'path' | 'offset' | 'channel' | 'trailingSilence'> &
  Partial<Pick<Utterance, 'duration' | 'sampleRate'>>;

/** How the features of a variant differ from those of its utterance. */
export interface Variation {
  /** Factor on the speed; default 1. */
  speed?: number;
  /** What the augmentation is drawn by, and whose voice it is; absent: none. */
  augment?: { augmentation: Pick<Augmentation, 'plan' | 'waveform'>; key: AugmentationKey; speaker: string };
}

export interface UtteranceFeatures extends Features {
  /** Samples that they were made of. */
  samples: number;
}

/**
 * Makes the function that extracts features, not normalised, of one utterance after the other.
 * It throws UserError naming the file: unreadable, of a sample rate that is refused, too short, without speech.
 */
export function createUtteranceFeatures(
  options: FeatureOptions,
  { remedy }: { remedy?: RateRemedy } = {},
): (piece: AudioPiece, variation?: Variation) => Promise<UtteranceFeatures> {
  const extract = createSpeechFeatures(options);
  return async (piece, { speed = 1, augment } = {}) => {
    const drawn = augment ? augment.augmentation.plan(augment.key).speed : 1;
    const clean = changeSpeed(await readFeatureAudio(piece, options, { remedy }), speed * drawn);
    const samples = augment
      ? await augment.augmentation.waveform(clean, augment.key, { speaker: augment.speaker })
      : clean;
    return { ...extract(samples, piece.path, clean), samples: samples.length };
  };
}

/**
 * Samples of an utterance at the features' sample rate, its trailing silence with them.
 * @param given.range samples [from, to) of them; default: all
 * @throws UserError naming the file
 */
export async function readFeatureAudio(
  piece: AudioPiece,
  options: Pick<FeatureOptions, 'sampleRate' | 'otherRates'>,
  { range, remedy }: { range?: { from: number; to: number }; remedy?: RateRemedy } = {},
): Promise<Float32Array<ArrayBuffer>> {
  const { path, offset = 0, duration, channel, trailingSilence = 0 } = piece;
  const { sampleRate } = options;
  if (options.otherRates) {
    const found = piece.sampleRate ?? (await probeAudio(path)).sampleRate;
    const problem = rateProblem(found, options, remedy);
    if (problem) throw new UserError(`${path}: ${problem}`);
  }
  const read = async (from: number, length: number | undefined) => {
    const wanted = { offset: from, duration: length, channel, ...(options.otherRates && { sampleRate }) };
    const audio = await readAudio(path, wanted);
    const problem = rateProblem(audio.sampleRate, options, remedy);
    if (problem) throw new UserError(`${path}: ${problem}`);
    return audio.samples;
  };
  if (!range) {
    const samples = await read(offset, duration);
    return withSilence(samples, samples.length + Math.round(trailingSilence * sampleRate));
  }
  const { from, to } = range;
  const voiced = duration === undefined ? Infinity : Math.round(duration * sampleRate);
  if (from >= voiced) return new Float32Array(to - from);
  const end = Math.min(to, voiced);
  return withSilence(await read(offset + from / sampleRate, (end - from) / sampleRate), to - from);
}

/** Says how a policy is chosen, in the words of who is asked to. */
export type RateRemedy = (policy: RatePolicy) => string;
const byRecipe: RateRemedy = (policy) => `change features.sampleRate, or set features.otherRates: ${policy}`;
/** Where there is a flag for it, and no recipe. */
export const byFlag: RateRemedy = (policy) => `pass --other-rates ${policy}`;

/** What is wrong with a sample rate, and what to do; undefined where it can be used. */
export function rateProblem(
  found: number,
  { sampleRate, otherRates }: Pick<FeatureOptions, 'sampleRate' | 'otherRates'>,
  remedy: RateRemedy = byRecipe,
): string | undefined {
  if (found === sampleRate || otherRates === 'resample') return undefined;
  if (otherRates === undefined) {
    return `expected ${sampleRate} Hz, got ${found} Hz; ${remedy(found > sampleRate ? 'downsample' : 'resample')}`;
  }
  if (found > sampleRate) return undefined;
  return `expected ${sampleRate} Hz or more, got ${found} Hz, which leaves the upper bands empty; ${remedy('resample')}`;
}

/**
 * How many utterances are resampled, as a line for the log: `120 utterances are resampled to 8000 Hz (120 of 16000
 * Hz)`.
 */
export function describeResampling(
  utterances: Iterable<Pick<Utterance, 'sampleRate'>>,
  { sampleRate }: Pick<FeatureOptions, 'sampleRate'>,
): string | undefined {
  const counts = new Map<number, number>();
  for (const { sampleRate: rate } of utterances) {
    if (rate !== sampleRate) counts.set(rate, (counts.get(rate) ?? 0) + 1);
  }
  if (counts.size === 0) return undefined;
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const rates = [...counts].sort(([a], [b]) => a - b).map(([rate, count]) => `${count} of ${rate} Hz`);
  return `${total} utterances are resampled to ${sampleRate} Hz (${rates.join(', ')})`;
}

function withSilence(samples: Float32Array<ArrayBuffer>, length: number): Float32Array<ArrayBuffer> {
  if (length <= samples.length) return samples;
  const longer = new Float32Array(length);
  longer.set(samples);
  return longer;
}

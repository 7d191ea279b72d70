/**
 * @file What may be said about features, with defaults.
 *
 * What each feature type has of its own is in its file (`fbank/`). Frequencies are Hz, lengths milliseconds.
 * Options that belong to another type are refused, so that none is ignored in silence.
 */
import { z } from 'zod';
import { stableJson, sha256Hex } from '../storage/hashing.js';
import { type VadOptions, vadOptions } from './fbank/energy-vad.js';
import { type FbankOptions, featureTypeOf, featureTypes } from './fbank/fbank.js';
import type { FeatureType } from './fbank/feature-type.js';
import { highFrequency } from './fbank/mel-filterbank.js';

/**
 * What is done with audio whose sample rate is not the features': `refuse` it; `downsample` it, but refuse a lower
 * rate, as its upper bands would be empty; or `resample` it either way.
 */
export const ratePolicies = ['refuse', 'downsample', 'resample'] as const;
export type RatePolicy = (typeof ratePolicies)[number];

/**
 * `mean`, `meanvar`: over the utterance. `global`: the mean over the training split. `window`: the mean over so many
 * frames around each one.
 */
export type Normalization = 'none' | 'mean' | 'meanvar' | 'global' | { window: number };

const normalizations = ['none', 'mean', 'meanvar', 'global'] as const;

/** The window of Kaldi's speaker-verification recipes, in frames. */
const USUAL_WINDOW = 300;

/** What every type has beside what decides the values. */
interface StoredOptions {
  normalize: Normalization;
  /** Of the cache: float32, or 16 or 8 bits a value (Kaldi's CM2 and CM). */
  compression: 'none' | '16' | '8';
  /** What is done with audio of another sample rate. Absent: it is refused. */
  otherRates?: Exclude<RatePolicy, 'refuse'>;
  /** Leaves out frames without speech. Absent: all frames are kept. */
  vad?: VadOptions;
}

export type FeatureOptions = FbankOptions & StoredOptions;

/** The `features` part of a recipe → complete `FeatureOptions`. What it gives may be given to it again. */
export const featureOptions = featureOptionsOf(featureTypes);

/** The same for other feature types than the toolkit's own. */
export function featureOptionsOf(types: Readonly<Record<string, FeatureType>>) {
  const names = Object.keys(types);
  const everyOwn = Object.values(types).flatMap(({ own }) => Object.entries(own));
  return z
    .strictObject({
      type: z.enum(names).default(names[0]),
      sampleRate: z.int().min(4000).max(192000).default(16000),
      bins: z.int().min(4).max(512).default(80),
      frameLength: z.number().positive().max(1000).default(25),
      frameShift: z.number().positive().max(1000).default(10),
      lowFreq: z.number().min(0).optional(),
      highFreq: z.number().optional(),
      normalize: z
        .union([z.enum([...normalizations, 'windowed']), z.strictObject({ window: z.int().min(2).max(100_000) })])
        .optional(),
      compression: z.enum(['none', '16', '8']).default('16'),
      otherRates: z.enum(ratePolicies).default('refuse'),
      vad: vadOptions.nullable().default(null),
      ...Object.fromEntries(everyOwn.map(([name, schema]) => [name, schema.unwrap().optional()])),
    })
    .transform(({ type, ...given }, context): FeatureOptions => {
      const { sampleRate, bins, frameLength, frameShift, highFreq = 0, compression } = given;
      const { own, lowFreq: usualLowFreq, normalize: usual = 'mean', problem } = types[type];
      const normalize = given.normalize ?? usual;
      const refuse = (option: string, message: string) => context.addIssue({ code: 'custom', path: [option], message });
      const all: Readonly<Record<string, unknown>> = given;
      for (const [name] of everyOwn) {
        if (!(name in own) && all[name] !== undefined) refuse(name, `is not an option of ${type} features`);
      }
      if ((sampleRate * frameShift) / 1000 < 1) {
        refuse('frameShift', `expected at least ${1000 / sampleRate} ms, a sample, got ${frameShift}`);
      }
      const lowFreq = given.lowFreq ?? usualLowFreq;
      const high = highFrequency(sampleRate, highFreq);
      if (lowFreq >= high || high > sampleRate / 2) {
        refuse(
          'highFreq',
          `expected lowFreq < highFreq ≤ ${sampleRate / 2} Hz (half the sample rate), got ${lowFreq} and ${high}`,
        );
      }
      const options = {
        type,
        ...{ sampleRate, bins, frameLength, frameShift, lowFreq, highFreq },
        normalize: normalize === 'windowed' ? { window: USUAL_WINDOW } : normalize,
        compression,
        // NOTE: left out where they do nothing, so that the hashes of caches and trainings that know nothing of them
        // hold.
        ...(given.otherRates !== 'refuse' && { otherRates: given.otherRates }),
        ...(given.vad && { vad: given.vad }),
        ...z.object(own).parse(given),
      };
      const found = lowFreq < high ? problem?.(options) : undefined;
      if (found) refuse(found.option, found.message);
      return options as FeatureOptions;
    });
}

/** Values a frame: the bands, and what the type puts beside them. */
export function featureSize(options: FeatureOptions): number {
  return featureTypeOf(options).size(options);
}

/** The same; undefined for audio, which has samples and no frames. */
export const framedSize = (options: FeatureOptions): number | undefined =>
  options.type === 'audio' ? undefined : featureSize(options);

/** Frames a second. */
export function framesPerSecond(options: FeatureOptions): number {
  return options.sampleRate / featureTypeOf(options).framing(options).shift;
}

/** Raised whenever the same options and samples give other values, if only in the last bit. */
export function extractionVersion({ type, sampleRate, frameLength, frameShift }: FeatureOptions): number {
  const half = [frameLength, frameShift].some((length) => ((sampleRate / 1000) * length) % 1 === 0.5);
  return type === 'speechbrain' && half ? 3 : 2;
}

/**
 * SHA-256 of everything that decides the stored values, the way of computing them included: not the normalisation,
 * which is applied when they are read, nor what becomes of other sample rates, as audio that is accepted is converted
 * in one way only.
 */
export function extractionHash(options: FeatureOptions): string {
  const { normalize: _applied, otherRates: _accepted, ...stored } = options;
  return sha256Hex(stableJson(stored), `extraction ${extractionVersion(options)}`);
}

/**
 * @file What may be said about features, with defaults.
 *
 * Two front ends, each as its home has it: `kaldi` (Kaldi's compute-fbank-feats = torchaudio.compliance.kaldi.fbank without
 * dither) and `speechbrain` (speechbrain.lobes.features.Fbank). Frequencies are Hz, lengths milliseconds.
 * Options that belong to the other front end are refused, so that none is ignored in silence.
 */
import { z } from 'zod';
import { stableJson, sha256Hex } from '../storage/hashing.js';
import { type VadOptions, vadOptions } from './fbank/energy-vad.js';

/**
 * What is done with audio whose sample rate is not the features': `refuse` it; `downsample` it, but refuse a lower rate,
 * as its upper bands would be empty; or `resample` it either way.
 */
export const ratePolicies = ['refuse', 'downsample', 'resample'] as const;
export type RatePolicy = (typeof ratePolicies)[number];

/**
 * `mean`, `meanvar`: over the utterance. `global`: the mean over the training split. `window`: the mean over so many frames
 * around each one.
 */
export type Normalization = 'none' | 'mean' | 'meanvar' | 'global' | { window: number };

const normalizations = ['none', 'mean', 'meanvar', 'global'] as const;

/** The window of Kaldi's speaker-verification recipes, in frames. */
const USUAL_WINDOW = 300;

interface CommonOptions {
  sampleRate: number;
  /** Mel bands. */
  bins: number;
  frameLength: number;
  frameShift: number;
  lowFreq: number;
  /** 0 or less: counted down from half the sample rate. */
  highFreq: number;
  normalize: Normalization;
  /** Of the cache: float32, or 16 or 8 bits a value (Kaldi's CM2 and CM). */
  compression: 'none' | '16' | '8';
  /** What is done with audio of another sample rate. Absent: it is refused. */
  otherRates?: Exclude<RatePolicy, 'refuse'>;
  /** Leaves out frames without speech. Absent: all frames are kept. */
  vad?: VadOptions;
}

export interface KaldiOptions extends CommonOptions {
  type: 'kaldi';
  window: (typeof windows)[number];
  /** Samples are multiplied by this first: 32768 (Kaldi's int16 scale) or 1. */
  inputScale: 32768 | 1;
  preemphasis: number;
  removeDcOffset: boolean;
  /** Frames that would reach over an edge are left out (true) or filled by reflection (false). */
  snipEdges: boolean;
  /** Spectrum of power (true) or of magnitude (false). */
  usePower: boolean;
  /** Puts the frame's log energy before the bands. */
  useEnergy: boolean;
  /** That energy is taken before pre-emphasis and window. */
  rawEnergy: boolean;
  /** Lower bound of that energy, before the logarithm; 0: none. */
  energyFloor: number;
}

export interface SpeechBrainOptions extends CommonOptions {
  type: 'speechbrain';
  /** Length of the Fourier transform; SpeechBrain's default is 400 at every sample rate. */
  nFft: number;
  /** Each utterance is clipped this many dB below its maximum. */
  topDb: number;
}

export type FeatureOptions = KaldiOptions | SpeechBrainOptions;

const windows = ['povey', 'hamming', 'hanning', 'rectangular', 'blackman'] as const;

const kaldiOnly = {
  window: z.enum(windows).optional(),
  inputScale: z.union([z.literal(32768), z.literal(1)]).optional(),
  preemphasis: z.number().min(0).max(1).optional(),
  removeDcOffset: z.boolean().optional(),
  snipEdges: z.boolean().optional(),
  usePower: z.boolean().optional(),
  useEnergy: z.boolean().optional(),
  rawEnergy: z.boolean().optional(),
  energyFloor: z.number().min(0).optional(),
};

const speechbrainOnly = {
  nFft: z.int().positive().optional(),
  topDb: z.number().positive().optional(),
};

/** The `features` part of a recipe → complete `FeatureOptions`. What it gives may be given to it again. */
export const featureOptions = z
  .strictObject({
    type: z.enum(['kaldi', 'speechbrain']).default('kaldi'),
    sampleRate: z.int().min(4000).max(192000).default(16000),
    bins: z.int().min(4).max(512).default(80),
    frameLength: z.number().positive().max(1000).default(25),
    frameShift: z.number().positive().max(1000).default(10),
    lowFreq: z.number().min(0).optional(),
    highFreq: z.number().optional(),
    normalize: z
      .union([z.enum([...normalizations, 'windowed']), z.strictObject({ window: z.int().min(2).max(100_000) })])
      .default('mean'),
    compression: z.enum(['none', '16', '8']).default('16'),
    otherRates: z.enum(ratePolicies).default('refuse'),
    vad: vadOptions.nullable().default(null),
    ...kaldiOnly,
    ...speechbrainOnly,
  })
  .superRefine((given, context) => {
    const foreign = given.type === 'kaldi' ? speechbrainOnly : kaldiOnly;
    for (const key of Object.keys(foreign) as (keyof typeof given)[]) {
      if (given[key] === undefined) continue;
      context.addIssue({ code: 'custom', path: [key], message: `is not an option of ${given.type} features` });
    }
    const nyquist = given.sampleRate / 2;
    const low = given.lowFreq ?? 0;
    const high = highFrequency(given.sampleRate, given.highFreq ?? 0);
    if (low >= high || high > nyquist) {
      const message = `expected lowFreq < highFreq ≤ ${nyquist} Hz (half the sample rate), got ${low} and ${high}`;
      context.addIssue({ code: 'custom', path: ['highFreq'], message });
    }
    const windowLength = Math.round((given.sampleRate * given.frameLength) / 1000);
    if (given.type === 'speechbrain' && (given.nFft ?? 400) < windowLength) {
      const message = `expected at least the frame's ${windowLength} samples, got ${given.nFft ?? 400}`;
      context.addIssue({ code: 'custom', path: ['nFft'], message });
    }
  })
  .transform(({ type, ...given }): FeatureOptions => {
    const { sampleRate, bins, frameLength, frameShift, highFreq = 0, compression } = given;
    const normalize = given.normalize === 'windowed' ? { window: USUAL_WINDOW } : given.normalize;
    const lowFreq = given.lowFreq ?? (type === 'kaldi' ? 20 : 0);
    const common = {
      ...{ sampleRate, bins, frameLength, frameShift, lowFreq, highFreq, normalize, compression },
      // NOTE: left out where they do nothing, so that the hashes of caches and trainings that know nothing of them hold.
      ...(given.otherRates !== 'refuse' && { otherRates: given.otherRates }),
      ...(given.vad && { vad: given.vad }),
    };
    if (type === 'speechbrain') return { type, ...common, nFft: given.nFft ?? 400, topDb: given.topDb ?? 80 };
    return {
      type,
      ...common,
      window: given.window ?? 'povey',
      inputScale: given.inputScale ?? 32768,
      preemphasis: given.preemphasis ?? 0.97,
      removeDcOffset: given.removeDcOffset ?? true,
      snipEdges: given.snipEdges ?? true,
      usePower: given.usePower ?? true,
      useEnergy: given.useEnergy ?? false,
      rawEnergy: given.rawEnergy ?? true,
      energyFloor: given.energyFloor ?? 1,
    };
  });

/** The upper edge of the highest band, in Hz. */
export function highFrequency(sampleRate: number, highFreq: number): number {
  return highFreq > 0 ? highFreq : sampleRate / 2 + highFreq;
}

/** Values a frame: the bands, and the energy where it is asked for. */
export function featureSize(options: FeatureOptions): number {
  return options.bins + (options.type === 'kaldi' && options.useEnergy ? 1 : 0);
}

/** Raised whenever the same options and samples give other values, if only in the last bit. */
export const EXTRACTION_VERSION = 2;

/**
 * SHA-256 of everything that decides the stored values, the way of computing them included: not the normalisation, which is
 * applied when they are read, nor what becomes of other sample rates, as audio that is accepted is converted in one way only.
 */
export function extractionHash({ normalize: _applied, otherRates: _accepted, ...stored }: FeatureOptions): string {
  return sha256Hex(stableJson(stored), `extraction ${EXTRACTION_VERSION}`);
}

/**
 * @file What a feature type is: its own options, where its frames lie, and how a clip becomes frames of values.
 *
 * A type is one file of this folder and one line of the registry in `fbank.ts`; options, cache, voice activity, crops
 * and commands know it from there. Frequencies are Hz, lengths of frames milliseconds, those of signals samples.
 */
import type { z } from 'zod';
import type { FbankKernelOptions } from './wasm/fbank-kernel.js';

/** Features of one clip: data[frame · bins + bin]. */
export interface Features {
  frames: number;
  bins: number;
  data: Float32Array<ArrayBuffer>;
}

/** Samples in −1 … 1 → features, not normalised. */
export type Fbank = (samples: Float32Array) => Features;

/** What every type has. */
export interface BandOptions {
  sampleRate: number;
  /** Mel bands. */
  bins: number;
  frameLength: number;
  frameShift: number;
  lowFreq: number;
  /** 0 or less: counted down from half the sample rate. */
  highFreq: number;
}

/** Options by name. Those that several types have are one schema. */
export type OwnOptions = Readonly<Record<string, z.ZodDefault<z.ZodType>>>;

/** Complete options of a type. */
export type OptionsOf<Name extends string, Own extends OwnOptions> = BandOptions & { type: Name } & {
  [Key in keyof Own]: z.output<Own[Key]>;
};

/** Where frames lie, all in samples: frame k begins at sample k·shift − before and has `size` samples. */
export interface Framing {
  size: number;
  shift: number;
  before: number;
  /** What stands beyond both ends of the signal: zeros, or its mirror image, edge sample included. */
  beyond: 'zeros' | 'mirror';
  /** Length of a signal that has one frame. */
  fewest: number;
  /** The part of a frame that the analysis window weighs, and whether its mean is taken away first. */
  window: { start: number; length: number; removeMean: boolean };
}

/**
 * How the values of a frame are computed, as numbers: for whoever computes them elsewhere. Where the frames lie is in
 * `Framing`.
 */
export interface FrameAnalysis extends Omit<FbankKernelOptions, 'before'> {
  /** The energy before the bands is max(floor, ln max(2⁻²³, scale · Σ x²)). */
  energyBounds?: { scale: number; floor: number };
  /** Everything is lifted to at least the clip's maximum less this; absent: nothing is. */
  liftBelowMaximum?: number;
}

/** One line of the registry. */
export interface FeatureType<Options extends BandOptions = BandOptions> {
  own: OwnOptions;
  /** Lower edge of the lowest band where none is given. */
  lowFreq: number;
  /** Normalisation where none is given; default: by the mean. */
  normalize?: 'none';
  /** What is wrong with options that are right each by itself: the option's name and a sentence. */
  problem?(options: Options): { option: string; message: string } | undefined;
  /** Values a frame. */
  size(options: Options): number;
  framing(options: Options): Framing;
  /** Absent: not a filterbank; its values cannot be computed elsewhere. */
  analysis?(options: Options): FrameAnalysis;
  /** The extractor. It is given clips of at least `shortestClip` samples. */
  create(options: Options): Fbank;
}

/** Samples of the shortest clip that is taken: one frame's. */
export function shortestClip({ sampleRate, frameLength }: BandOptions): number {
  return Math.round((sampleRate * frameLength) / 1000);
}

/** Number of frames of so many samples. */
export function frameCount({ fewest, shift }: Framing, samples: number): number {
  return Math.max(0, 1 + Math.floor((samples - fewest) / shift));
}

/** Samples [from, from + count) of a signal, with what stands beyond its ends. Not a copy where they lie within. */
export function stretch(samples: Float32Array, from: number, count: number, beyond: Framing['beyond']): Float32Array {
  const n = samples.length;
  if (from >= 0 && from + count <= n) return samples.subarray(from, from + count);
  return Float32Array.from({ length: count }, (_, index) => {
    let i = from + index;
    while (beyond === 'mirror' && n > 0 && (i < 0 || i >= n)) i = i < 0 ? -i - 1 : 2 * n - 1 - i;
    return i >= 0 && i < n ? samples[i] : 0;
  });
}

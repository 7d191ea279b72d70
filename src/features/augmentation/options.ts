/**
 * @file What a recipe may say about augmentation, with defaults. Every technique is off (null) until it is named.
 *
 * A technique is drawn with its `probability`. Those that make the acoustic scene (`noise`, `music`, `speech`,
 * `babble`, `reverberation`) are drawn by `select`: `one` takes at most one of them, so that their probabilities must
 * sum to at most 1 and the rest stays clean; `each` draws every one by itself. All others are always drawn by
 * themselves. Ranges are [lowest, highest], drawn uniformly. Levels are decibels, times milliseconds unless a name says
 * otherwise. Defaults of SNR ranges: Kaldi's and WeSpeaker's VoxCeleb recipes; of the dropped bands and chunks:
 * SpeechBrain's.
 */
import { z } from 'zod';

/** What is done to the waveform, in the order in which it is done; the speed comes before all of them. */
export const waveformTechniques = [
  'reverberation',
  'noise',
  'music',
  'speech',
  'babble',
  'level',
  'codec',
  'dropFrequency',
  'dropChunk',
] as const;
export type WaveformTechnique = (typeof waveformTechniques)[number];

/** Those of which `select: one` takes one at most. */
export const sceneTechniques = ['noise', 'music', 'speech', 'babble', 'reverberation'] as const;
export type SceneTechnique = (typeof sceneTechniques)[number];

export const codecTypes = ['mu-law', 'a-law', 'narrow-band', 'telephone-mu-law', 'telephone-a-law'] as const;
export type CodecType = (typeof codecTypes)[number];

const probability = (standard: number) => z.number().min(0).max(1).default(standard);

const range = (bounds: z.ZodNumber) =>
  z.tuple([bounds, bounds]).refine(([low, high]) => low <= high, 'expected [lowest, highest], in this order');

/** More than any clip has room for. */
const MOST = 1000;
const counts = range(z.int().positive().max(MOST));
const decibels = range(z.number().min(-100).max(100));

/** A folder, or a file that lists recordings (`sources.ts`). */
const source = z.string().min(1);

const additive = (chance: number, snr: [number, number]) =>
  z
    .strictObject({
      source,
      probability: probability(chance),
      /** Signal-to-noise ratio, dB. */
      snr: decibels.default(snr),
    })
    .nullable()
    .default(null);

const babble = z.strictObject({
  /**
   * Recordings of speech; null: the corpus's own training utterances. Never of the utterance's own speaker, where
   * known.
   */
  source: source.nullable().default(null),
  probability: probability(0.2),
  /** Number of voices. */
  speakers: counts.default([3, 7]),
  /** Of the speech to all voices together, dB. */
  snr: decibels.default([13, 20]),
});

const speed = z.strictObject({
  /** Hundredths: above 1 is faster and higher, below slower and lower. */
  factors: z
    .array(
      z
        .number()
        .min(0.5)
        .max(2)
        .refine(
          (factor) => Math.abs(factor * 100 - Math.round(factor * 100)) < 1e-9,
          'expected hundredths, such as 0.95',
        )
        .refine((factor) => factor !== 1, 'expected a factor other than 1, which is there by itself'),
    )
    .min(1)
    .refine((factors) => new Set(factors).size === factors.length, 'expected factors that differ')
    .default([0.9, 1.1]),
  /** Of any factor at all; they are equally likely. 2/3 with two factors: each and the original equally often. */
  probability: probability(2 / 3),
  /** Adds a copy of every utterance at each factor, as said by further speakers; then nothing is left to be drawn. */
  newSpeakers: z.boolean().default(false),
});

const level = z.strictObject({
  probability: probability(0.5),
  /** dB. */
  gain: decibels.default([-10, 10]),
});

const codec = z.strictObject({
  probability: probability(0.2),
  /** Equally likely. */
  types: z.array(z.enum(codecTypes)).min(1).default(['mu-law', 'a-law', 'narrow-band']),
});

const dropFrequency = z.strictObject({
  probability: probability(0.5),
  /** Number of bands. */
  count: counts.default([1, 3]),
  /** Half of a band's width, as a fraction of half the sample rate; the filter has 11/width taps. */
  width: z.number().min(0.001).max(0.25).default(0.05),
});

const dropChunk = z.strictObject({
  probability: probability(0.5),
  /** Number of chunks. */
  count: counts.default([1, 5]),
  /** Of a chunk, ms. */
  length: range(z.number().positive()).default([62.5, 125]),
});

/** `width`: the largest; drawn from 0 on. */
const mask = (width: number) =>
  z.strictObject({ count: z.int().min(0).max(MOST).default(1), width: z.int().min(0).default(width) });

const specAugment = z.strictObject({
  probability: probability(0.6),
  /** Masks over time; width in frames. */
  time: mask(10).prefault({}),
  /** Masks over frequency; width in bands. */
  frequency: mask(8).prefault({}),
});

/** The recipe's `augmentation` section → complete options. What it gives may be given to it again. */
export const augmentationOptions = z
  .strictObject({
    /** Drawn anew for every crop in each epoch while training, or once into copies whose features are cached. */
    when: z.enum(['online', 'copies']).default('online'),
    /**
     * Augmented copies of each utterance, besides the utterance itself; only with `when: copies`, there 1 by default.
     */
    copies: z.int().positive().nullable().default(null),
    select: z.enum(['one', 'each']).default('one'),
    noise: additive(0.2, [0, 15]),
    music: additive(0.2, [5, 15]),
    speech: additive(0.2, [10, 30]),
    babble: babble.nullable().default(null),
    reverberation: z
      .strictObject({ source, probability: probability(0.2) })
      .nullable()
      .default(null),
    speed: speed.nullable().default(null),
    level: level.nullable().default(null),
    codec: codec.nullable().default(null),
    dropFrequency: dropFrequency.nullable().default(null),
    dropChunk: dropChunk.nullable().default(null),
    specAugment: specAugment.nullable().default(null),
  })
  .superRefine((given, context) => {
    if (given.when === 'online' && given.copies !== null) {
      context.addIssue({ code: 'custom', path: ['copies'], message: 'is an option of `when: copies`' });
    }
    if (
      given.speed === null &&
      given.specAugment === null &&
      waveformTechniques.every((name) => given[name] === null)
    ) {
      const names = [...waveformTechniques, 'speed', 'specAugment'].join(', ');
      const message = `expected at least one of ${names}; for none, leave augmentation out (null)`;
      context.addIssue({ code: 'custom', path: [], message });
    }
    if (given.select === 'each') return;
    const sum = sceneTechniques.reduce((total, name) => total + (given[name]?.probability ?? 0), 0);
    if (sum <= 1 + 1e-9) return;
    const message = `one: expected probabilities of ${sceneTechniques.join(', ')} that sum to at most 1, got ${+sum.toFixed(6)}`;
    context.addIssue({ code: 'custom', path: ['select'], message });
  })
  .transform((given) => (given.when === 'copies' ? { ...given, copies: given.copies ?? 1 } : given));

export type AugmentationOptions = z.output<typeof augmentationOptions>;
export type BabbleOptions = z.output<typeof babble>;
export type SpeedOptions = z.output<typeof speed>;
export type SpecAugmentOptions = z.output<typeof specAugment>;

/** Whether crops are made from audio while training. SpecAugment by itself masks crops of cached features. */
export function drawsFromAudio({ when, speed, ...techniques }: AugmentationOptions): boolean {
  return when === 'online' && (speed !== null || waveformTechniques.some((name) => techniques[name] !== null));
}

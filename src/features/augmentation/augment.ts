/**
 * @file Augmentation of one utterance or crop: what is drawn for it, and doing it.
 *
 * Every draw is keyed by (seed, technique, epoch, id, copy) and by nothing else, so the result does not depend on the
 * order of the work or on the number of workers.
 * Order: speed (the caller's, `speed-perturbation.ts`) → reverberation → noise, music, speech, babble → level → codec →
 * dropped bands → dropped chunks → features → normalisation → SpecAugment.
 * Level: clean and augmented speech have the same. Reverberation keeps the energy, additive techniques leave the speech
 * untouched and add to it, nothing is scaled to a peak or clipped (a codec saturates, as it does). Only `level`, asked
 * for by name, changes it. Samples: float32, −1 … 1 where clean.
 */
import { internal } from '../../errors.js';
import type { Features } from '../fbank.js';
import type { AugmentationOptions, WaveformTechnique } from './options.js';
import type { AugmentationSources, SpeechRecording } from './sources.js';

/** What every draw is keyed by. `copy` tells several crops or cached copies of one utterance in an epoch apart. */
export interface AugmentationKey {
  seed: number;
  epoch: number;
  id: string;
  copy: number;
}

/** What was drawn for a key. */
export interface AugmentationPlan {
  /** Factor; 1: as it is. For n samples the caller reads `lengthBeforeSpeed(n, speed)` and applies `changeSpeed`. */
  speed: number;
  /** What `waveform` will do, in that order; empty: nothing, it returns the samples it is given. */
  waveform: readonly WaveformTechnique[];
  /** Whether `features` will mask something. */
  specAugment: boolean;
}

export interface Augmentation {
  /** What is drawn for this key. Reads nothing. */
  plan(key: AugmentationKey): AugmentationPlan;
  /**
   * Augments samples (speed already changed); the result has the same length. The given samples are left as they are,
   * and returned where nothing is drawn.
   * @param context.speaker of the utterance: babble of known speakers leaves this one out
   * @throws UserError naming a file of noise or an impulse response that cannot be read or used
   */
  waveform(
    samples: Float32Array<ArrayBuffer>,
    key: AugmentationKey,
    context: { speaker: string },
  ): Promise<Float32Array<ArrayBuffer>>;
  /** Masks normalised features in place: masked values become 0, the mean. */
  features(features: Features, key: AugmentationKey): void;
}

export interface OpenAugmentationOptions {
  /** Of the samples that `waveform` is given, Hz; sources of another rate are resampled to it. */
  sampleRate: number;
  /** From `listAugmentationSources`, so that worker threads need not list the folders again; default: listed here. */
  sources?: AugmentationSources;
  /** The training utterances; needed for babble of them (`babble.source: null`). */
  training?: readonly SpeechRecording[];
}

/** Lists the sources, unless they are given; recordings are read when they are drawn. */
export function openAugmentation(options: AugmentationOptions, given: OpenAugmentationOptions): Promise<Augmentation> {
  throw internal(`augmentation is not written yet ${JSON.stringify({ options, given })}`);
}

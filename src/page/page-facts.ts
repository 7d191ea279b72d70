/**
 * @file What the page is told of a model, as `page.json` beside it. Written by `tasks/page`, read in the browser, so
 * nothing here needs Node or a browser.
 */
import type { SpeechFeatureOptions } from '../features/fbank/speech-features.js';

/** From a score to an answer. */
export interface PageScoring {
  /** Done to every embedding, one after the other: x → matrix · (x − mean), either of them optional. */
  readonly transforms?: readonly {
    readonly mean?: readonly number[];
    readonly matrix?: readonly (readonly number[])[];
  }[];
  /** Scores are normalised against the embeddings of `cohort.bin`; absent: they are not. */
  readonly cohort?: {
    readonly normalize: 'z-norm' | 't-norm' | 's-norm' | 'as-norm';
    /** So many of the highest scores count. */
    readonly top: number;
    /** The variance is divided by n − 1, not n. */
    readonly sample: boolean;
  };
  /** llr = offset + weight · score, the natural logarithm of a likelihood ratio. */
  readonly calibration?: { readonly weight: number; readonly offset: number };
  /** Why there is no calibration, as a sentence; absent where there is one. */
  readonly without?: string;
}

export interface PageFacts {
  readonly model: string;
  readonly sampleRate: number;
  readonly features: SpeechFeatureOptions;
  /** Frames of the shortest input. */
  readonly minFrames: number;
  readonly embeddingSize: number;
  /** The layers whose attention the model gives, by the names of its outputs. */
  readonly attention: readonly { readonly output: string; readonly title: string }[];
  readonly scoring: PageScoring;
  /** What is known of the training and of the development trials, a sentence each. */
  readonly about: readonly string[];
  /** What the model is not good for, a sentence each. */
  readonly limits: readonly string[];
  /** Whether the files for graphics cards lie beside the page. */
  readonly webgpu: boolean;
}

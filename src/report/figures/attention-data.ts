/**
 * @file What the picture of a model's attention is drawn from: utterances, their spectra, the weights of each layer.
 *
 * Weights are shares: a row (a latent, a channel, a head) spreads 1 over the frames that the model was given. A share
 * is shown as a multiple of the even one, 1/T for T frames, so that utterances of different length can be compared.
 */

/** One layer's attention in one utterance. */
export interface LayerAttention {
  /** Prefix in the state dict. */
  readonly name: string;
  readonly title: string;
  /** What its rows are. */
  readonly unit: 'latents' | 'channels' | 'heads';
  readonly rows: number;
  /** Row-major [rows, frames]; each row sums to one. */
  readonly weights: Float32Array;
  /** Over the rows: [frames], summing to one. */
  readonly mean: Float64Array;
  /** The entropy over time, averaged over the rows, in nats. */
  readonly entropy: number;
  /** exp(entropy): the frames that a row attends to. */
  readonly effectiveFrames: number;
  /** exp of the entropy of `mean`: the frames that the rows attend to together. */
  readonly coveredFrames: number;
  /** effectiveFrames over the frames that the model was given, in (0, 1]. */
  readonly evenness: number;
  /** What the frames with speech get, of 1. */
  readonly speechShare: number;
  /** What the frames of the inserted pause get, of 1; absent without one. */
  readonly pauseShare?: number;
}

/** A moment that gets much attention. */
export interface Moment {
  /** Seconds from the beginning. */
  readonly time: number;
  /** Attention over the even share, averaged over layers and about 70 ms. */
  readonly timesEven: number;
}

export interface AttentionUtterance {
  readonly name: string;
  /** Seconds. */
  readonly duration: number;
  readonly frames: number;
  /** Frames that the model was given: fewer where those without speech are left out. */
  readonly framesGiven: number;
  /** The middle of each frame, in seconds. */
  readonly times: Float64Array;
  /** Log-mel bands, row-major [frames, bands]. */
  readonly spectrum: { readonly bands: number; readonly data: Float32Array };
  /** Whether each frame holds speech, by its energy. */
  readonly speech: Uint8Array;
  readonly speechFrames: number;
  /** A pause that was put in, in seconds. */
  readonly pause?: { readonly from: number; readonly to: number };
  readonly layers: readonly LayerAttention[];
  /** The highest first. */
  readonly moments: readonly Moment[];
}

export interface AttentionFigureData {
  /** Begins the names inside the drawing, as several may stand in one page. */
  readonly id: string;
  /** Title of the model. */
  readonly model: string;
  /** Edges of the mel bands, in Hz. */
  readonly lowFreq: number;
  readonly highFreq: number;
  /** One, or two to be compared, drawn one below the other on the same scales. */
  readonly utterances: readonly AttentionUtterance[];
}

/** Above this share of all frames a row's attention is as good as even: it has collapsed to averaging. */
const EVEN_FROM = 0.95;

/** Whether every layer attends evenly in every utterance; such a model's attention is no better than a mean. */
export const isEven = (layers: readonly Pick<LayerAttention, 'evenness'>[]): boolean =>
  layers.length > 0 && layers.every(({ evenness }) => evenness > EVEN_FROM);

/** @file Features of one piece of audio after the other, as a model takes them. Runs in worker threads for many. */
import { UserError } from '../../errors.js';
import type { Features } from '../../features/fbank/fbank.js';
import { normalizeFeatures } from '../../features/normalization.js';
import type { FeatureOptions } from '../../features/options.js';
import { type AudioPiece, byFlag, createUtteranceFeatures } from '../../features/utterance-features.js';

/** What a worker is handed: one piece, and how its features are made. */
export interface ExtractionTask {
  readonly piece: AudioPiece;
  readonly options: FeatureOptions;
  /** For `normalize: global`. [bins] */
  readonly globalMean?: Float32Array;
  /** Where the audio lies, for messages. */
  readonly where: string;
}

/** Normalised features, or what the user has to mend: errors lose their kind on the way between threads. */
export type Extracted = Features | { readonly problem: string };

let last: { options: FeatureOptions; key: string; extract: ReturnType<typeof createUtteranceFeatures> } | undefined;

export async function extractFeatures({ piece, options, globalMean, where }: ExtractionTask): Promise<Extracted> {
  if (last?.options !== options) {
    const key = JSON.stringify(options);
    // In a worker the options come as a new object with every task.
    if (last?.key !== key) last = { options, key, extract: createUtteranceFeatures(options, { remedy: byFlag }) };
  }
  try {
    const { frames, bins, data } = await last!.extract(piece);
    const features: Features = { frames, bins, data };
    normalizeFeatures(features, options.normalize, { globalMean });
    return features;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { problem: error.message.startsWith(where) ? error.message : `${where}: ${error.message}` };
  }
}

/**
 * @file What sherpa-onnx (k2-fsa) asks of a speaker-embedding model: keys in its metadata, and features as it computes
 * them.
 *
 * It reads `framework`, `sample_rate`, `output_dim`, `normalize_samples` and `language`, and gives the first input
 * [1, T, 80] features: Kaldi's, up to 400 Hz below half the sample rate, frames centred, of which it takes nothing
 * away when the framework is `wespeaker` and no `feature_normalize_type` is named (the graph does).
 */
import { type FeatureOptions, featureOptions } from '../../features/options.js';

/** Features as sherpa-onnx computes them, with the model's normalisation; undefined where it cannot feed the model. */
export function sherpaFeatures(options: FeatureOptions): FeatureOptions | undefined {
  if (options.type !== 'kaldi' || options.useEnergy || options.bins !== 80 || options.vad) return undefined;
  const { sampleRate, inputScale, normalize } = options;
  return featureOptions.parse({ type: 'kaldi', sampleRate, inputScale, normalize, snipEdges: false, highFreq: -400 });
}

/** The metadata by which sherpa-onnx knows the model. */
export const sherpaMetadata = (options: FeatureOptions, embeddingSize: number): Record<string, string> => ({
  framework: 'wespeaker',
  language: 'unknown',
  output_dim: String(embeddingSize),
  sample_rate: String(options.sampleRate),
  normalize_samples: options.type === 'kaldi' && options.inputScale === 1 ? '1' : '0',
});

/** In what the features of a model differ from sherpa-onnx's, as `highFreq 0 (sherpa-onnx: -400)`. */
export function sherpaDifferences(options: FeatureOptions, theirs: FeatureOptions): string[] {
  const given = options as unknown as Readonly<Record<string, unknown>>;
  const other = theirs as unknown as Readonly<Record<string, unknown>>;
  const ignored = new Set(['compression', 'otherRates', 'rawEnergy', 'energyFloor']);
  return Object.keys(other)
    .filter((name) => !ignored.has(name) && JSON.stringify(given[name]) !== JSON.stringify(other[name]))
    .map((name) => `${name} ${JSON.stringify(given[name])} (sherpa-onnx: ${JSON.stringify(other[name])})`);
}

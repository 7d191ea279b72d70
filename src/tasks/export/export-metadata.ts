/** @file What an exported file says of itself: enough to feed it without any other file. */
import { versions } from '../../machine.js';
import { shortestClip } from '../../features/fbank/feature-type.js';
import type { FeatureOptions } from '../../features/options.js';
import type { LoadedModel } from '../../models/model-folder.js';
import type { ExportInput } from './exported-graph.js';
import { sherpaFeatures, sherpaMetadata } from './sherpa-onnx.js';

/** Names and values of the file's metadata. All values are text; `features` is JSON. */
export function exportMetadata(
  { speakerModel, features, globalMean }: LoadedModel,
  { input, int8 }: { input: ExportInput; int8: boolean },
): Record<string, string> {
  const { title, bins, embeddingSize, minFrames } = speakerModel;
  const options = features as FeatureOptions | undefined;
  const forSherpa = input === 'fbank' && options && sherpaFeatures(options);
  return {
    ...(forSherpa && sherpaMetadata(options, embeddingSize)),
    producer: `acanet ${versions().acanet}`,
    model: title,
    input: describeInput(input, options, bins),
    embedding_size: String(embeddingSize),
    min_frames: String(minFrames),
    weights: int8 ? 'int8, a scale for each row or column' : 'float32',
    score: 'the cosine of two embeddings; the higher, the more alike the voices',
    ...(options && {
      sample_rate: String(options.sampleRate),
      features: JSON.stringify(options),
      mean_normalization: describeNormalization(options.normalize),
      min_samples: String(shortestClip(options)),
      ...(globalMean && { global_mean: JSON.stringify(globalMean) }),
    }),
  };
}

function describeInput(input: ExportInput, options: FeatureOptions | undefined, bins: number): string {
  if (input === 'audio') return `samples [1, N] in -1 ... 1, ${options?.sampleRate} Hz, one channel`;
  if (!options) return `features [N, T, ${bins}] as the model was trained on (imported weights: not known here)`;
  return `features [N, T, ${bins}], log mel filterbank as "features" says, not normalised`;
}

function describeNormalization(mode: FeatureOptions['normalize']): string {
  if (mode === 'none') return 'none';
  const inside = 'in the graph: do not normalise the input; ';
  if (typeof mode === 'object') return `${inside}the mean of ${mode.window} frames around each is subtracted`;
  return (
    inside +
    {
      mean: 'the mean over time is subtracted',
      meanvar: 'the mean over time is subtracted and divided by the standard deviation',
      global: 'the mean of the training set ("global_mean") is subtracted',
    }[mode]
  );
}

/** @file Embeddings of test utterances under a condition, with a finished model and its own front end. */
import type { Utterance } from '../../corpus/manifest/manifest.js';
import { internal, UserError } from '../../errors.js';
import type { DegradedFeatures } from '../../features/degraded-speech.js';
import { normalizeFeatures } from '../../features/normalization.js';
import type { Normalization } from '../../features/options.js';
import type { Embedder, Reporting } from '../../tasks/model-work.js';
import type { Condition } from '../definition/robustness-options.js';

export interface EmbedDegradedOptions extends Pick<Reporting, 'progress' | 'signal'> {
  readonly embedder: Embedder;
  readonly extract: DegradedFeatures;
  /** As the model's features were in training. */
  readonly normalize: Normalization;
  readonly utterances: readonly Utterance[];
  readonly condition: Condition;
}

/**
 * One embedding for each utterance that the condition changes.
 * @returns also how many utterances are no longer than the cut, and have none
 */
export async function embedDegraded({
  embedder: { globalMean, minFrames, embed },
  extract,
  normalize,
  utterances,
  condition: { degradation, name },
  progress,
  signal,
}: EmbedDegradedOptions): Promise<{ embeddings: Map<string, Float32Array>; whole: number }> {
  if (normalize === 'global' && !globalMean) throw internal('the model lacks its global mean');
  const embeddings = new Map<string, Float32Array>();
  let whole = 0;
  for (const [i, utterance] of utterances.entries()) {
    signal?.throwIfAborted();
    const features = await extract(utterance, degradation);
    if (features) {
      if (features.frames < minFrames) {
        const what =
          degradation.kind === 'duration' ? `robustness.durations: ${name} of ${utterance.id}` : utterance.path;
        throw new UserError(`${what} gives ${features.frames} frames, the model needs at least ${minFrames}`);
      }
      normalizeFeatures(features, normalize, { globalMean });
      embeddings.set(utterance.id, await embed(features));
    } else whole++;
    progress(`embed, ${name}`, i + 1, utterances.length);
  }
  return { embeddings, whole };
}

/**
 * @file Embeds audio and features outside of any recipe: each utterance whole, by itself, under its own key.
 *
 * Audio goes through the model's own front end. Features are normalised as the model's were, unless they are to be
 * taken as they are; imported models, which do not say what they were trained on, take features as they are only.
 */
import { internal, UserError } from '../../errors.js';
import type { Features } from '../../features/fbank/fbank.js';
import { firstOf } from '../../problem-list.js';
import { normalizeFeatures } from '../../features/normalization.js';
import type { FeatureOptions, RatePolicy } from '../../features/options.js';
import { byFlag, createUtteranceFeatures } from '../../features/utterance-features.js';
import { listEmbeddingInputs, type EmbeddingInput } from './input-lists.js';
import type { Embedder, Library, Reporting } from '../model-work.js';
import { realLibrary } from '../do-model-work.js';
import type { EngineOptions } from '../../engine/create-engine.js';

export interface EmbedInputsOptions extends Reporting {
  inputs: readonly string[];
  modelDir: string;
  engine: EngineOptions;
  /** Features are already normalised. */
  asIs: boolean;
  /** What is done with audio of another sample rate than the model's; default: as in its training. */
  otherRates?: RatePolicy;
  library?: Pick<Library, 'openEmbedder'>;
}

/** @returns one embedding for each input, in their order */
export async function embedInputs({
  inputs: paths,
  modelDir,
  engine,
  asIs,
  otherRates,
  library = realLibrary,
  log,
  progress,
  signal,
}: EmbedInputsOptions): Promise<Map<string, Float32Array>> {
  const inputs = listEmbeddingInputs(paths);
  const embedder = await library.openEmbedder({ modelDir, engine });
  try {
    const toFeatures = frontEnd(embedder, { modelDir, asIs, otherRates });
    const embeddings = new Map<string, Float32Array>();
    const cut: string[] = [];
    for (const input of inputs) {
      signal?.throwIfAborted();
      const features = await toFeatures(input);
      if (features.cut !== undefined) cut.push(`${input.key} ${features.cut}`);
      if (features.bins !== embedder.bins) {
        throw new UserError(
          `${input.where}: the model ${modelDir} takes ${embedder.bins} values a frame, got ${features.bins}`,
        );
      }
      if (features.frames < embedder.minFrames) {
        throw new UserError(
          `${input.where}: the model needs at least ${embedder.minFrames} frames, got ${features.frames}`,
        );
      }
      const broken = features.data.findIndex((value) => !Number.isFinite(value));
      if (broken >= 0) {
        const frame = Math.floor(broken / features.bins);
        throw new UserError(
          `${input.where}: frame ${frame} holds ${features.data[broken]}; mend or leave out this utterance`,
        );
      }
      embeddings.set(input.key, await embedder.embed(features));
      progress('embed', embeddings.size, inputs.length);
    }
    if (cut.length > 0)
      log(`! ${cut.length} ranges go up to 3 rows beyond their matrix and end with it: ${firstOf(cut)}`);
    return embeddings;
  } finally {
    await embedder.close();
  }
}

function frontEnd(
  embedder: Embedder,
  { modelDir, asIs, otherRates }: Pick<EmbedInputsOptions, 'modelDir' | 'asIs' | 'otherRates'>,
): (input: EmbeddingInput) => Promise<Features & { cut?: string }> {
  const { globalMean } = embedder;
  const options = embedder.features && withRatePolicy(embedder.features, otherRates);
  const extract = options && createUtteranceFeatures(options, { remedy: byFlag });
  return async (input) => {
    if (input.kind === 'features') {
      const features = input.read();
      if (asIs) return features;
      if (!options) {
        throw new UserError(
          `${modelDir}: the model does not say how its features were normalised (imported weights)\n` +
            '  normalise them yourself and pass --as-is',
        );
      }
      normalizeFeatures(features, options.normalize, { globalMean });
      return features;
    }
    if (!options || !extract) {
      throw new UserError(
        `${modelDir}: the model does not say which features it takes (imported weights), so audio cannot be embedded\n` +
          '  compute features with `acanet features extract`, and embed the archive with --as-is',
      );
    }
    if (asIs) throw new UserError(`${input.where}: --as-is is for features, not for audio`);
    const features = await named(input.where, () => extract(input.piece));
    if (options.normalize === 'global' && !globalMean) throw internal(`${modelDir} lacks its global mean`);
    normalizeFeatures(features, options.normalize, { globalMean });
    return features;
  };
}

/** The features of a model, of audio at the sample rates that `policy` accepts. */
export function withRatePolicy(options: FeatureOptions, policy: RatePolicy | undefined): FeatureOptions {
  if (policy === undefined) return options;
  const { otherRates: _trained, ...rest } = options;
  return policy === 'refuse' ? rest : { ...rest, otherRates: policy };
}

/** Puts where something lies before what is wrong with it. */
async function named<T>(where: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof UserError) || error.message.startsWith(where)) throw error;
    throw new UserError(`${where}: ${error.message}`, { cause: error });
  }
}

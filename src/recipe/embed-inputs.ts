/**
 * @file Embeds audio and features outside of any recipe: each utterance whole, by itself, under its own key.
 *
 * Audio goes through the model's own front end. Features are normalised as the model's were, unless they are to be taken
 * as they are; imported models, which do not say what they were trained on, take features as they are only.
 */
import { internal, messageOf, UserError } from '../errors.js';
import { createFbank, type Features } from '../features/fbank.js';
import { normalizeFeatures } from '../features/normalization.js';
import { listEmbeddingInputs, type EmbeddingInput } from './embedding-inputs.js';
import type { Embedder, Library, Reporting } from './library.js';
import { realLibrary } from './real-library.js';
import type { EngineOptions } from './schema.js';

export interface EmbedInputsOptions extends Reporting {
  inputs: readonly string[];
  modelDir: string;
  engine: EngineOptions;
  /** Features are already normalised. */
  asIs: boolean;
  library?: Pick<Library, 'openEmbedder'>;
}

/** @returns one embedding for each input, in their order */
export async function embedInputs({
  inputs: paths,
  modelDir,
  engine,
  asIs,
  library = realLibrary,
  progress,
  signal,
}: EmbedInputsOptions): Promise<Map<string, Float32Array>> {
  const inputs = listEmbeddingInputs(paths);
  const embedder = await library.openEmbedder({ modelDir, engine });
  try {
    const toFeatures = frontEnd(embedder, modelDir, asIs);
    const embeddings = new Map<string, Float32Array>();
    for (const input of inputs) {
      signal?.throwIfAborted();
      const features = await toFeatures(input);
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
    return embeddings;
  } finally {
    await embedder.close();
  }
}

function frontEnd(embedder: Embedder, modelDir: string, asIs: boolean): (input: EmbeddingInput) => Promise<Features> {
  const { features: options, globalMean } = embedder;
  const fbank = options && createFbank(options);
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
    if (!options || !fbank) {
      throw new UserError(
        `${modelDir}: the model does not say which features it takes (imported weights), so audio cannot be embedded\n` +
          '  compute features with `acanet features extract`, and embed the archive with --as-is',
      );
    }
    if (asIs) throw new UserError(`${input.where}: --as-is is for features, not for audio`);
    const { sampleRate, samples } = await input.read();
    if (sampleRate !== options.sampleRate) {
      throw new UserError(
        `${input.where}: the model ${modelDir} takes audio of ${options.sampleRate} Hz, got ${sampleRate} Hz`,
      );
    }
    const features = named(input.where, () => fbank(samples));
    if (options.normalize === 'global' && !globalMean) throw internal(`${modelDir} lacks its global mean`);
    normalizeFeatures(features, options.normalize, { globalMean });
    return features;
  };
}

/** Puts where something lies before what is wrong with it. */
function named<T>(where: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${where}: ${messageOf(error)}`, { cause: error });
    throw error;
  }
}

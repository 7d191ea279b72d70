/**
 * @file Embeds audio and features outside of any recipe: each utterance whole, by itself, under its own key.
 *
 * Audio goes through the model's own front end. Features are normalised as the model's were, unless they are to be
 * taken as they are; imported models, which do not say what they were trained on, take features as they are only.
 */
import { internal, UserError } from '../../errors.js';
import type { Features } from '../../features/fbank/fbank.js';
import { firstOf, throwProblems } from '../../problem-list.js';
import { sideBySide } from '../../models/side-by-side.js';
import { normalizeFeatures } from '../../features/normalization.js';
import type { FeatureOptions, RatePolicy } from '../../features/options.js';
import { filesOfInputs, listEmbeddingInputs, type EmbeddingInput } from './input-lists.js';
import { refuseOverwriting } from '../../storage/overwriting.js';
import { featuresOf } from './feature-pool.js';
import type { Embedder, Library, Reporting } from '../model-work.js';
import { realLibrary } from '../do-model-work.js';
import type { EngineOptions } from '../../engine/create-engine.js';

interface ModelUse {
  modelDir: string;
  /** Features are already normalised. */
  asIs: boolean;
  /** What is done with audio of another sample rate than the model's; default: as in its training. */
  otherRates?: RatePolicy;
}

export interface EmbedInputsOptions extends Reporting, ModelUse {
  inputs: readonly string[];
  /** Files that are written of it, for which no input may be lost. */
  outputs?: readonly string[];
  engine: EngineOptions;
  library?: Pick<Library, 'openEmbedder'>;
}

/**
 * One embedding for each input, in their order.
 * @throws UserError for all inputs that cannot be embedded
 */
export async function embedInputs({
  inputs: paths,
  outputs = [],
  engine,
  library = realLibrary,
  ...use
}: EmbedInputsOptions): Promise<Map<string, Float32Array>> {
  const inputs = await listEmbeddingInputs(paths);
  refuseOverwriting(outputs, filesOfInputs(inputs));
  const embedder = await library.openEmbedder({ modelDir: use.modelDir, engine, utterances: inputs.length });
  try {
    const embeddings = new Map<string, Float32Array>();
    const problems = await embedListed({
      ...use,
      inputs,
      embedder,
      onEmbedded: ({ key }, embedding) => embeddings.set(key, embedding),
    });
    refuseProblems(problems, use.modelDir);
    return embeddings;
  } finally {
    await embedder.close();
  }
}

/** @throws UserError where there are problems: a single one in its own words */
export function refuseProblems(problems: readonly string[], where: string): void {
  if (problems.length === 1) throw new UserError(problems[0]);
  throwProblems(problems, { where, what: 'utterances cannot be embedded' });
}

export interface EmbedListedOptions extends Reporting, ModelUse {
  inputs: readonly EmbeddingInput[];
  embedder: Embedder;
  onEmbedded: (input: EmbeddingInput, embedding: Float32Array) => void;
}

/** A systematic mistake, such as another sample rate, need not be met in every one of a million files. */
const MOST_PROBLEMS = 100;

/**
 * Embeds inputs in their order.
 * @returns what is wrong with those that could not be embedded, at most a hundred; the rest is then left out
 * @throws UserError where the model cannot take inputs of a kind at all
 */
export async function embedListed({
  inputs,
  embedder,
  onEmbedded,
  log,
  progress,
  signal,
  ...use
}: EmbedListedOptions): Promise<string[]> {
  const problems: string[] = [];
  const cut: string[] = [];
  let done = 0;
  const embed = async ({ input, features }: ModelInput): Promise<Float32Array | { readonly problem: string }> => {
    signal?.throwIfAborted();
    if ('problem' in features) return features;
    const problem = misfit(input, features, embedder, use.modelDir);
    return problem === undefined ? embedder.embed(features) : { problem };
  };
  const given = modelFeatures(inputs, embedder, use);
  for await (const [{ input, features }, result] of sideBySide(given, embedder.atOnce, embed)) {
    if ('problem' in result) {
      problems.push(result.problem);
      if (problems.length >= MOST_PROBLEMS) break;
    } else {
      if ('cut' in features && features.cut !== undefined) cut.push(`${input.key} ${features.cut}`);
      onEmbedded(input, result);
    }
    progress('embed', ++done, inputs.length);
  }
  if (cut.length > 0)
    log(`! ${cut.length} ranges go up to 3 rows beyond their matrix and end with it: ${firstOf(cut)}`);
  return problems;
}

/** Why the model cannot take features; undefined where it can. */
function misfit(
  { where }: EmbeddingInput,
  { bins, frames, data }: Features,
  embedder: Embedder,
  modelDir: string,
): string | undefined {
  if (bins !== embedder.bins)
    return `${where}: the model ${modelDir} takes ${embedder.bins} values a frame, got ${bins}`;
  if (frames < embedder.minFrames) {
    return `${where}: the model needs at least ${embedder.minFrames} frames, got ${frames}`;
  }
  const broken = data.findIndex((value) => !Number.isFinite(value));
  if (broken < 0) return undefined;
  return `${where}: frame ${Math.floor(broken / bins)} holds ${data[broken]}; mend or leave out this utterance`;
}

interface ModelInput {
  readonly input: EmbeddingInput;
  readonly features: (Features & { cut?: string }) | { readonly problem: string };
}

/** The normalised features of all inputs, in their order. */
async function* modelFeatures(
  inputs: readonly EmbeddingInput[],
  embedder: Embedder,
  { modelDir, asIs, otherRates }: ModelUse,
): AsyncGenerator<ModelInput, void> {
  const { globalMean } = embedder;
  const options = embedder.features && withRatePolicy(embedder.features, otherRates);
  const audio = inputs.flatMap((input) => (input.kind === 'audio' ? [input] : []));
  if (audio.length > 0) {
    if (!options) {
      throw new UserError(
        `${modelDir}: the model does not say which features it takes (imported weights), so audio cannot be embedded\n` +
          '  compute features with `acanet features extract`, and embed the archive with --as-is',
      );
    }
    if (asIs) throw new UserError(`${audio[0].where}: --as-is is for features, not for audio`);
    if (options.normalize === 'global' && !globalMean) throw internal(`${modelDir} lacks its global mean`);
  }
  const extracted = featuresOf(audio.map(({ piece, where }) => ({ piece, where, options: options!, globalMean })));
  try {
    for (const input of inputs) {
      if (input.kind === 'audio') {
        const { value } = await extracted.next();
        if (!value) throw internal('fewer features than pieces of audio');
        yield { input, features: value };
        continue;
      }
      const features = input.read();
      if (!asIs) {
        if (!options) {
          throw new UserError(
            `${modelDir}: the model does not say how its features were normalised (imported weights)\n` +
              '  normalise them yourself and pass --as-is',
          );
        }
        normalizeFeatures(features, options.normalize, { globalMean });
      }
      yield { input, features };
    }
  } finally {
    await extracted.return();
  }
}

/** The features of a model, of audio at the sample rates that `policy` accepts. */
export function withRatePolicy(options: FeatureOptions, policy: RatePolicy | undefined): FeatureOptions {
  if (policy === undefined) return options;
  const { otherRates: _trained, ...rest } = options;
  return policy === 'refuse' ? rest : { ...rest, otherRates: policy };
}

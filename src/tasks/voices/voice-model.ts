/**
 * @file A model folder opened to compare voices: recordings become embeddings, embeddings become scores by the folder's
 * own back-end, and scores become log-likelihood ratios where the folder has a calibration.
 */
import { probeAudio } from '../../audio/probe.js';
import { resample } from '../../audio/resample.js';
import type { EngineOptions } from '../../engine/create-engine.js';
import { UserError } from '../../errors.js';
import { normalizeFeatures } from '../../features/normalization.js';
import { createSpeechFeatures } from '../../features/fbank/speech-features.js';
import type { FeatureOptions, RatePolicy } from '../../features/options.js';
import { byFlag, rateProblem, type RateRemedy, readFeatureAudio } from '../../features/utterance-features.js';
import type { Enrolment } from '../../corpus/trials/enrolment.js';
import { scoringOptions, type ScoringOptions } from '../../scoring/backend/backend-options.js';
import type { Pair } from '../../scoring/backend/pair-scorer.js';
import { readProfileSpeakers } from '../../scoring/profile/profile-speakers.js';
import { profileSources, readScoringProfile, type ScoringProfile } from '../../scoring/profile/scoring-profile.js';
import { realLibrary } from '../do-model-work.js';
import { withRatePolicy } from '../embedding/embed-files.js';
import type { Library } from '../model-work.js';
import { scoreEmbeddings } from '../scoring/score-embeddings.js';
import { checkSpeech, type CheckedSpeech } from '../../features/speech-check.js';

export interface Recording extends CheckedSpeech {
  embedding: Float32Array;
}

export interface VoiceModel {
  dir: string;
  identity: string;
  /** Absent in folders that carry none: scores then have no threshold. */
  profile?: ScoringProfile;
  scoring: ScoringOptions;
  features: FeatureOptions;
  /** @param options.channel of a file that has several @throws UserError naming a file that is silent, too short, of another sample rate, or no audio */
  embedFile(path: string, options?: { channel?: number }): Promise<Recording>;
  /** The same for samples from −1 to 1; `where` names them. */
  embedSamples(audio: { samples: Float32Array; sampleRate: number }, where: string): Promise<Recording>;
  /** One score a pair, in their order. */
  score(
    pairs: readonly Pair[],
    embeddings: ReadonlyMap<string, Float32Array>,
    enrolment?: Enrolment,
  ): Promise<Float64Array>;
  close(): Promise<void>;
}

export interface OpenVoiceModelOptions {
  modelDir: string;
  engine: EngineOptions;
  otherRates?: RatePolicy;
  /** How another policy on sample rates is chosen, for messages. */
  remedy?: RateRemedy;
  library?: Pick<Library, 'openEmbedder' | 'identityOf'>;
}

/** @throws UserError where the folder is damaged, or does not say which features the model takes */
export async function openVoiceModel({
  modelDir,
  engine,
  otherRates,
  remedy = byFlag,
  library = realLibrary,
}: OpenVoiceModelOptions): Promise<VoiceModel> {
  const identity = await library.identityOf(modelDir);
  const profile = readScoringProfile(modelDir);
  const sources = profile && profileSources(modelDir, profile);
  const scoring = sources?.scoring ?? scoringOptions.parse({});
  const embedder = await library.openEmbedder({ modelDir, engine });
  const { globalMean, minFrames } = embedder;
  if (!embedder.features) {
    await embedder.close();
    throw new UserError(
      `${modelDir}: the model does not say which features it takes (imported weights), so audio cannot be compared`,
    );
  }
  const features = withRatePolicy(embedder.features, otherRates);
  const extract = createSpeechFeatures(features);
  const embed = async (samples: Float32Array, where: string): Promise<Recording> => {
    const checked = checkSpeech(samples, features.sampleRate, where);
    const matrix = extract(samples, where);
    if (matrix.frames < minFrames) {
      throw new UserError(`${where}: the model needs at least ${minFrames} frames, got ${matrix.frames}`);
    }
    normalizeFeatures(matrix, features.normalize, { globalMean });
    return { ...checked, embedding: await embedder.embed(matrix) };
  };
  return {
    dir: modelDir,
    identity,
    ...(profile && { profile }),
    scoring,
    features,
    async embedFile(path, { channel } = {}) {
      const one = channel !== undefined && (await probeAudio(path)).channels === 1;
      return embed(await readFeatureAudio({ path, ...(!one && { channel }) }, features, { remedy }), path);
    },
    async embedSamples({ samples, sampleRate }, where) {
      const problem = rateProblem(sampleRate, features, remedy);
      if (problem !== undefined) throw new UserError(`${where}: ${problem}`);
      return embed(resample(samples, sampleRate, features.sampleRate), where);
    },
    async score(pairs, embeddings, enrolment) {
      const { scores } = await scoreEmbeddings({
        settings: { scoring, engine },
        ...{ trials: pairs, embeddings, enrolment },
        trainingArchive: sources?.trainingArchive,
        speakers: () => (sources ? readProfileSpeakers(sources.speakersFile) : []),
        log: () => undefined, // what there is to say of the back-end was said when it was chosen
        progress: () => undefined,
      });
      return scores;
    },
    close: () => embedder.close(),
  };
}

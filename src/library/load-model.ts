/** @file A trained model opened by a program: recordings in, embeddings out. */
import { engineOptions } from '../engine/create-engine.js';
import { modelLimits } from '../scoring/profile/model-limits.js';
import { openVoiceModel } from '../tasks/voices/voice-model.js';
import { readModelFolder } from '../models/model-folder.js';
import type { Audio } from './audio.js';
import { rememberVoiceModel } from './opened-models.js';

export interface LoadOptions {
  /** Threads to compute with; default: one for each physical core. */
  readonly threads?: number;
  /** `cpu` (default), `webgpu` or `cuda`, as `acanet doctor` finds them. */
  readonly device?: 'cpu' | 'webgpu' | 'cuda';
  /**
   * What becomes of audio at another sample rate than the model's: it is refused, converted where the rate is higher, or
   * converted either way. Default: as in the model's training.
   */
  readonly otherRates?: 'refuse' | 'downsample' | 'resample';
}

/** On what a model was trained. */
export interface TrainingFacts {
  readonly corpora: readonly string[];
  /** Absent where it is not known. */
  readonly language?: string;
  readonly speakers: number;
  readonly utterances: number;
  readonly hours: number;
}

/** A model that is ready. Close it when it is no longer needed. */
export interface Model {
  /** Such as `ACA-Net (192 latents, embed 256, …)`. */
  readonly title: string;
  /** Hz, of the speech that it takes. */
  readonly sampleRate: number;
  /** Values of an embedding. */
  readonly embeddingSize: number;
  /** Absent where its folder has no record of it. */
  readonly trained?: TrainingFacts;
  /** What it is not good for, a sentence each. */
  readonly limits: readonly string[];
  /**
   * The embedding of one whole recording. [embeddingSize]
   * @param speech path of an audio file with one channel, or samples
   * @throws UserError for a recording that is silent, shorter than half a second, of a sample rate that is refused, or
   *   no audio
   */
  embed(speech: string | Audio): Promise<Float32Array>;
  /** The score of two embeddings by the back-end of the folder; the cosine where it names none. Higher: more alike. */
  score(a: Float32Array, b: Float32Array): Promise<number>;
  close(): Promise<void>;
}

/**
 * Opens a model folder, as `acanet pack`, `acanet average` and `acanet import` write it.
 * @param dir the folder, such as `exp/demo/model/aca-net`
 * @throws UserError where it is no model folder, is damaged, or does not say which features the model takes
 */
export async function loadModel(
  dir: string,
  { threads, device = 'cpu', otherRates }: LoadOptions = {},
): Promise<Model> {
  const engine = engineOptions.parse({ device, threads: threads ?? null });
  const remedy = (policy: string) => `give loadModel the option otherRates: '${policy}'`;
  const voices = await openVoiceModel({ modelDir: dir, engine, otherRates, remedy });
  const { profile, features } = voices;
  const { title, embeddingSize } = readModelFolder(dir).speakerModel;
  const model: Model = {
    ...{ title, sampleRate: features.sampleRate, embeddingSize },
    ...(profile && { trained: profile.trained }),
    limits: modelLimits(profile),
    async embed(speech) {
      const recording =
        typeof speech === 'string' ? voices.embedFile(speech) : voices.embedSamples(speech, 'the samples');
      return (await recording).embedding;
    },
    async score(a, b) {
      const embeddings = new Map([
        ['a', a],
        ['b', b],
      ]);
      return (await voices.score([{ enroll: 'a', test: 'b' }], embeddings))[0];
    },
    close: () => voices.close(),
  };
  rememberVoiceModel(model, voices);
  return model;
}

/** @file A trained model opened by a program: recordings in, embeddings out. */
import { z } from 'zod';
import { UserError } from '../errors.js';
import { ratePolicies } from '../features/options.js';
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
  /** Ends what has begun, and gives the memory back. @throws nothing; what is asked of it later throws a UserError */
  close(): Promise<void>;
}

/** @throws UserError for an option that is none */
function optionOf<T>(where: string, schema: z.ZodType<T>, given: unknown): T {
  const { success, data, error } = schema.safeParse(given);
  if (success) return data;
  const [{ path, message }] = error.issues;
  throw new UserError(`${where}: ${path.join('.')}${path.length > 0 ? ': ' : ''}${message}`);
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
  if (typeof dir !== 'string') throw new UserError(`loadModel: expected the path of a model folder, got ${typeof dir}`);
  const engine = optionOf('loadModel', engineOptions, { device, threads: threads ?? null });
  optionOf('loadModel: otherRates', z.enum(ratePolicies).optional(), otherRates);
  const remedy = (policy: string) => `give loadModel the option otherRates: '${policy}'`;
  const voices = await openVoiceModel({ modelDir: dir, engine, otherRates, remedy });
  const { profile, features } = voices;
  const { title, embeddingSize } = readModelFolder(dir).speakerModel;
  let closing: Promise<void> | undefined;
  const working = new Set<Promise<unknown>>();
  /** What has begun before the model is closed ends first. */
  const whileOpen = async <T>(work: () => Promise<T>): Promise<T> => {
    if (closing) throw new UserError(`${dir}: the model is closed`);
    const begun = work();
    working.add(begun);
    return await begun.finally(() => working.delete(begun));
  };
  const model: Model = {
    ...{ title, sampleRate: features.sampleRate, embeddingSize },
    ...(profile && { trained: profile.trained }),
    limits: modelLimits(profile),
    embed: (speech) =>
      whileOpen(async () => {
        if (typeof speech === 'string') return (await voices.embedFile(speech)).embedding;
        if (!(speech?.samples instanceof Float32Array)) {
          throw new UserError('embed: expected the path of a file, or { samples, sampleRate } with a Float32Array');
        }
        return (await voices.embedSamples(speech, 'the samples')).embedding;
      }),
    score: (a, b) =>
      whileOpen(async () => {
        const embeddings = new Map([
          ['a', a],
          ['b', b],
        ]);
        return (await voices.score([{ enroll: 'a', test: 'b' }], embeddings))[0];
      }),
    close: () => (closing ??= Promise.allSettled(working).then(() => voices.close())),
  };
  rememberVoiceModel(model, voices);
  return model;
}

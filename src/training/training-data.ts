/**
 * @file What a training draws its crops from: the utterances and their variants, the speakers' classes, the threads
 * that make batches. Training and the recomputation of running statistics read the same batches through it.
 */
import { UserError } from '../errors.js';
import type { Utterance } from '../corpus/manifest/manifest.js';
import {
  drawsFromAudio,
  type AugmentationOptions,
  type WaveformTechnique,
  waveformTechniques,
} from '../features/augmentation/options.js';
import { describeSources, listAugmentationSources } from '../features/augmentation/sources.js';
import type { FeatureCache } from '../features/cache/cache.js';
import { readsPieces } from '../features/utterance-features.js';
import { type TrainingVariant, trainingVariants } from '../features/variants.js';
import { framesAtSpeed } from './augmented-crops.js';
import { type BatchLoader, createBatchLoader, type LoaderAugmentation } from './batch-loader.js';

import { type PadPolicy, planShortClips, type ShortClipCounts } from './crop.js';
import { indexSpeakers, type SamplerOptions, stepsPerEpoch, type TrainingUtterance } from './sampler.js';

export interface TrainingDataOptions {
  /** Clean utterances of the training split. */
  utterances: readonly Utterance[];
  augmentation: AugmentationOptions | null;
  cache: FeatureCache;
  training: SamplerOptions & { readonly cropFrames: number; readonly pad: PadPolicy } & AheadOptions;
  seed: number;
  /** Speakers by class, where they are more than those of this data: another phase has the others. */
  classes?: readonly string[];
}

export interface TrainingData {
  /** By class. */
  speakers: string[];
  utterances: TrainingUtterance[];
  stepsPerEpoch: number;
  /** For the log: what augmentation does, what becomes of short clips. */
  notes: string[];
  /** Steps are counted from the first of `firstEpoch` on, which is the training's first unless it is said. */
  openLoader(range: { startStep: number; endStep: number; firstEpoch?: number }): BatchLoader;
}

interface AheadOptions {
  readonly loaderThreads: number;
  readonly stepsPerCall?: number;
}

/** Batches that are ready or in the making at most: for the engine's next call, while it is in one. */
export const batchesAhead = ({ loaderThreads, stepsPerCall = 1 }: AheadOptions): number =>
  Math.max(4, 2 * loaderThreads, 2 * stepsPerCall);

/** @throws UserError for names that are taken, sources that cannot be used, and where nothing is left to train on */
export async function openTrainingData(options: TrainingDataOptions): Promise<TrainingData> {
  const { augmentation, cache, training, seed, classes } = options;
  const { cropFrames, pad, loaderThreads } = training;
  const online = augmentation !== null && drawsFromAudio(augmentation);
  if (online && cache.options.vad) {
    throw new UserError(
      'features.vad and augmentation.when: online: a crop without its silent frames cannot be found again in the audio\n' +
        '  take augmentation.when: copies, or features.vad: null',
    );
  }
  const variants = trainingVariants(options.utterances, augmentation);
  const frames = online ? onlineFrames(cache) : ({ id }: TrainingVariant) => cache.frames(id);
  const plan = planShortClips(variants, { frames, cropFrames, pad });
  const { speakers, utterances } = indexSpeakers(plan.utterances, classes);
  const drawn = augmentation && (await openDrawn(augmentation, options.utterances));
  const byId = online ? new Map(plan.utterances.map((variant) => [variant.id, variant])) : undefined;
  const audioOf = byId && (({ id }: TrainingUtterance) => cropAudio(byId.get(id)!, cache));
  return {
    speakers,
    utterances,
    stepsPerEpoch: stepsPerEpoch(utterances.length, training),
    notes: [
      ...(augmentation ? describeAugmentation(augmentation, plan.utterances, drawn ?? undefined, loaderThreads) : []),
      ...(online ? describeDecoding(plan.utterances) : []),
      ...describeShortClips(plan.counts, training),
    ],
    openLoader: (range) =>
      createBatchLoader({
        ...range,
        ...{ cacheDir: cache.dir, utterances, seed, sampler: training, cropFrames, pad, threads: loaderThreads },
        prefetch: batchesAhead(training),
        ...(drawn && { augmentation: drawn }),
        ...(audioOf && { audioOf }),
      }),
  };
}

/** The id under which the cache has the clean utterance of a variant that is not cached itself. */
function cleanId({ id, variant }: TrainingVariant): string {
  return variant ? id.slice(`sp${variant.speed}-`.length) : id;
}

function onlineFrames(cache: FeatureCache) {
  return (utterance: TrainingVariant) =>
    framesAtSpeed(cache.frames(cleanId(utterance)), utterance.variant?.speed ?? 1, cache.options);
}

function cropAudio(utterance: TrainingVariant, cache: FeatureCache) {
  const { path, offset, duration, channel, sampleRate, trailingSilence, variant, speaker } = utterance;
  return {
    piece: { path, offset, duration, channel, sampleRate, trailingSilence },
    frames: cache.frames(cleanId(utterance)),
    speed: variant?.speed ?? 1,
    speaker: variant?.speaker ?? speaker,
  };
}

/** What is drawn while training: all of it from audio; of cached features SpecAugment only. */
async function openDrawn(
  options: AugmentationOptions,
  utterances: readonly Utterance[],
): Promise<LoaderAugmentation | undefined> {
  if (!drawsFromAudio(options)) {
    if (!options.specAugment) return undefined;
    const none = Object.fromEntries(waveformTechniques.map((name) => [name, null])) as Record<WaveformTechnique, null>;
    return { options: { ...options, ...none, speed: null }, sources: {} };
  }
  const sources = await listAugmentationSources(options);
  return { options, sources, ...(options.babble?.source === null && { training: utterances }) };
}

function describeAugmentation(
  options: AugmentationOptions,
  variants: readonly TrainingVariant[],
  drawn: LoaderAugmentation | undefined,
  threads: number,
): string[] {
  const { when, select, specAugment, speed } = options;
  const shown = (name: string, probability: number) => `${name} ${+probability.toFixed(3)}`;
  const techniques = waveformTechniques.flatMap((name) => {
    const given = options[name];
    return given ? [shown(name, given.probability)] : [];
  });
  const drawsSpeed = speed && !speed.newSpeakers ? [shown('speed', speed.probability)] : [];
  const made = variants.filter(({ variant }) => variant).length;
  const how =
    when === 'online'
      ? `on line, crop by crop, ${drawsFromAudio(options) ? 'from audio' : 'of cached features'}, in ` +
        `${threads === 1 ? '1 thread' : `${threads} threads`}`
      : `${options.copies} cached ${options.copies === 1 ? 'copy' : 'copies'} of each utterance`;
  return [
    `augmentation ${how}; probabilities (of scenes: ${select}): ` +
      [...drawsSpeed, ...techniques, ...(specAugment ? [shown('specAugment', specAugment.probability)] : [])].join(
        ', ',
      ),
    ...(made > 0 ? [`augmentation: ${made} of ${variants.length} utterances are variants`] : []),
    ...(drawn ? describeSources(drawn.sources) : []),
  ];
}

/** Says what makes on-line augmentation slow. */
function describeDecoding(variants: readonly TrainingVariant[]): string[] {
  const whole = variants.filter((variant) => !readsPieces(variant.path)).length;
  if (whole === 0) return [];
  return [
    `${whole} of ${variants.length} utterances are in a format that is decoded as a whole for each crop; if \`data wait\` ` +
      'is high, raise training.loaderThreads, convert them to WAV, or take augmentation.when: copies',
  ];
}

function describeShortClips(
  { total, full }: ShortClipCounts,
  { cropFrames, pad }: Pick<TrainingDataOptions['training'], 'cropFrames' | 'pad'>,
): string[] {
  if (total === full) return [];
  const fate = { wrap: 'repeated to fill it', zero: 'padded with zeros', skip: 'left out' }[pad];
  return [
    `${total - full} of ${total} utterances are shorter than a crop of ${cropFrames} frames: ${fate} (pad: ${pad})`,
  ];
}

/**
 * @file What a training set becomes by augmentation: further speakers by speed, and augmented copies.
 *
 * - `speed.newSpeakers`: each utterance at each factor, as said by further speakers: `sp0.9-<id>` by `sp0.9-<speaker>`.
 * - `when: copies`: of every utterance, those at other speeds included, `copies` augmented ones: `<id>~1`, `<id>~2`, …
 *
 * A pure function of the utterances and the options, in the order: clean, speeds, copies. The features stage caches
 * what it says, the train stage trains on it; development and test utterances have no variants. Where augmentation is
 * drawn on line, variants are not cached: training reads their audio. SpecAugment is never part of a variant, it is
 * drawn for each crop from normalised features.
 */
import { internal } from '../errors.js';
import type { Utterance } from '../corpus/manifest/manifest.js';
import { throwProblems } from '../problem-list.js';
import { type Augmentation, openAugmentation } from './augmentation/augment.js';
import { type AugmentationOptions, waveformTechniques } from './augmentation/options.js';
import type { AugmentationSources, SpeechRecording } from './augmentation/sources.js';
import type { FeatureOptions } from './options.js';
import type { Variation } from './utterance-features.js';

/** An utterance, or what is made of one; then `id` and `speaker` are the variant's own. */
export interface TrainingVariant extends Utterance {
  variant?: {
    /** Factor on the speed. */
    speed: number;
    /** Number of the augmented copy, from 1; absent: not augmented. */
    copy?: number;
    /** Speaker whose voice it is. */
    speaker: string;
    /** Hash of all that decides what augmentation draws: cached features of a copy are known by it. */
    augmentation?: string;
  };
}

/** What cached copies are made with; plain data, which is sent to worker threads. */
export interface CachedAugmentation {
  options: AugmentationOptions;
  sources: AugmentationSources;
  /** Only where babble is made of them. */
  training?: readonly SpeechRecording[];
  seed: number;
  /** Of all this; see `TrainingVariant`. */
  hash: string;
}

/**
 * The training utterances and their variants, as said above; without augmentation the utterances themselves.
 * @param utterances of any split; only those of `train` are taken, but ids must differ from all of them
 * @param hash of what copies are made with, where the variants are to be cached
 * @throws UserError where a variant's id or speaker is that of an utterance
 */
export function trainingVariants(
  utterances: readonly Utterance[],
  augmentation: AugmentationOptions | null,
  hash?: string,
): TrainingVariant[] {
  const clean = utterances.filter(({ split }) => split === 'train');
  if (!augmentation) return clean;
  const { speed } = augmentation;
  const faster = (speed?.newSpeakers ? speed.factors : []).flatMap((factor) =>
    clean.map((utterance): TrainingVariant => ({
      ...utterance,
      id: `sp${factor}-${utterance.id}`,
      speaker: `sp${factor}-${utterance.speaker}`,
      variant: { speed: factor, speaker: utterance.speaker },
    })),
  );
  const copies = copiesOf([...clean, ...faster], augmentation, hash);
  checkNames(utterances, [...faster, ...copies]);
  return [...clean, ...faster, ...copies];
}

/** Whether augmentation changes waveforms, or draws speeds, in what is stored as a copy. */
export function makesCopies(augmentation: AugmentationOptions): boolean {
  const { when, speed } = augmentation;
  const drawsSpeed = speed !== null && !speed.newSpeakers;
  return when === 'copies' && (drawsSpeed || waveformTechniques.some((name) => augmentation[name] !== null));
}

function copiesOf(
  utterances: readonly TrainingVariant[],
  augmentation: AugmentationOptions,
  hash: string | undefined,
): TrainingVariant[] {
  if (!makesCopies(augmentation)) return [];
  return Array.from({ length: augmentation.copies ?? 1 }, (_, index) => index + 1).flatMap((copy) =>
    utterances.map((utterance) => ({
      ...utterance,
      id: `${utterance.id}~${copy}`,
      variant: {
        ...(utterance.variant ?? { speed: 1, speaker: utterance.speaker }),
        copy,
        ...(hash !== undefined && { augmentation: hash }),
      },
    })),
  );
}

function checkNames(utterances: readonly Utterance[], variants: readonly TrainingVariant[]): void {
  if (variants.length === 0) return;
  const ids = new Set(utterances.map(({ id }) => id));
  const speakers = new Set(utterances.map(({ speaker }) => speaker));
  const problems = new Set<string>();
  for (const { id, speaker, variant } of variants) {
    if (ids.has(id)) problems.add(`the id ${id} would be both an utterance's and a variant's`);
    ids.add(id);
    if (speaker !== variant?.speaker && speakers.has(speaker)) {
      problems.add(`the speaker ${speaker} is in the corpus, and would also be one at another speed`);
    }
  }
  throwProblems([...problems], {
    where: 'augmentation',
    what: 'names are taken',
    remedy: 'Rename them in the corpus: sp<factor>-… and …~<number> are the names of variants.',
  });
}

/**
 * The parts of a cache, in its order. They are planned apart, so that a change of one leaves the others' files as they
 * are; `clean` are the utterances of training and development.
 */
export const cacheGroups = ['clean', 'test', 'speed', 'copies'] as const;
export type CacheGroup = (typeof cacheGroups)[number];

export function cacheGroup({ split, variant }: Pick<TrainingVariant, 'split' | 'variant'>): CacheGroup {
  if (!variant) return split === 'test' ? 'test' : 'clean';
  return variant.copy === undefined ? 'speed' : 'copies';
}

/** How to make a variant's features; undefined for an utterance itself. */
export function variationOf(
  { id, variant }: TrainingVariant,
  augment: { augmentation: Augmentation; seed: number } | undefined,
): Variation | undefined {
  if (!variant) return undefined;
  const { speed, copy, speaker } = variant;
  if (copy === undefined) return { speed };
  if (!augment) throw internal(`${id}: an augmented copy without augmentation`);
  // Each copy is keyed by the utterance that it is a copy of, as the crops of an utterance are.
  const key = { seed: augment.seed, epoch: 0, id: id.slice(0, id.lastIndexOf('~')), copy };
  return { speed, augment: { augmentation: augment.augmentation, key, speaker } };
}

let opened: { hash: string; augmentation: Promise<Augmentation> } | undefined;

/** Opens what copies are made with; kept for the thread's next shard, with the recordings that it has read. */
export async function openCachedAugmentation(
  { options, sources, training, seed, hash }: CachedAugmentation,
  { sampleRate }: Pick<FeatureOptions, 'sampleRate'>,
): Promise<{ augmentation: Augmentation; seed: number }> {
  if (opened?.hash !== hash) {
    opened = { hash, augmentation: openAugmentation(options, { sampleRate, sources, training }) };
  }
  return { augmentation: await opened.augmentation, seed };
}

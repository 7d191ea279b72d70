/**
 * @file Stages `features`, `features@<hash>`: manifest → feature cache. An interrupted cache is continued, not started
 * again. The recipe's own features are in `features`, those that only some systems have in a stage named by their
 * content.
 *
 * The stage's outcome is known by the features themselves: where audio was moved they are made again, and as they are
 * the same, nothing is trained or embedded again. Another recording in the place of one gives another outcome.
 */
import { readManifest, type Utterance } from '../../corpus/manifest/manifest.js';
import { physicalCores } from '../../engine/create-engine.js';
import { copyIdentity } from '../../features/augmentation/augmentation-identity.js';
import type { AugmentationOptions } from '../../features/augmentation/options.js';
import { asSpeechRecording, listAugmentationSources } from '../../features/augmentation/sources.js';
import { buildFeatureCache, extractCacheShare, type BuildFeatureCacheOptions } from '../../features/cache/cache.js';
import { takeOverShards } from '../../features/cache/cache-sharing.js';
import { extractionVersion } from '../../features/options.js';
import { describeResampling } from '../../features/utterance-features.js';
import { makesCopies, trainingVariants, type CachedAugmentation } from '../../features/variants.js';
import { gigabytes } from '../../storage/free-space.js';
import { sha256Hex, stableJson } from '../../storage/hashing.js';
import { recordFiles } from '../../storage/written-files.js';
import { FEATURES, featuresFiles, otherCaches } from '../artifacts/features.js';
import { prepFiles } from '../artifacts/prep.js';
import type { Recipe } from '../definition/schema.js';
import type { SystemSettings } from '../definition/system-settings.js';
import type { Stage, StageContext } from '../running/stage.js';

/** The recipe's own, and one for each other kind of features that its systems have. */
export function featuresStages(recipe: Recipe, systems: Iterable<SystemSettings>): Stage[] {
  const stages = new Map([['features', featuresStage(recipe, 'features')]]);
  for (const { featuresStage: name, features, augmentation } of systems) {
    if (!stages.has(name)) stages.set(name, featuresStage({ ...recipe, features, augmentation }, name));
  }
  return [...stages.values()];
}

type FeaturesRecipe = Pick<Recipe, 'features' | 'augmentation' | 'seed' | 'engine'>;

function featuresStage({ features, augmentation, seed, engine }: FeaturesRecipe, name: string): Stage {
  // What is drawn while training needs no features of its own.
  const cached = augmentation?.when === 'copies' ? augmentation : null;
  return {
    name,
    needs: ['prep:manifest'],
    get settings() {
      return { features, ...(cached && { augmentation: cacheSettings(cached, seed) }) };
    },
    version: 3,
    // The cache checks by itself what of it is still good.
    whenChanged: 'keep',
    resumable: true,
    async run({ folder, folderOf, anew, log, progress, signal }) {
      const { build, variants, resampling } = await prepareBuild({ folder, folderOf, progress, signal });
      if (resampling) log(`  ${resampling}`);
      if (variants > 0) log(`  with ${variants} variants of the training utterances (augmentation)`);
      const since = performance.now();
      if (!anew) takeOverShards(folder, features, otherCaches(folder));
      const summary = await buildFeatureCache({
        ...build,
        onPlan: ({ missing, total, bytes, freeBytes }) =>
          log(
            `  ${missing} of ${total} utterances to extract: about ${gigabytes(bytes)} of disk, where ${gigabytes(freeBytes)} are free`,
          ),
      });
      const audioWork = {
        audioSeconds: summary.audioSeconds,
        seconds: (performance.now() - since) / 1000,
        threads: Math.min(build.workers, summary.shards),
      };
      const hours = (summary.audioSeconds / 3600).toFixed(2);
      const megabytes = (summary.bytes / 1e6).toFixed(0);
      const reused = summary.reusedShards > 0 ? `, ${summary.reusedShards} of ${summary.shards} shards were there` : '';
      // How features are read (normalisation) is not in the archives, nor is what is drawn from the audio itself.
      const extraction = [
        `extraction ${extractionVersion(features)}`,
        stableJson({ ...features, otherRates: undefined }),
        cached ? stableJson(cacheSettings(cached, seed)) : '',
      ];
      return {
        outputHash: sha256Hex(summary.contentHash, ...extraction),
        partHashes: { training: sha256Hex(summary.trainingHash, ...extraction) },
        outputs: featuresFiles(folder),
        // It names the checksums of all others.
        recorded: () => recordFiles(folder, [FEATURES.description]),
        ...(summary.reusedShards === 0 && { audioWork }),
        summary: `${summary.utterances} utterances, ${hours} h, ${megabytes} MB${reused}`,
      };
    },
    async share({ log, ...context }, share) {
      const { build } = await prepareBuild(context);
      const { utterances, shards, reusedShards } = await extractCacheShare(build, share);
      log(`  ${utterances} utterances in ${shards} shards, of which ${reusedShards} were there`);
    },
  };

  /** What to build, and what to say of it. */
  async function prepareBuild({
    folder,
    folderOf,
    progress,
    signal,
  }: Pick<StageContext, 'folder' | 'folderOf' | 'progress' | 'signal'>) {
    const utterances = readManifest(prepFiles(folderOf('prep')).manifest);
    const copying = cached && makesCopies(cached) ? await openCopying(cached, utterances, seed) : undefined;
    const variants = trainingVariants(utterances, cached, copying?.hash).filter(({ variant }) => variant);
    const build: BuildFeatureCacheOptions & { workers: number } = {
      utterances: [...utterances, ...variants],
      options: features,
      augmentation: copying,
      dir: folder,
      workers: engine.threads ?? physicalCores(),
      onProgress: ({ done, total, utterancesPerSecond, realTimeFactor }) =>
        progress('features', done, total, describeRate(utterancesPerSecond, realTimeFactor)),
      signal,
    };
    return { build, variants: variants.length, resampling: describeResampling(utterances, features) };
  }
}

/** What decides which variants are cached, and what they are; as long as nothing is drawn, the seed does not. */
function cacheSettings(augmentation: AugmentationOptions, seed: number): Record<string, unknown> {
  const { speed, copies } = augmentation;
  const speakers = speed?.newSpeakers ? { newSpeakers: speed.factors } : {};
  return makesCopies(augmentation) ? { ...speakers, copies, seed, drawn: copyIdentity(augmentation) } : speakers;
}

/** What copies are made with. */
async function openCopying(
  options: AugmentationOptions,
  utterances: readonly Utterance[],
  seed: number,
): Promise<CachedAugmentation> {
  const babbling = options.babble?.source === null;
  const training = babbling ? utterances.filter(({ split }) => split === 'train').map(asSpeechRecording) : undefined;
  const sources = await listAugmentationSources(options);
  const hash = sha256Hex(stableJson({ seed, drawn: copyIdentity(options), training }));
  return { options, sources, training, seed, hash };
}

/** `312 utterances/s, real-time factor 0.0011`; nothing before there is something to count. */
function describeRate(utterancesPerSecond: number, realTimeFactor: number): string {
  if (utterancesPerSecond === 0) return '';
  return `${utterancesPerSecond.toPrecision(3)} utterances/s, real-time factor ${realTimeFactor.toPrecision(2)}`;
}

/**
 * @file Building a feature cache: shards of utterances spread over worker threads, resumable, the same bytes every
 * time.
 *
 * A finished shard is kept when the build is killed, and used again if its options and utterances are still the same;
 * shards are runs of the list, so an utterance more or less costs the shards from its own on, or all, if their size
 * follows. What is stored is not normalised (normalisation is applied on reading), so changing that costs nothing.
 * NOTE: audio is known by what its manifest says of it (`cache-format.ts` has the list), not by content.
 */
import { setMaxListeners } from 'node:events';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { UserError, internal } from '../../errors.js';
import type { Utterance } from '../../corpus/manifest/manifest.js';
import { throwProblems } from '../../problem-list.js';
import { writeJsonAtomic } from '../../storage/atomic-write.js';
import { freeBytes } from '../../storage/free-space.js';
import { sha256Hex, stableJson } from '../../storage/hashing.js';
import { sealed } from '../../storage/sealed-json.js';
import { writeScp } from '../../storage/kaldi-archive.js';
import { makeFolder } from '../../storage/make-folder.js';
import { clearOwnUnfinished } from '../../storage/unfinished-files.js';
import { createThreadPool } from '../../thread-pool.js';
import {
  type CacheDescription,
  type ShardIndex,
  type ShardPlan,
  finishedShard,
  planShards,
  readCacheDescription,
  readShardIndex,
  shardFiles,
} from './cache-format.js';
import type { ShardResult, ShardTask } from './cache-shard.js';
import { checkFits, estimateCacheBytes } from '../disk-space.js';
import { type FeatureOptions, extractionHash, featureSize } from '../options.js';
import { rateProblem } from '../utterance-features.js';
import type { CachedAugmentation, TrainingVariant } from '../variants.js';

export interface CacheProgress {
  /** Utterances finished and in all. */
  done: number;
  total: number;
  /** Seconds of audio finished. */
  audioSeconds: number;
  /** Of this run alone, without what an earlier one had finished; 0 until the first shard is done. */
  utterancesPerSecond: number;
  /** Time taken a second of audio (the real-time factor), likewise. */
  realTimeFactor: number;
}

/** What a build is about to do. */
export interface CachePlan {
  /** Utterances still to be extracted, and in all. */
  missing: number;
  total: number;
  /** Estimate of what will be written, and what the disk has left. */
  bytes: number;
  freeBytes: number;
}

export interface CacheSummary {
  dir: string;
  utterances: number;
  frames: number;
  audioSeconds: number;
  /** Of the archives. */
  bytes: number;
  shards: number;
  /** Shards that an earlier build had finished. */
  reusedShards: number;
  /** Of all that is stored: ids and features, wherever the audio that they were made of lies. */
  contentHash: string;
  /** The same without test utterances. */
  trainingHash: string;
}

export interface BuildFeatureCacheOptions {
  utterances: TrainingVariant[];
  options: FeatureOptions;
  dir: string;
  /** Threads; default: as many as the machine runs at once. */
  workers?: number;
  /** What augmented copies among the utterances are made with. */
  augmentation?: CachedAugmentation;
  /** Called once, before the work begins. */
  onPlan?: (plan: CachePlan) => void;
  onProgress?: (progress: CacheProgress) => void;
  signal?: AbortSignal;
}

/**
 * Extracts the features of all utterances into `dir`.
 * @throws UserError: no utterances, an id twice, a sample rate that is not the options', unreadable or too short audio
 *   (all of them in one error), a disk that is too small or fills up; `signal.reason` when aborted. Finished shards
 *   stay for the next try.
 */
export async function buildFeatureCache({
  utterances,
  options,
  dir,
  workers = availableParallelism(),
  augmentation,
  onPlan,
  onProgress,
  signal,
}: BuildFeatureCacheOptions): Promise<CacheSummary> {
  signal?.throwIfAborted();
  checkUtterances(utterances, options, dir);
  checkTrainingMean(utterances, options, dir);
  makeFolder(dir);
  const plan = planShards(utterances, options);
  const finished = plan.map((shard) => summaryOf(finishedShard(dir, shard)));
  const reusedShards = finished.filter((shard) => shard !== undefined).length;
  const meter = createProgressMeter(utterances.length, finished);

  if (reusedShards < plan.length) {
    // From here until the end the folder holds no finished cache, and must not look like one.
    rmSync(join(dir, 'cache.json'), { force: true });
    removeUnfinishedFiles(dir);
    const missing = plan.flatMap((shard, position) => (finished[position] ? [] : shard.utterances));
    const slowest = slowestDrawn(augmentation);
    const space = { bytes: estimateCacheBytes(missing, options, { slowest }), freeBytes: freeBytes(dir) };
    onPlan?.({ missing: missing.length, total: utterances.length, ...space });
    checkFits(dir, space.bytes, space.freeBytes);
    onProgress?.(meter.read());
    const advance = (shard: FinishedShard) => onProgress?.(meter.add(shard));
    const clear = () => removeUnfinishedFiles(dir);
    await extractMissing({ plan, finished, options, dir, workers, augmentation, advance, clear, signal });
  }
  const shards = finished.filter((shard) => shard !== undefined);
  const description = describeCache(utterances, options, dir, plan, shards);
  if (!isDescribed(dir, description)) {
    removeForeignFiles(dir, plan);
    writeScp(join(dir, 'feats.scp'), scpEntries(dir, plan));
    writeJsonAtomic(join(dir, 'cache.json'), sealed(description));
  }
  const { frames, audioSeconds } = description;
  const bytes = shards.reduce((sum, shard) => sum + shard.bytes, 0);
  return {
    ...{ dir, utterances: utterances.length, frames, audioSeconds, bytes, shards: plan.length, reusedShards },
    contentHash: sha256Hex(...shards.map(({ content }) => content)),
    trainingHash: sha256Hex(...shards.filter((_, i) => plan[i].group !== 'test').map(({ content }) => content)),
  };
}

/** One of `count` shares of a cache's shards; `index` from 0. */
export interface CacheShare {
  index: number;
  count: number;
}

/**
 * Extracts a share of the shards, beside other processes, on any machine, that do theirs: the build that follows finds
 * them finished. Which shards they are depends on the utterances and the number of shares alone.
 * @returns utterances of the share, and shards of it that were there
 * @throws as `buildFeatureCache`
 */
export async function extractCacheShare(
  {
    utterances,
    options,
    dir,
    workers = availableParallelism(),
    augmentation,
    onProgress,
    signal,
  }: BuildFeatureCacheOptions,
  { index, count }: CacheShare,
): Promise<{ utterances: number; shards: number; reusedShards: number }> {
  signal?.throwIfAborted();
  checkUtterances(utterances, options, dir);
  makeFolder(dir);
  const plan = planShards(utterances, options).filter((_, position) => position % count === index);
  const finished = plan.map((shard) => summaryOf(finishedShard(dir, shard)));
  const reusedShards = finished.filter((shard) => shard !== undefined).length;
  const total = plan.reduce((sum, shard) => sum + shard.utterances.length, 0);
  if (reusedShards < plan.length) {
    rmSync(join(dir, 'cache.json'), { force: true });
    const missing = plan.flatMap((shard, position) => (finished[position] ? [] : shard.utterances));
    checkFits(dir, estimateCacheBytes(missing, options, { slowest: slowestDrawn(augmentation) }), freeBytes(dir));
    const meter = createProgressMeter(total, finished);
    const advance = (shard: FinishedShard) => onProgress?.(meter.add(shard));
    const files = plan.flatMap(({ name }) => Object.values(shardFiles(name)));
    const clear = () => clearOwnUnfinished(dir, files);
    await extractMissing({ plan, finished, options, dir, workers, augmentation, advance, clear, signal });
  }
  return { utterances: total, shards: plan.length, reusedShards };
}

/** The lowest speed that copies may be drawn at. */
function slowestDrawn(augmentation: CachedAugmentation | undefined): number {
  const speed = augmentation?.options.speed;
  return speed && !speed.newSpeakers ? Math.min(1, ...speed.factors) : 1;
}

/** What is kept in memory of a finished shard; where its utterances lie is in its index, on the disk. */
interface FinishedShard extends Pick<ShardIndex, 'frames' | 'audioSeconds' | 'training'> {
  utterances: number;
  /** Of both archives. */
  bytes: number;
  /** Their checksums. */
  content: string;
}

function summaryOf(index: ShardIndex): FinishedShard;
function summaryOf(index: ShardIndex | undefined): FinishedShard | undefined;
function summaryOf(index: ShardIndex | undefined): FinishedShard | undefined {
  if (!index) return undefined;
  const { frames, audioSeconds, training, features, statistics, utterances } = index;
  const bytes = features.bytes + statistics.bytes;
  const content = features.sha256 + statistics.sha256;
  return { frames, audioSeconds, training, utterances: utterances.length, bytes, content };
}

/** Adds up finished shards; rates are those of this run. */
function createProgressMeter(total: number, reused: (FinishedShard | undefined)[]) {
  const since = performance.now();
  const sum = (values: FinishedShard[], key: 'utterances' | 'audioSeconds') =>
    values.reduce((total, shard) => total + shard[key], 0);
  const before = reused.filter((shard) => shard !== undefined);
  const start = { done: sum(before, 'utterances'), audioSeconds: sum(before, 'audioSeconds') };
  const now = { ...start };
  const read = (): CacheProgress => {
    const seconds = (performance.now() - since) / 1000;
    const own = { utterances: now.done - start.done, audioSeconds: now.audioSeconds - start.audioSeconds };
    return {
      ...now,
      total,
      utterancesPerSecond: own.utterances === 0 ? 0 : own.utterances / seconds,
      realTimeFactor: own.utterances === 0 ? 0 : seconds / own.audioSeconds,
    };
  };
  return {
    read,
    add({ utterances, audioSeconds }: FinishedShard): CacheProgress {
      now.done += utterances;
      now.audioSeconds += audioSeconds;
      return read();
    },
  };
}

function checkUtterances(utterances: Utterance[], options: FeatureOptions, dir: string): void {
  if (utterances.length === 0) throw new UserError(`${dir}: there are no utterances to make features of`);
  const seen = new Set<string>();
  const problems: string[] = [];
  for (const { id, path, sampleRate } of utterances) {
    if (seen.has(id)) problems.push(`${id}: the id comes twice (${path})`);
    seen.add(id);
    const problem = rateProblem(sampleRate, options);
    if (problem) problems.push(`${id}: ${problem} (${path})`);
  }
  const remedy = 'Ids must be unique, and all audio of a sample rate that features can be made of.';
  throwProblems(problems, { where: dir, what: 'utterances cannot be used', remedy });
}

function checkTrainingMean(utterances: Utterance[], { normalize }: FeatureOptions, dir: string): void {
  if (normalize !== 'global' || utterances.some(({ split }) => split === 'train')) return;
  throw new UserError(`${dir}: features.normalize: global needs utterances of the split "train"; there are none`);
}

interface Extraction {
  plan: ShardPlan[];
  /** Filled in as shards are finished. */
  finished: (FinishedShard | undefined)[];
  options: FeatureOptions;
  dir: string;
  workers: number;
  augmentation?: CachedAugmentation;
  advance: (shard: FinishedShard) => void;
  /** Removes what the workers have left unfinished, once they have ended. */
  clear: () => void;
  signal?: AbortSignal;
}

async function extractMissing({ plan, finished, advance, clear, signal, ...extraction }: Extraction): Promise<void> {
  const { options, dir, workers, augmentation } = extraction;
  signal?.throwIfAborted();
  const missing = [...finished.keys()].filter((position) => !finished[position]);
  const threads = Math.max(1, Math.min(workers, missing.length));
  const pool = createThreadPool<ShardTask, ShardResult>({
    module: new URL('./cache-worker.js', import.meta.url),
    threads: [threads, threads],
  });
  const problems: string[] = [];
  // A failure (a full disk, say) would meet every shard: the first one stops the rest.
  const stop = new AbortController();
  setMaxListeners(missing.length + 1, stop.signal);
  const onAbort = () => stop.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const extractOne = async (position: number) => {
    const task: ShardTask = { ...plan[position], options, dir, augmentation };
    const result = await pool.run(task, { signal: stop.signal });
    if ('failure' in result) throw new UserError(result.failure);
    if ('problems' in result) return void problems.push(...result.problems);
    const shard = summaryOf(result.index);
    finished[position] = shard;
    advance(shard);
  };
  try {
    await Promise.all(missing.map(extractOne));
  } catch (error) {
    stop.abort();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await pool.destroy();
    clear();
  }
  const remedy = 'Mend these files or take them out of the manifest; what is finished is kept.';
  throwProblems(problems.sort(), { where: dir, what: 'utterances without features', remedy });
}

function describeCache(
  utterances: Utterance[],
  options: FeatureOptions,
  dir: string,
  plan: ShardPlan[],
  finished: FinishedShard[],
): CacheDescription {
  const stored = finished.reduce((sum, shard) => sum + shard.utterances, 0);
  if (stored !== utterances.length)
    throw internal(`${utterances.length} utterances in, ${stored} in the feature cache`);
  const bins = featureSize(options);
  const trainingFrames = finished.reduce((sum, { training }) => sum + training.frames, 0);
  const sums = (bin: number) => finished.reduce((sum, { training }) => sum + training.sum[bin], 0);
  return {
    format: 'acanet features 1',
    configuration: extractionHash(options),
    manifest: sha256Hex(...plan.map(({ input }) => `${input}\n`)),
    options,
    bins,
    utterances: utterances.length,
    frames: finished.reduce((sum, { frames }) => sum + frames, 0),
    audioSeconds: finished.reduce((sum, { audioSeconds }) => sum + audioSeconds, 0),
    ...(trainingFrames > 0 && { globalMean: Array.from({ length: bins }, (_, bin) => sums(bin) / trainingFrames) }),
    shards: plan.map(({ name, utterances: part }) => {
      const { index } = shardFiles(name);
      return { index, sha256: sha256Hex(readFileSync(join(dir, index))), utterances: part.length };
    }),
  };
}

/** Whether the folder already holds just this cache. */
function isDescribed(dir: string, description: CacheDescription): boolean {
  try {
    return existsSync(join(dir, 'feats.scp')) && stableJson(readCacheDescription(dir)) === stableJson(description);
  } catch {
    return false;
  }
}

function* scpEntries(dir: string, plan: ShardPlan[]) {
  for (const { name } of plan) {
    const { features, utterances } = readShardIndex(dir, shardFiles(name).index);
    // Kaldi's tools look relative paths up from wherever they are run.
    const path = resolve(dir, features.file);
    for (const [key, offset] of utterances) yield { key, path, offset };
  }
}

/** Removes shards of an earlier, larger plan. */
function removeForeignFiles(dir: string, plan: ShardPlan[]): void {
  const own = new Set(plan.flatMap(({ name }) => Object.values(shardFiles(name))));
  for (const file of readdirSync(dir)) {
    if (/^(feats|stats)-\d+\.(ark|json)$/.test(file) && !own.has(file)) rmSync(join(dir, file));
  }
}

/** Removes what workers that were stopped, in this build or a killed one, had written aside. */
function removeUnfinishedFiles(dir: string): void {
  for (const file of readdirSync(dir)) {
    if (/^\.(feats|stats|cache).*\.part$/.test(file)) rmSync(join(dir, file), { force: true });
  }
}

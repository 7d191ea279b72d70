/**
 * @file Building a feature cache: shards of utterances spread over worker threads, resumable, the same bytes every time.
 *
 * A finished shard is kept when the build is killed, and used again if its options and utterances are still the same;
 * so a larger or corrected manifest costs only what is new in it. What is stored is not normalised (normalisation is
 * applied on reading), so changing it costs nothing. NOTE: audio files are known by their manifest line, not by content.
 */
import { setMaxListeners } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { Tinypool } from 'tinypool';
import { UserError, internal } from '../errors.js';
import type { Utterance } from '../corpus/manifest.js';
import { throwProblems } from '../corpus/problem-list.js';
import { writeJsonAtomic } from '../storage/atomic-write.js';
import { sha256Hex, stableJson } from '../storage/hashing.js';
import { writeScp } from '../storage/kaldi-archive.js';
import {
  type CacheDescription,
  type ShardIndex,
  type ShardPlan,
  finishedShard,
  planShards,
  readCacheDescription,
  shardFiles,
} from './cache-format.js';
import type { ShardResult, ShardTask } from './cache-shard.js';
import { type FeatureOptions, extractionHash, featureSize } from './options.js';

export interface CacheProgress {
  /** Utterances finished and in all. */
  done: number;
  total: number;
  /** Seconds of audio finished. */
  audioSeconds: number;
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
}

export interface BuildFeatureCacheOptions {
  utterances: Utterance[];
  options: FeatureOptions;
  dir: string;
  /** Threads; default: as many as the machine runs at once. */
  workers?: number;
  onProgress?: (progress: CacheProgress) => void;
  signal?: AbortSignal;
}

/**
 * Extracts the features of all utterances into `dir`.
 * @throws UserError: no utterances, an id twice, a sample rate that is not the options', unreadable or too short audio (all
 *   of them in one error), a disk that fills up; `signal.reason` when aborted. Finished shards stay for the next try.
 */
export async function buildFeatureCache({
  utterances,
  options,
  dir,
  workers = availableParallelism(),
  onProgress,
  signal,
}: BuildFeatureCacheOptions): Promise<CacheSummary> {
  signal?.throwIfAborted();
  checkUtterances(utterances, options, dir);
  mkdirSync(dir, { recursive: true });
  const plan = planShards(utterances, options);
  const indices = plan.map((shard) => finishedShard(dir, shard));
  const reusedShards = indices.filter((index) => index !== undefined).length;
  const progress: CacheProgress = { done: 0, total: utterances.length, audioSeconds: 0 };
  const advance = (index: ShardIndex) => {
    progress.done += index.utterances.length;
    progress.audioSeconds += index.audioSeconds;
    onProgress?.({ ...progress });
  };
  for (const index of indices) if (index) advance(index);

  if (reusedShards < plan.length) {
    // From here until the end the folder holds no finished cache, and must not look like one.
    rmSync(join(dir, 'cache.json'), { force: true });
    removeUnfinishedFiles(dir);
    await extractMissing({ plan, indices, options, dir, workers, advance, signal });
  }
  const finished = indices.filter((index) => index !== undefined);
  const description = describeCache(utterances, options, dir, plan, finished);
  if (!isDescribed(dir, description)) {
    removeForeignFiles(dir, plan);
    writeScp(join(dir, 'feats.scp'), scpEntries(dir, finished));
    writeJsonAtomic(join(dir, 'cache.json'), description);
  }
  const { frames, audioSeconds } = description;
  const bytes = finished.reduce((sum, { features, statistics }) => sum + features.bytes + statistics.bytes, 0);
  return { dir, utterances: utterances.length, frames, audioSeconds, bytes, shards: plan.length, reusedShards };
}

function checkUtterances(utterances: Utterance[], options: FeatureOptions, dir: string): void {
  if (utterances.length === 0) throw new UserError(`${dir}: there are no utterances to make features of`);
  const seen = new Set<string>();
  const problems: string[] = [];
  for (const { id, path, sampleRate } of utterances) {
    if (seen.has(id)) problems.push(`${id}: the id comes twice (${path})`);
    seen.add(id);
    if (sampleRate !== options.sampleRate) problems.push(`${id}: ${sampleRate} Hz (${path})`);
  }
  const remedy = `Features are made at ${options.sampleRate} Hz (features.sampleRate); ids must be unique.`;
  throwProblems(problems, { where: dir, what: 'utterances cannot be used', remedy });
}

interface Extraction {
  plan: ShardPlan[];
  /** Filled in as shards are finished. */
  indices: (ShardIndex | undefined)[];
  options: FeatureOptions;
  dir: string;
  workers: number;
  advance: (index: ShardIndex) => void;
  signal?: AbortSignal;
}

async function extractMissing({ plan, indices, options, dir, workers, advance, signal }: Extraction): Promise<void> {
  const missing = [...indices.keys()].filter((position) => !indices[position]);
  const threads = Math.max(1, Math.min(workers, missing.length));
  const pool = new Tinypool({
    filename: new URL('./cache-worker.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
  });
  const problems: string[] = [];
  // A failure (a full disk, say) would meet every shard: the first one stops the rest.
  const stop = new AbortController();
  setMaxListeners(missing.length + 1, stop.signal);
  const onAbort = () => stop.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const extractOne = async (position: number) => {
    const task: ShardTask = { ...plan[position], options, dir };
    const result = (await pool.run(task, { signal: stop.signal })) as ShardResult;
    if ('failure' in result) throw new UserError(result.failure);
    if ('problems' in result) return void problems.push(...result.problems);
    indices[position] = result.index;
    advance(result.index);
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
    removeUnfinishedFiles(dir);
  }
  const remedy = 'Mend these files or take them out of the manifest; what is finished is kept.';
  throwProblems(problems.sort(), { where: dir, what: 'utterances without features', remedy });
}

function describeCache(
  utterances: Utterance[],
  options: FeatureOptions,
  dir: string,
  plan: ShardPlan[],
  indices: ShardIndex[],
): CacheDescription {
  const stored = indices.reduce((sum, index) => sum + index.utterances.length, 0);
  if (stored !== utterances.length)
    throw internal(`${utterances.length} utterances in, ${stored} in the feature cache`);
  const bins = featureSize(options);
  const trainingFrames = indices.reduce((sum, { training }) => sum + training.frames, 0);
  if (options.normalize === 'global' && trainingFrames === 0) {
    throw new UserError(`${dir}: features.normalize: global needs utterances of the split "train"; there are none`);
  }
  const sums = (bin: number) => indices.reduce((sum, { training }) => sum + training.sum[bin], 0);
  return {
    format: 'acanet features 1',
    configuration: extractionHash(options),
    manifest: sha256Hex(...plan.map((shard) => `${sha256Hex(stableJson(shard.utterances))}\n`)),
    options,
    bins,
    utterances: utterances.length,
    frames: indices.reduce((sum, { frames }) => sum + frames, 0),
    audioSeconds: indices.reduce((sum, { audioSeconds }) => sum + audioSeconds, 0),
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
    return stableJson(readCacheDescription(dir)) === stableJson(description);
  } catch {
    return false;
  }
}

function* scpEntries(dir: string, indices: ShardIndex[]) {
  for (const { features, utterances } of indices) {
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

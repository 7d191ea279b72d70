/**
 * @file Reading a feature cache: whole utterances or crops, normalised as the cache's options say.
 *
 * Opening reads the index only; a crop reads its own frames and its utterance's statistics from the disk, so that a crop
 * is normalised like the utterance it comes from. May be opened in any number of threads.
 */
import { join } from 'node:path';
import { UserError, internal } from '../../errors.js';
import { fileSha256 } from '../../storage/hashing.js';
import { readMatrix, readMatrixRows } from '../../storage/kaldi-archive.js';
import { type CacheDescription, readCacheDescription, readShardIndex } from './cache-format.js';
import type { Features } from '../fbank/fbank.js';
import { type FeatureStatistics, normalizeFeatures, subtractWindowMeans, windowAround } from '../normalization.js';
import type { FeatureOptions } from '../options.js';

export { buildFeatureCache } from './cache-build.js';

export interface FeatureCache {
  readonly dir: string;
  /** Values a frame. */
  readonly bins: number;
  readonly options: FeatureOptions;
  /** Per band, over the training split; undefined where the cache has none. */
  readonly globalMean?: Float32Array;
  /** Clean training and development utterances, then test utterances, then variants, each in the order of the list. */
  ids(): string[];
  has(id: string): boolean;
  /** Number of frames of an utterance. Throws UserError for an unknown id. */
  frames(id: string): number;
  /** Frames [from, from + count), normalised; default: all. */
  read(id: string, from?: number, count?: number): Features;
  /** Mean and standard deviation of an utterance before normalisation. */
  statistics(id: string): FeatureStatistics;
}

interface Location {
  features: string;
  offset: number;
  frames: number;
  statistics: string;
  statisticsOffset: number;
}

/** Where everything lies, in arrays of numbers: a cache of a million utterances is opened in every loader thread. */
interface CacheIndex {
  /** Position of each utterance in the arrays. */
  positions: Map<string, number>;
  locate(position: number): Location;
}

function readIndex(dir: string, { utterances, shards }: CacheDescription): CacheIndex {
  const positions = new Map<string, number>();
  const shardOf = new Uint32Array(utterances);
  const offsets = new Float64Array(utterances);
  const frameCounts = new Uint32Array(utterances);
  const statisticsOffsets = new Float64Array(utterances);
  const files = shards.map(({ index }, shard) => {
    const { features, statistics, utterances: entries } = readShardIndex(dir, index);
    for (const [id, offset, frames, statisticsOffset] of entries) {
      const position = positions.size;
      positions.set(id, position);
      shardOf[position] = shard;
      offsets[position] = offset;
      frameCounts[position] = frames;
      statisticsOffsets[position] = statisticsOffset;
    }
    return { features: join(dir, features.file), statistics: join(dir, statistics.file) };
  });
  if (positions.size !== utterances) {
    throw new UserError(
      `${dir}: expected ${utterances} utterances, got ${positions.size}; run \`acanet features\` again`,
    );
  }
  const locate = (position: number): Location => ({
    ...files[shardOf[position]],
    offset: offsets[position],
    frames: frameCounts[position],
    statisticsOffset: statisticsOffsets[position],
  });
  return { positions, locate };
}

/** Opens a finished cache. Throws UserError where there is none, or where it is unfinished or damaged. */
export function openFeatureCache(dir: string): FeatureCache {
  const description = readCacheDescription(dir);
  const { options, bins, globalMean: mean } = description;
  const index = readIndex(dir, description);
  const globalMean = mean && Float32Array.from(mean);
  const locate = (id: string): Location => {
    const position = index.positions.get(id);
    if (position === undefined) throw new UserError(`${dir}: the feature cache has no utterance "${id}"`);
    return index.locate(position);
  };
  const statisticsOf = (id: string): FeatureStatistics => {
    const { statistics, statisticsOffset } = locate(id);
    const { rows, cols, data } = readMatrix({ path: statistics, offset: statisticsOffset });
    if (rows !== 2 || cols !== bins)
      throw new UserError(`${statistics}: damaged; \`acanet features verify\` says which files to remove`);
    return { mean: data.subarray(0, bins), std: data.subarray(bins) };
  };
  return {
    dir,
    bins,
    options,
    globalMean,
    ids: () => [...index.positions.keys()],
    has: (id) => index.positions.has(id),
    frames: (id) => locate(id).frames,
    statistics: statisticsOf,
    read(id, from = 0, count = locate(id).frames - from) {
      const { features, offset, frames } = locate(id);
      if (from < 0 || count < 0 || from + count > frames) {
        throw internal(`frames ${from} to ${from + count} of "${id}", which has ${frames}`);
      }
      const readRows = (start: number, end: number): Features => {
        const { rows, cols, data } = readMatrixRows({ path: features, offset }, start, end - start);
        if (cols !== bins)
          throw new UserError(`${features}:${offset}: damaged; \`acanet features verify\` says which files to remove`);
        return { frames: rows, bins, data };
      };
      if (typeof options.normalize === 'object' && count > 0) {
        const { window } = options.normalize;
        const start = windowAround(from, frames, window).from;
        const end = windowAround(from + count - 1, frames, window).to;
        return subtractWindowMeans(readRows(start, end), window, { first: from, count, offset: start, frames });
      }
      const result = readRows(from, from + count);
      const perUtterance = options.normalize === 'mean' || options.normalize === 'meanvar';
      normalizeFeatures(result, options.normalize, {
        globalMean,
        statistics: perUtterance ? statisticsOf(id) : undefined,
      });
      return result;
    },
  };
}

/**
 * Reads every byte of a cache and compares it with its checksums.
 * @param onProgress shards done and in all
 * @throws UserError listing what differs
 */
export async function verifyFeatureCache(
  dir: string,
  { onProgress }: { onProgress?: (done: number, total: number) => void } = {},
): Promise<{ files: number; bytes: number; utterances: number }> {
  const { shards } = readCacheDescription(dir);
  const problems: string[] = [];
  const check = async (file: string, sha256: string) => {
    const got = await fileSha256(join(dir, file)).catch(() => undefined);
    if (got !== sha256) problems.push(`${file} (${got === undefined ? 'cannot be read' : 'has changed'})`);
    return got === sha256;
  };
  let [bytes, utterances] = [0, 0];
  for (const [done, { index, sha256 }] of shards.entries()) {
    onProgress?.(done, shards.length);
    if (!(await check(index, sha256))) continue;
    const shard = readShardIndex(dir, index);
    for (const archive of [shard.features, shard.statistics]) {
      await check(archive.file, archive.sha256);
      bytes += archive.bytes;
    }
    utterances += shard.utterances.length;
  }
  if (problems.length > 0) {
    throw new UserError(
      `${dir}: the feature cache is damaged: ${problems.slice(0, 10).join(', ')}` +
        `${problems.length > 10 ? `, … (${problems.length} files)` : ''}. Remove these files and run \`acanet features\`.`,
    );
  }
  return { files: 3 * shards.length, bytes, utterances };
}

/**
 * @file Reading a feature cache: whole utterances or crops, normalised as the cache's options say.
 *
 * Opening reads the index only; a crop reads its own frames and its utterance's statistics from the disk, so that a
 * crop is normalised like the utterance it comes from. May be opened in any number of threads.
 */
import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError, internal } from '../../errors.js';
import { DamagedFile, damageOf, type WrittenFile } from '../../storage/written-files.js';
import { readMatrix, readMatrixRows, recordCrc32 } from '../../storage/kaldi-archive.js';
import { type CacheDescription, readCacheDescription, readShardIndex } from './cache-format.js';
import type { Features } from '../fbank/fbank.js';
import { type FeatureStatistics, normalizeFeatures, subtractWindowMeans, windowAround } from '../normalization.js';
import type { FeatureOptions } from '../options.js';

export { buildFeatureCache, extractCacheShare, type BuildFeatureCacheOptions } from './cache-build.js';

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
  /** CRC-32 of both records; NaN in caches of earlier versions. */
  checksum: number;
  statisticsChecksum: number;
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
  const checksums = new Float64Array(2 * utterances);
  const files = shards.map(({ index, sha256 }, shard) => {
    const { features, statistics, utterances: entries } = readShardIndex(dir, index, sha256);
    for (const [id, offset, frames, statisticsOffset, checksum = NaN, statisticsChecksum = NaN] of entries) {
      const position = positions.size;
      positions.set(id, position);
      shardOf[position] = shard;
      offsets[position] = offset;
      frameCounts[position] = frames;
      statisticsOffsets[position] = statisticsOffset;
      checksums.set([checksum, statisticsChecksum], 2 * position);
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
    checksum: checksums[2 * position],
    statisticsChecksum: checksums[2 * position + 1],
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
  const records = createRecordCheck();
  const statisticsOf = (id: string): FeatureStatistics => {
    const { statistics: path, statisticsOffset: offset, statisticsChecksum } = locate(id);
    records.check(id, { path, offset }, statisticsChecksum);
    const { rows, cols, data } = readMatrix({ path, offset });
    if (rows !== 2 || cols !== bins) throw damagedRecord(path, id, `holds ${rows} × ${cols} values`);
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
      const { features: path, offset, frames, checksum } = locate(id);
      if (from < 0 || count < 0 || from + count > frames) {
        throw internal(`frames ${from} to ${from + count} of "${id}", which has ${frames}`);
      }
      records.check(id, { path, offset }, checksum);
      const readRows = (start: number, end: number): Features => {
        const { rows, cols, data } = readMatrixRows({ path, offset }, start, end - start);
        if (cols !== bins) throw damagedRecord(path, id, `has ${cols} values a frame`);
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

/** Compares records with their checksums, each when it is first read here: crops of it are read over and over. */
function createRecordCheck() {
  const sound = new Set<string>();
  return {
    check(id: string, { path, offset }: { path: string; offset: number }, expected: number): void {
      if (Number.isNaN(expected)) return; // of an earlier version
      const record = `${path}:${offset}`;
      if (sound.has(record)) return;
      let got: number;
      try {
        got = recordCrc32({ path, offset });
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        throw damagedRecord(path, id, `cannot be read (${error.message})`);
      }
      const shown = (crc: number) => crc.toString(16).padStart(8, '0');
      if (got !== expected) throw damagedRecord(path, id, `expected CRC-32 ${shown(expected)}, got ${shown(got)}`);
      sound.add(record);
    },
  };
}

const damagedRecord = (path: string, id: string, problem: string) =>
  new DamagedFile(
    `${path}: the record of "${id}" is not as it was written: ${problem}\n  make it again: acanet run --force ${basename(dirname(path))}`,
    path,
  );

/** What is found of a file of a cache. */
export interface CheckedFile {
  file: string;
  bytes: number;
  /** Undefined where it is as it was written. */
  problem?: string;
}

/**
 * Reads every byte of a cache and compares it with its checksums.
 * @param onProgress shards done and in all
 * @throws UserError where the description is missing or damaged
 */
export function* checkFeatureCache(dir: string): Generator<CheckedFile & { done: number; total: number }, void> {
  const { shards } = readCacheDescription(dir);
  const total = shards.length;
  for (const [done, { index, sha256 }] of shards.entries()) {
    const check = (file: string, expected: WrittenFile) => ({
      ...{ file, bytes: expected.bytes, done, total },
      problem: damageOf(join(dir, file), expected),
    });
    const bytes = statSync(join(dir, index), { throwIfNoEntry: false })?.size ?? 0;
    const checked = check(index, { bytes, sha256 });
    yield checked;
    if (checked.problem !== undefined) continue;
    const { features, statistics } = readShardIndex(dir, index, sha256);
    for (const archive of [features, statistics]) yield check(archive.file, archive);
  }
}

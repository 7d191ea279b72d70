/**
 * @file The files of a feature cache, and the plan of its shards.
 *
 *     cache.json        what it is: options, hashes, counts, checksums; written last, so a cache without it is unfinished
 *     feats.scp         the whole cache for Kaldi's tools
 *     feats-00001.ark   one shard: the features of a run of utterances, not normalised (Kaldi archive, perhaps compressed)
 *     stats-00001.ark   the same utterances' mean and standard deviation: [2, bins], float32
 *     feats-00001.json  the shard's index; written when both archives are whole, so that finished shards survive a kill
 *
 * The plan depends on the utterances alone, not on the number of workers, and so do all bytes.
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { UserError, messageOf } from '../../errors.js';
import { groupBy } from '../../group-by.js';
import { sha256Hex, stableJson } from '../../storage/hashing.js';
import { unsealed } from '../../storage/sealed-json.js';
import { checkAsWritten, DamagedFile, damageOf } from '../../storage/written-files.js';
import { type FeatureOptions, extractionHash, featureOptions } from '../options.js';
import { type CacheGroup, type TrainingVariant, cacheGroup, cacheGroups } from '../variants.js';

const archiveFile = z.strictObject({ file: z.string(), bytes: z.number(), sha256: z.string() });

const shardIndex = z.strictObject({
  /** Of the options and utterances that it was made from. */
  input: z.string(),
  features: archiveFile,
  statistics: archiveFile,
  frames: z.number(),
  audioSeconds: z.number(),
  /** Over the frames of the training split: how many, and their sum per band. */
  training: z.strictObject({ frames: z.number(), sum: z.array(z.number()) }),
  /**
   * id, offset in the feature archive, frames, offset in the statistics archive; then the CRC-32 of both records, which
   * caches of earlier versions lack.
   */
  utterances: z.array(z.tuple([z.string(), z.number(), z.number(), z.number()]).rest(z.number())),
});
export type ShardIndex = z.infer<typeof shardIndex>;

const cacheDescription = z.strictObject({
  format: z.literal('acanet features 1'),
  /** Hash of the options that decide the stored values. */
  configuration: z.string(),
  /** Hash of what the shards are made from: their options and utterances, as far as these matter. */
  manifest: z.string(),
  options: featureOptions,
  bins: z.number(),
  utterances: z.number(),
  frames: z.number(),
  audioSeconds: z.number(),
  /** Per band, over the frames of the training split; absent where the cache has no training utterances. */
  globalMean: z.array(z.number()).optional(),
  shards: z.array(z.strictObject({ index: z.string(), sha256: z.string(), utterances: z.number() })),
});
export type CacheDescription = z.infer<typeof cacheDescription>;

/** A run of utterances that is extracted together. */
export interface ShardPlan {
  /** `feats-00001`; its files are named after it. */
  name: string;
  group: CacheGroup;
  utterances: TrainingVariant[];
  input: string;
}

/** File names of a shard. */
export const shardFiles = (name: string) => ({
  index: `${name}.json`,
  features: `${name}.ark`,
  statistics: `${name.replace('feats', 'stats')}.ark`,
});

/**
 * Cuts the utterances, in their order, into shards: small enough to share among workers, few enough to be files. Test
 * utterances and variants are cut apart from clean training utterances, whose shards stay what they are when the test
 * or the augmentation changes.
 */
export function planShards(utterances: TrainingVariant[], options: FeatureOptions): ShardPlan[] {
  const configuration = extractionHash(options);
  const members = groupBy(utterances, cacheGroup);
  const parts = cacheGroups.flatMap((group) => {
    const all = members.get(group) ?? [];
    const size = Math.max(16, Math.min(500, Math.ceil(all.length / 64)));
    const cut = Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
    return cut.map((part) => ({ group, part }));
  });
  return parts.map(({ group, part }, index) => ({
    name: `feats-${String(index + 1).padStart(5, '0')}`,
    group,
    utterances: part,
    input: sha256Hex(configuration, stableJson(part.map(storedPart))),
  }));
}

/**
 * What the features of an utterance, and what a shard sums up of them, depend on: which audio it is, what is made of
 * it, under which id it is stored, and whether it counts for the mean of the training split. The rest of a manifest's
 * line (speaker, gender, session, repeats, corpus, number of channels) may change without anything being extracted
 * again.
 */
function storedPart({
  id,
  path,
  offset,
  duration,
  channel,
  sampleRate,
  trailingSilence,
  split,
  variant,
}: TrainingVariant) {
  return {
    ...{ id, path, offset, duration, channel, sampleRate, trailingSilence },
    train: split === 'train',
    // Whose voice it is matters to augmented copies alone: babble leaves that speaker out.
    ...(variant && { variant: variant.copy === undefined ? { speed: variant.speed } : variant }),
  };
}

/** Reads and checks `cache.json`. Throws UserError naming it. */
export function readCacheDescription(dir: string): CacheDescription {
  return readChecked(join(dir, 'cache.json'), cacheDescription);
}

/**
 * Reads and checks a shard's index. @throws UserError naming it; DamagedFile where it is not of the hash that it had
 */
export function readShardIndex(dir: string, file: string, sha256?: string): ShardIndex {
  return readChecked(join(dir, file), shardIndex, sha256);
}

/** The index of a shard that is finished, whole and made from just this input; undefined where there is none. */
export function finishedShard(dir: string, { name, input }: ShardPlan): ShardIndex | undefined {
  let index: ShardIndex;
  try {
    index = readShardIndex(dir, shardFiles(name).index);
  } catch {
    return undefined;
  }
  if (index.input !== input) return undefined;
  const whole = [index.features, index.statistics].every((each) => damageOf(join(dir, each.file), each) === undefined);
  return whole ? index : undefined;
}

function readChecked<T>(path: string, schema: z.ZodType<T>, sha256?: string): T {
  checkAsWritten(path);
  let value: unknown;
  try {
    const text = readFileSync(path, 'utf8');
    if (sha256 !== undefined && sha256Hex(text) !== sha256) {
      const got = sha256Hex(text).slice(0, 12);
      throw damagedFile(path, `expected SHA-256 ${sha256.slice(0, 12)}, got ${got}`);
    }
    const found = unsealed(JSON.parse(text));
    if (found.sealed === 'broken') throw damagedFile(path, 'something in it has changed');
    value = found.value;
  } catch (error) {
    if (error instanceof DamagedFile) throw error;
    throw new UserError(
      `${path}: the feature cache is missing, unfinished or damaged (${messageOf(error)}); run \`acanet features\``,
      { cause: error },
    );
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new UserError(
    `${path}: not a feature cache of this version (${z.prettifyError(result.error).split('\n')[0]}); ` +
      'remove its folder and run `acanet features`',
  );
}

const damagedFile = (path: string, problem: string) =>
  new DamagedFile(
    `${path}: is not as it was written: ${problem}\n  make it again: acanet run --force ${basename(dirname(path))}`,
    path,
  );

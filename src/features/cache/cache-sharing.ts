/**
 * @file Features that another cache has already: caches that differ in nothing but the normalisation, which is applied
 * on reading, hold the same archives, so their files are linked instead of being extracted again.
 */
import { copyFileSync, existsSync, linkSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { readCacheDescription } from './cache-format.js';
import { extractionHash, type FeatureOptions } from '../options.js';
import { makeFolder } from '../../storage/make-folder.js';

const SHARD_FILE = /^(feats|stats)-\d+\.(ark|json)$/;

/**
 * Puts the shards of finished caches with the same stored values into `dir`, where none are; the build that follows
 * checks whether they are of its utterances. @returns how many files were put there
 */
export function takeOverShards(dir: string, options: FeatureOptions, others: readonly string[]): number {
  if (existsSync(dir) && readdirSync(dir).some((file) => SHARD_FILE.test(file))) return 0;
  const source = others.find((other) => {
    if (!existsSync(join(other, 'cache.json'))) return false;
    try {
      return readCacheDescription(other).configuration === extractionHash(options);
    } catch {
      return false; // of another version, or damaged: nothing to take over
    }
  });
  if (source === undefined) return 0;
  makeFolder(dir);
  const files = readdirSync(source).filter((file) => SHARD_FILE.test(file));
  for (const file of files) {
    const [from, to] = [join(source, file), join(dir, file)];
    try {
      linkSync(from, to); // finished files are replaced, never changed
    } catch {
      const aside = join(dir, `.${file}.part`);
      copyFileSync(from, aside);
      renameSync(aside, to);
    }
  }
  return files.length;
}

/** @file What stages `features` and `features@<hash>` write: a feature cache (`features/cache/cache-format.ts`). */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const FEATURES = { description: 'cache.json', list: 'feats.scp' } as const;

/** The files of the cache that are there. */
export const featuresFiles = (folder: string): string[] =>
  readdirSync(folder).filter((file) => /^(cache\.json|feats\.scp|(feats|stats)-\d+\.(ark|json))$/.test(file));

export const hasFeatures = (folder: string): boolean => existsSync(join(folder, FEATURES.description));

/** The caches beside this one, of the recipe's systems and of earlier settings. */
export function otherCaches(folder: string): string[] {
  const entries = readdirSync(dirname(folder)).filter((entry) => /^features(@[0-9a-f]+)?$/.test(entry));
  return entries.map((entry) => join(dirname(folder), entry)).filter((other) => other !== folder);
}

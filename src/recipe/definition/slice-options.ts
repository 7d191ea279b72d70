/** @file `slices:` of a recipe: parts of the test trials on which systems are compared too. */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { readLabels } from '../../corpus/manifest/labels.js';
import { UserError } from '../../errors.js';
import { sliceKinds } from '../../scoring/scores/slices.js';
import { sha256Hex } from '../../storage/hashing.js';

export const sliceOptions = z.strictObject({
  /** `gender`, `duration`, `session`, a column of `labels`, or `same:` and a column. */
  by: z.array(z.string().min(1)).min(1),
  /** A CSV table with a column `speaker` or `id`, and others. */
  labels: z.string().optional(),
});

type SliceOptions = z.infer<typeof sliceOptions>;

/** What tells slices from others, for the hash of a stage's settings: the content of the table, not its place. */
export const sliceIdentity = ({ by, labels }: SliceOptions): unknown => ({
  by,
  ...(labels !== undefined && { labels: existsSync(labels) ? sha256Hex(readFileSync(labels)) : null }),
});

/** @throws UserError where the table cannot be read, or nothing in it has a name that `by` gives */
export function checkSlices({ by, labels }: SliceOptions): void {
  const columns = labels === undefined ? [] : readLabels(labels).names;
  // A part of one speaker has no speakers to resample.
  const kinds: readonly string[] = sliceKinds.filter((kind) => kind !== 'speaker');
  const unknown = by.find((name) => !kinds.includes(name) && !columns.includes(name.replace(/^same:/, '')));
  if (unknown === undefined) return;
  const there =
    columns.length > 0 ? `, or a column of ${labels}: ${columns.join(', ')}` : '; others need slices.labels';
  throw new UserError(`slices.by: ${unknown}: expected ${kinds.join(', ')}${there}`);
}

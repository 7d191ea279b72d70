/** @file Speakers set aside for development trials: a seeded draw that keeps the genders' shares. */
import { UserError } from '../../errors.js';
import { keyedRandom } from '../../random.js';
import { groupBy } from '../../group-by.js';
import { compareIds } from '../manifest/manifest.js';
import type { TrialUtterance } from './trial-sampling.js';

/**
 * Parts utterances by speaker into those of `count` development speakers and the others. Throws UserError if too few.
 */
export function setSpeakersAside(
  utterances: readonly TrialUtterance[],
  { count, seed }: { count: number; seed: number },
): { development: TrialUtterance[]; others: TrialUtterance[] } {
  const genderOf = new Map<string, string>();
  for (const { speaker, gender } of utterances) {
    if (gender !== undefined || !genderOf.has(speaker)) genderOf.set(speaker, gender ?? '');
  }
  if (count < 2 || genderOf.size - count < 2) {
    throw new UserError(
      `cannot set ${count} of ${genderOf.size} speakers aside for development: expected 2 or more there, and 2 or more left`,
    );
  }
  const shuffled = keyedRandom(seed, 'development speakers').shuffle([...genderOf.keys()].sort(compareIds));
  // Each speaker's rank within the gender, as a share: taking the lowest shares takes from all genders alike.
  const ranked = [...groupBy(shuffled, (speaker) => genderOf.get(speaker)).values()].flatMap((group) =>
    group.map((speaker, i) => ({ speaker, share: (i + 0.5) / group.length })),
  );
  ranked.sort((a, b) => a.share - b.share || compareIds(a.speaker, b.speaker));
  const chosen = new Set(ranked.slice(0, count).map(({ speaker }) => speaker));
  return {
    development: utterances.filter(({ speaker }) => chosen.has(speaker)),
    others: utterances.filter(({ speaker }) => !chosen.has(speaker)),
  };
}

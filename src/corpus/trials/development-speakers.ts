/** @file Speakers set aside for development trials: a seeded draw that keeps the genders' shares. */
import { UserError } from '../../errors.js';
import { keyedRandom } from '../../random.js';
import { inGenderShares } from '../manifest/gender-shares.js';
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
  const chosen = new Set(inGenderShares(shuffled, (speaker) => genderOf.get(speaker)).slice(0, count));
  return {
    development: utterances.filter(({ speaker }) => chosen.has(speaker)),
    others: utterances.filter(({ speaker }) => !chosen.has(speaker)),
  };
}

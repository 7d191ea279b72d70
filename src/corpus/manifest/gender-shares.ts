/** @file An order of speakers of which every beginning has women and men in the shares of the whole. */
import { groupBy } from '../../group-by.js';
import { compareIds } from './manifest.js';

/**
 * @param speakers within a gender they keep their order, so a shuffled list gives a draw
 * @param genderOf speakers whose gender is not known are a gender of their own
 */
export function inGenderShares(
  speakers: readonly string[],
  genderOf: (speaker: string) => string | undefined,
): string[] {
  // Each speaker's rank within the gender, as a share: taking the lowest shares takes from all genders alike.
  const rank = new Map(
    [...groupBy(speakers, genderOf).values()].flatMap((group) =>
      group.map((speaker, i) => [speaker, (i + 0.5) / group.length] as const),
    ),
  );
  return speakers.toSorted((a, b) => rank.get(a)! - rank.get(b)! || compareIds(a, b));
}

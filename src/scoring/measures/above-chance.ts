/** @file Scores that are worse than guessing are the wrong way round: distances, or labels that were swapped. */

/** A sentence for an EER above 50 %, and nothing for others. @param what names the scores: a file or a system */
export function aboveChance(what: string, eer: number): string[] {
  if (eer <= 0.5) return [];
  return [
    `${what}: the EER of ${(100 * eer).toFixed(1)} % is above the 50 % of guessing, so the targets have the lower scores; ` +
      'a score must be higher where two sides are more alike (negate distances), and the labels must be right',
  ];
}

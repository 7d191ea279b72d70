/**
 * @file Pool adjacent violators: the best calibration that only bends the axis of scores.
 *
 * Isotonic regression of the labels on the scores gives, for each score, the share of targets among the trials with
 * scores about as high, never falling as scores rise. Its blocks are the edges of the lower convex hull of the
 * operating points (P_fa, P_miss) (Fawcett and Niculescu-Mizil, Machine Learning 68, 2007), which is how they are found
 * here: one pass over the points. A block with t of the T targets and n of the N nontargets has the likelihood ratio (t
 * / T) / (n / N). What Cllr is left with these ratios is minCllr: the part of Cllr that no calibration removes (Brümmer
 * and du Preez, Computer Speech and Language 20, 2006).
 *
 * Errors may be counted or weighed; cross products are exact while targets · nontargets < 2^53.
 */

/** Operating points in order of falling threshold: errors of each kind, from (0, T) to (N, 0). */
export interface OperatingPoints {
  readonly misses: ArrayLike<number>;
  readonly falseAlarms: ArrayLike<number>;
}

/**
 * The corners of the lower convex hull, from the first point to the last.
 * @param corners receives their indices; as long as there are points
 * @returns how many there are
 */
export function hullCorners({ misses, falseAlarms }: OperatingPoints, points: number, corners: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < points; i++) {
    while (count >= 2) {
      const a = corners[count - 2];
      const b = corners[count - 1];
      const turn =
        (falseAlarms[b] - falseAlarms[a]) * (misses[i] - misses[b]) -
        (misses[b] - misses[a]) * (falseAlarms[i] - falseAlarms[b]);
      if (turn > 0) break;
      count--; // b lies on or above the line from a to i
    }
    corners[count++] = i;
  }
  return count;
}

/** Cllr of the hull's likelihood ratios in bits, in [0, 1]. */
export function hullCllr({ misses, falseAlarms }: OperatingPoints, corners: Uint32Array, count: number): number {
  const first = corners[0];
  const last = corners[count - 1];
  const targets = misses[first] - misses[last];
  const nontargets = falseAlarms[last] - falseAlarms[first];
  let cost = 0;
  for (let i = 1; i < count; i++) {
    const t = (misses[corners[i - 1]] - misses[corners[i]]) / targets;
    const n = (falseAlarms[corners[i]] - falseAlarms[corners[i - 1]]) / nontargets;
    // Blocks of one kind alone cost nothing: their likelihood ratios are 0 or infinite, and right.
    if (t > 0 && n > 0) cost += t * Math.log1p(n / t) + n * Math.log1p(t / n);
  }
  return cost / 2 / Math.LN2;
}

/**
 * @file "Did you mean …?": the known name nearest to a mistyped one.
 *
 * Distance is optimal string alignment (insertions, deletions, substitutions and swaps of neighbours count 1 each), on
 * names folded to lower case without `_` and `-`, so that `bacth_size` finds `batchSize`.
 */

import { firstOf } from '../problem-list.js';

/** The candidate nearest to `name`, or undefined where none is near enough to be meant. */
export function closestName(name: string, candidates: Iterable<string>): string | undefined {
  const word = fold(name);
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    const distance = alignmentDistance(word, fold(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** ` (did you mean "x"?)`, or nothing. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const closest = closestName(name, candidates);
  return closest === undefined ? '' : ` (did you mean "${closest}"?)`;
}

/** `"x" (did you mean "y"?); there are y, z, … and 3 more`, of a name that is none of those known. */
export function unknownName(name: string, known: readonly string[], at?: string): string {
  const place = at === undefined ? '' : ` → at ${at}`;
  return `"${name}"${place}${didYouMean(name, known)}; there are ${firstOf(known) || 'none'}`;
}

const fold = (name: string) => name.toLowerCase().replace(/[_-]/g, '');

function alignmentDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, substitution);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}

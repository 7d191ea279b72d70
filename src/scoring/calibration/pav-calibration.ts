/**
 * @file Calibration by pooling adjacent violators: any rising curve from scores to log-likelihood ratios, without the
 * assumption of logistic regression that it is a straight line; for development lists of many trials.
 *
 * Each block of isotonic regression (`pav.ts`) has one ratio; between the highest score of a block and the lowest of
 * the next the curve is a straight line, and beyond the first and last block it is level. One target below and one
 * nontarget above all scores are added (Laplace's rule of succession), so that no ratio is infinite.
 */
import { UserError } from '../../errors.js';
import { detCurve, type TrialLabels } from '../measures/det-curve.js';
import { hullCorners } from '../measures/pav.js';

/** Corners of a rising curve: scores and their ratios. */
export interface PavCalibration {
  readonly scores: readonly number[];
  readonly llrs: readonly number[];
  readonly targets: number;
  readonly nontargets: number;
}

/** @throws UserError as `detCurve`, and if a score is infinite */
export function trainPav(scores: ArrayLike<number>, labels: TrialLabels, where = 'calibration'): PavCalibration {
  const curve = detCurve(scores, labels, where);
  const { targets, nontargets, thresholds } = curve;
  if (!thresholds.subarray(1).every(Number.isFinite)) {
    throw new UserError(`${where}: calibration is trained on finite scores, and some are infinite`);
  }
  // In front the nontarget above all scores, at the end the target below them.
  const misses = [targets + 1, ...curve.misses].map((count, i) => (i === 0 ? count : count + 1)).concat(0);
  const falseAlarms = [0, ...curve.falseAlarms].map((count, i) => (i === 0 ? count : count + 1)).concat(nontargets + 1);
  const corners = new Uint32Array(misses.length);
  const count = hullCorners({ misses, falseAlarms }, misses.length, corners);
  const knots: { score: number; llr: number }[] = [];
  for (let i = 1; i < count; i++) {
    const [from, to] = [corners[i - 1], corners[i]];
    const t = (misses[from] - misses[to]) / (targets + 1);
    const n = (falseAlarms[to] - falseAlarms[from]) / (nontargets + 1);
    // Point j of the hull is point j - 1 of the curve; the block holds the curve's scores after `from` up to `to`.
    const highest = thresholds[Math.max(1, from)];
    const lowest = thresholds[Math.min(to - 1, thresholds.length - 1)];
    const llr = Math.log(t / n);
    knots.push({ score: highest, llr }, { score: lowest, llr });
  }
  knots.reverse();
  return { scores: knots.map(({ score }) => score), llrs: knots.map(({ llr }) => llr), targets, nontargets };
}

export function applyPav({ scores: knots, llrs }: PavCalibration, scores: ArrayLike<number>): Float64Array {
  return Float64Array.from(scores, (score) => {
    let low = 0;
    let high = knots.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (knots[middle] < score) low = middle + 1;
      else high = middle;
    }
    if (low === knots.length) return llrs[low - 1];
    if (low === 0 || knots[low] === score) return llrs[low];
    const share = (score - knots[low - 1]) / (knots[low] - knots[low - 1]);
    return llrs[low - 1] + share * (llrs[low] - llrs[low - 1]);
  });
}

/**
 * @file The decision on one score, by what a model folder has learned: the same speaker or not, from which score on,
 * and how often that was wrong on the development trials.
 */
import { bayesThreshold, type DetectionCostOptions } from '../measures/detection-cost.js';
import type { ScoringProfile } from './scoring-profile.js';

export interface PairDecision extends Required<DetectionCostOptions> {
  /** Natural log-likelihood ratio; absent where the folder has no calibration. */
  llr?: number;
  same: boolean;
  /** Accept from this score on; null: nothing is accepted. */
  threshold: number | null;
  /** On the development trials, at this threshold; absent where it was not measured for this prior and these costs. */
  errors?: { miss: number; falseAlarm: number };
}

/**
 * @returns undefined where the folder has neither a calibration nor a threshold for this prior and these costs
 */
export function decidePair(
  score: number,
  { calibration, decisions }: Pick<ScoringProfile, 'calibration' | 'decisions'>,
  costs: Required<DetectionCostOptions>,
): PairDecision | undefined {
  const { pTarget, cMiss, cFalseAlarm } = costs;
  // Only their ratio matters.
  const kept = decisions.find(
    (each) => each.pTarget === pTarget && cMiss * each.cFalseAlarm === cFalseAlarm * each.cMiss,
  );
  if (!calibration && !kept) return undefined;
  const threshold = calibration ? (bayesThreshold(costs) - calibration.offset) / calibration.weight : kept!.threshold;
  return {
    ...costs,
    ...(calibration && { llr: calibration.offset + calibration.weight * score }),
    same: threshold !== null && score >= threshold,
    threshold,
    ...(kept && { errors: { miss: kept.miss, falseAlarm: kept.falseAlarm } }),
  };
}

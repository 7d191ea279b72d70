/** @file Whether two recordings are of one speaker, for programs. */
import { decidePair } from '../scoring/profile/decide-pair.js';
import type { Audio } from './audio.js';
import { checkCosts, checkPrior } from './measures.js';
import type { Model } from './load-model.js';
import { voiceModelOf } from './opened-models.js';

export interface VerifyOptions {
  /** How likely it is beforehand that one speaker speaks in both, in (0, 1); default 0.5. */
  readonly prior?: number;
  /** What a wrong rejection and a wrong acceptance cost; default 1 each. */
  readonly missCost?: number;
  readonly falseAlarmCost?: number;
}

export interface Verification {
  /** By the model's back-end; higher means more alike. */
  readonly score: number;
  /**
   * Natural logarithm of how much likelier the recordings are if one speaker speaks in both. Absent for models without
   * calibration.
   */
  readonly llr?: number;
  /** The decision that costs least. Absent for models without calibration and thresholds. */
  readonly same?: boolean;
  /** The score from which on the decision is `same`; null: never. Absent as `same`. */
  readonly threshold?: number | null;
}

/**
 * Compares two recordings.
 * @param a path of an audio file with one channel, or samples
 * @throws UserError as `Model.embed`, and for a prior or costs that are none
 */
export async function verify(
  model: Model,
  a: string | Audio,
  b: string | Audio,
  { prior = 0.5, missCost = 1, falseAlarmCost = 1 }: VerifyOptions = {},
): Promise<Verification> {
  const { profile } = voiceModelOf(model);
  checkPrior('prior', prior);
  checkCosts({ missCost, falseAlarmCost });
  const score = await model.score(await model.embed(a), await model.embed(b));
  const costs = { pTarget: prior, cMiss: missCost, cFalseAlarm: falseAlarmCost };
  const decision = profile && decidePair(score, profile, costs);
  if (!decision) return { score };
  const { llr, same, threshold } = decision;
  return { score, same, threshold, ...(llr !== undefined && { llr }) };
}

/**
 * @file What scores of development trials teach for later decisions: a calibration, and thresholds for usual priors.
 *
 * With a calibration, the threshold for a prior is that of theory, ln(C_fa (1 − p) / (C_miss p)), turned back into a
 * score; without one, it is the score that cost least on the development trials.
 */
import { isRefusal, UserError } from '../../errors.js';
import { applyCalibration, trainCalibration, type Calibration } from '../calibration/calibration.js';
import { decide } from '../measures/decision-threshold.js';
import { evaluateLabelled } from '../measures/evaluation.js';
import type { DecisionPoint, ScoringProfile } from './scoring-profile.js';

/** Shares of targets among the trials that thresholds are kept for: 0.5 is "as likely as not". */
const PRIORS = [0.001, 0.01, 0.05, 0.1, 0.5];

export interface DevelopmentScores {
  readonly scores: Float64Array;
  /** 1 for target trials. */
  readonly labels: Uint8Array;
  readonly speakers: number;
  /** Where they lie, for messages. */
  readonly where: string;
}

type Learned = Required<Pick<ScoringProfile, 'development' | 'decisions'>> &
  Pick<ScoringProfile, 'calibration' | 'noCalibration'>;

/** @throws UserError if there are not trials of both kinds, or a score is not finite */
export function learnDecisions({ scores, labels, speakers, where }: DevelopmentScores): Learned {
  const { trials, targets, nontargets, eer, minDcf } = evaluateLabelled(scores, labels, { where });
  const learned = learnCalibration(scores, labels, where);
  const decisions = PRIORS.map((pTarget): DecisionPoint => {
    const costs = { pTarget, cMiss: 1, cFalseAlarm: 1 };
    const { calibration } = learned;
    const values = calibration ? applyCalibration(asLinear(calibration), [scores]) : scores;
    const { threshold, errors } = decide(values, labels, { ...costs, calibrated: calibration !== undefined, where });
    const score = calibration ? (threshold - calibration.offset) / calibration.weight : threshold;
    return {
      ...costs,
      threshold: Number.isFinite(score) ? score : null,
      from: calibration ? 'calibration' : 'trials',
      miss: errors!.miss,
      falseAlarm: errors!.falseAlarm,
    };
  });
  return { development: { trials, targets, nontargets, speakers, eer, minDcf }, ...learned, decisions };
}

/** A profile's calibration as `calibration.ts` applies it. */
export const asLinear = ({
  weight,
  offset,
}: Required<ScoringProfile>['calibration']): Pick<Calibration, 'weights' | 'offset'> => ({
  weights: [weight],
  offset,
});

function learnCalibration(
  scores: Float64Array,
  labels: Uint8Array,
  where: string,
): Pick<ScoringProfile, 'calibration' | 'noCalibration'> {
  try {
    const { weights, offset, prior, separable } = trainCalibration([scores], labels, { names: ['score'], where });
    if (weights[0] > 0) return { calibration: { weight: weights[0], offset, prior, separable } };
    return { noCalibration: 'higher scores are not those of targets in the development trials' };
  } catch (error) {
    if (!(error instanceof UserError) || isRefusal(error)) throw error;
    return { noCalibration: error.message.split('\n')[0] };
  }
}

/**
 * @file Which score to accept from, for given costs of both errors and a given share of targets.
 *
 * Log-likelihood ratios have their threshold by theory, ln(C_fa (1 − p) / (C_miss p)), whatever trials there are. Other
 * scores need labelled trials: the threshold is the one that would have cost least on them, so its errors there are
 * somewhat smaller than those to come.
 */
import { detCurve, type TrialLabels } from './det-curve.js';
import { bayesThreshold, type DetectionCostOptions, normalisedCosts } from './detection-cost.js';
import { curveMinDcf } from './min-dcf.js';
import { curvePoint } from './operating-point.js';

export interface Decision {
  readonly threshold: number;
  /** By theory, or as what cost least on the labelled trials, where its errors are then somewhat too low. */
  readonly from: 'theory' | 'trials';
  readonly pTarget: number;
  readonly cMiss: number;
  readonly cFalseAlarm: number;
  /** What it does on labelled trials; absent where there are none. */
  readonly errors?: {
    readonly miss: number;
    readonly falseAlarm: number;
    /** Share of targets among accepted trials where pTarget of all trials are targets; NaN if none is accepted. */
    readonly precision: number;
    /** Cost divided by that of the better of accepting and rejecting everything. */
    readonly cost: number;
  };
}

/** @throws UserError as `detCurve`; RangeError for impossible costs */
export function decide(
  scores: ArrayLike<number>,
  labels: TrialLabels | undefined,
  { calibrated, where, ...costs }: Required<DetectionCostOptions> & { calibrated: boolean; where: string },
): Decision {
  if (!labels) return { ...costs, threshold: bayesThreshold(costs), from: 'theory' };
  const curve = detCurve(scores, labels, where);
  const threshold = calibrated ? bayesThreshold(costs) : curveMinDcf(curve, costs).threshold;
  const { miss, falseAlarm } = curvePoint(curve, threshold);
  const { perMiss, perFalseAlarm } = normalisedCosts(costs);
  const accepted = costs.pTarget * (1 - miss);
  return {
    ...costs,
    threshold,
    from: calibrated ? 'theory' : 'trials',
    errors: {
      miss,
      falseAlarm,
      precision: accepted / (accepted + (1 - costs.pTarget) * falseAlarm),
      cost: perMiss * miss + perFalseAlarm * falseAlarm,
    },
  };
}

/** The decision in words. */
export function describeDecision({ threshold, from, pTarget, cMiss, cFalseAlarm, errors }: Decision): string {
  // A threshold that is a score keeps all of its digits: rounded up, it would reject that very trial.
  const shown = from === 'trials' ? String(threshold) : String(Number(threshold.toPrecision(6)));
  const share = pTarget <= 0.5 ? `a target in ${roundedCount(1 / pTarget)} trials` : `${rate(pTarget)} targets`;
  const setting = `With ${share}, a miss that costs ${cMiss} and a false alarm that costs ${cFalseAlarm}`;
  const rule = Number.isFinite(threshold)
    ? `${setting}: accept scores of ${shown} and more.`
    : threshold > 0
      ? `${setting}: accept nothing; no threshold costs less than rejecting everything.`
      : `${setting}: accept everything; no threshold costs less than that.`;
  if (!errors) return rule;
  const { miss, falseAlarm, precision, cost } = errors;
  return [
    rule,
    `Of 1000 target trials, about ${roundedCount(1000 * miss)} are rejected (P_miss ${rate(miss)}).`,
    `Of 1000 nontarget trials, about ${roundedCount(1000 * falseAlarm)} are accepted (P_fa ${rate(falseAlarm)}).`,
    ...(Number.isNaN(precision) ? [] : [`Of the accepted trials, ${rate(precision)} are targets.`]),
    cost < 1
      ? `This costs ${cost.toFixed(3)} of what deciding without listening costs.`
      : `This costs ${cost.toFixed(3)} times what deciding without listening costs: the scores are of no use here.`,
    ...(from === 'trials'
      ? ['The threshold was chosen on these very trials: expect somewhat more errors on others.']
      : []),
  ].join('\n');
}

const rate = (value: number) => `${Number((100 * value).toPrecision(3))} %`;
const roundedCount = (value: number) => String(Number(value.toPrecision(3)));

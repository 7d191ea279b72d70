/**
 * @file Cllr (Brümmer and du Preez, Computer Speech and Language 20, 2006): the mean cost of log-likelihood ratios over
 * all priors, in bits; 0 is perfect, 1 says nothing.
 */
import { splitScores, type TrialLabels } from './det-curve.js';
import type { Measure } from './measure.js';
import type { SortedTrials, Weighting } from './weighted-trials.js';

export const cllr: Measure<'cllr', true> = {
  name: 'cllr',
  title: 'Cllr',
  needsLlrs: true,
  format: 'bits',
  bounds: { greatest: Infinity },
  shown: ['line', 'comparison', 'many systems', 'page'],
  evaluate: ({ scores, labels }) => computeCllr(scores, labels),
  weigh: weightedCllr,
};

type Speakers = SortedTrials['speakers'];

/**
 * Cllr of log-likelihood ratios (natural logarithm), in bits: ½ (mean log₂(1 + e^−s) of targets + mean log₂(1 + e^s)).
 */
export function computeCllr(llrs: ArrayLike<number>, labels: TrialLabels): number {
  const { targets, nontargets } = splitScores(llrs, labels);
  const missCost = targets.reduce((sum, llr) => sum + softplus(-llr), 0) / targets.length;
  const falseAlarmCost = nontargets.reduce((sum, llr) => sum + softplus(llr), 0) / nontargets.length;
  return (missCost + falseAlarmCost) / 2 / Math.LN2;
}

/** ln(1 + e^x) without overflow. */
export const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

function weightedCllr({ scores, targets, nontargets, speakers }: SortedTrials): (weighting: Weighting) => number {
  const missCosts = Float64Array.from(targets, (trial) => softplus(-scores[trial]));
  const falseAlarmCosts = Float64Array.from(nontargets, (trial) => softplus(scores[trial]));
  // An infinite cost is charged only where its trial is drawn, and 0 · ∞ is no number; a check in the sums would double
  // their time.
  const infinite = { miss: takeInfinite(missCosts), falseAlarm: takeInfinite(falseAlarmCosts) };
  const { target, enroll, test } = speakers;
  return ({ multiplicity, targetWeight, nontargetWeight }) => {
    if (
      infinite.miss.some((i) => multiplicity[target[i]] > 0) ||
      infinite.falseAlarm.some((i) => multiplicity[enroll[i]] * multiplicity[test[i]] > 0)
    ) {
      return Infinity;
    }
    const missCost = costOfTargets(speakers, multiplicity, missCosts);
    const falseAlarmCost = costOfNontargets(speakers, multiplicity, falseAlarmCosts);
    return (missCost / targetWeight + falseAlarmCost / nontargetWeight) / 2 / Math.LN2;
  };
}

/** Puts 0 in the place of infinite costs. @returns where they were */
function takeInfinite(costs: Float64Array): number[] {
  const places = Array.from(costs.keys()).filter((i) => costs[i] === Infinity);
  for (const place of places) costs[place] = 0;
  return places;
}

// One loop a function: V8 optimises a function of two long loops while it is in the first, and gives up in the second.
function costOfTargets({ target }: Speakers, multiplicity: Float64Array, costs: Float64Array): number {
  let cost = 0;
  for (let i = 0; i < target.length; i++) cost += multiplicity[target[i]] * costs[i];
  return cost;
}

function costOfNontargets({ enroll, test }: Speakers, multiplicity: Float64Array, costs: Float64Array): number {
  let cost = 0;
  for (let i = 0; i < enroll.length; i++) cost += multiplicity[enroll[i]] * multiplicity[test[i]] * costs[i];
  return cost;
}

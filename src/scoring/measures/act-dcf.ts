/**
 * @file actDCF: the normalised detection cost (`detection-cost.ts`) of natural log-likelihood ratios at the threshold
 * that theory gives them.
 */
import type { DetCurve } from './det-curve.js';
import { bayesThreshold, type DetectionCostOptions, normalisedCosts } from './detection-cost.js';
import type { Measure, Place } from './measure.js';
import { curvePoint } from './operating-point.js';

/** actDCF at a prior, with costs of 1. */
export const actDcf = <Name extends string>(
  name: Name,
  pTarget: number,
  shown: readonly Place[] = [],
): Measure<Name, true> => ({
  name,
  title: `actDCF(${pTarget})`,
  longTitle: `actDCF (p = ${pTarget})`,
  pTarget,
  needsLlrs: true,
  format: 'cost',
  // Every nontarget is accepted, and every target rejected.
  bounds: { greatest: 1 + Math.round((1 - pTarget) / pTarget) },
  shown,
  evaluate: ({ curve }) => curveActDcf(curve, { pTarget }),
  threshold: () => bayesThreshold({ pTarget }),
  weigh: (trials) => {
    const { perMiss, perFalseAlarm } = normalisedCosts({ pTarget });
    const errors = trials.errorsAt(bayesThreshold({ pTarget }));
    return (weighting) => {
      const { miss, falseAlarm } = errors(weighting);
      return perMiss * miss + perFalseAlarm * falseAlarm;
    };
  },
});

/** Of the curve of log-likelihood ratios; p = 0.01, C = 1 by default. */
export function curveActDcf(curve: DetCurve, options: DetectionCostOptions = {}): number {
  const { perMiss, perFalseAlarm } = normalisedCosts(options);
  const { miss, falseAlarm } = curvePoint(curve, bayesThreshold(options));
  return perMiss * miss + perFalseAlarm * falseAlarm;
}

/**
 * @file The detection cost of NIST's speaker recognition evaluations: C_miss · p · P_miss + C_fa · (1 − p) · P_fa,
 * divided by min(C_miss · p, C_fa · (1 − p)), the cost of the better of the two systems that do not listen. minDCF is
 * its minimum over thresholds (`min-dcf.ts`); actDCF is its value at the threshold that is best for true log-likelihood
 * ratios, ln(C_fa (1 − p) / (C_miss p)) (`act-dcf.ts`).
 */

export interface DetectionCostOptions {
  /** Prior probability of a target. */
  readonly pTarget?: number;
  readonly cMiss?: number;
  readonly cFalseAlarm?: number;
}

/** C_miss p and C_fa (1 − p), both divided by the smaller. @throws RangeError for impossible costs. */
export function normalisedCosts({ pTarget = 0.01, cMiss = 1, cFalseAlarm = 1 }: DetectionCostOptions) {
  if (!(pTarget > 0 && pTarget < 1 && cMiss > 0 && cFalseAlarm > 0)) {
    throw new RangeError(
      `detection cost needs 0 < p < 1 and costs > 0, got p ${pTarget}, C ${cMiss} and ${cFalseAlarm}`,
    );
  }
  const miss = cMiss * pTarget;
  const falseAlarm = cFalseAlarm * (1 - pTarget);
  const blind = Math.min(miss, falseAlarm);
  return { perMiss: miss / blind, perFalseAlarm: falseAlarm / blind };
}

/** The threshold that costs least for natural log-likelihood ratios. */
export function bayesThreshold(options: DetectionCostOptions = {}): number {
  const { perMiss, perFalseAlarm } = normalisedCosts(options);
  return Math.log(perFalseAlarm / perMiss);
}

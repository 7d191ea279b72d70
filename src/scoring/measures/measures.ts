/** @file The names of the measures that scores are judged by, in the order in which they are shown. */

/** Of any scores: EER, minDCF at p = 0.01, 0.05 and 0.001, minCllr. */
export const discriminationMeasures = ['eer', 'minDcf', 'minDcf005', 'minDcf0001', 'minCllr'] as const;
/** Of natural log-likelihood ratios only: actDCF at the same priors, Cllr. */
export const calibrationMeasures = ['actDcf', 'actDcf005', 'actDcf0001', 'cllr'] as const;

export type DiscriminationMeasure = (typeof discriminationMeasures)[number];
export type CalibrationMeasure = (typeof calibrationMeasures)[number];
export type MeasureName = DiscriminationMeasure | CalibrationMeasure;

export const measureTitles: Readonly<Record<MeasureName, string>> = {
  eer: 'EER',
  minDcf: 'minDCF(0.01)',
  minDcf005: 'minDCF(0.05)',
  minDcf0001: 'minDCF(0.001)',
  minCllr: 'minCllr',
  actDcf: 'actDCF(0.01)',
  actDcf005: 'actDCF(0.05)',
  actDcf0001: 'actDCF(0.001)',
  cllr: 'Cllr',
};

/** What a measure is at most, whether it is a share of trials, and whether it is a minimum over thresholds. */
export const measureBounds: Readonly<Record<MeasureName, { greatest: number; rate?: boolean; minimum?: boolean }>> = {
  eer: { greatest: 1, rate: true },
  minDcf: { greatest: 1, minimum: true },
  minDcf005: { greatest: 1, minimum: true },
  minDcf0001: { greatest: 1, minimum: true },
  minCllr: { greatest: 1, minimum: true },
  actDcf: { greatest: 1 + 99 },
  actDcf005: { greatest: 1 + 19 },
  actDcf0001: { greatest: 1 + 999 },
  cllr: { greatest: Infinity },
};

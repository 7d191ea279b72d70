/**
 * @file The measures that scores are judged by, in the order in which they are shown and written: of any scores, then
 * of natural log-likelihood ratios only. To add one, write its file and name it here.
 */
import { internal } from '../../errors.js';
import { actDcf } from './act-dcf.js';
import { cllr } from './cllr.js';
import { eer } from './eer.js';
import type { Measure } from './measure.js';
import { minCllr } from './min-cllr.js';
import { minDcf } from './min-dcf.js';

const table = [
  eer,
  minDcf('minDcf', 0.01, ['line', 'slices', 'comparison', 'tested', 'many systems', 'page']),
  minDcf('minDcf005', 0.05, ['comparison', 'page']),
  minDcf('minDcf0001', 0.001, ['comparison']),
  minCllr,
  actDcf('actDcf', 0.01, ['line', 'comparison']),
  actDcf('actDcf005', 0.05),
  actDcf('actDcf0001', 0.001),
  cllr,
] as const;

type Entry = (typeof table)[number];
export type MeasureName = Entry['name'];
/** Of any scores. */
export type DiscriminationMeasure = Extract<Entry, Measure<string, false>>['name'];
/** Of natural log-likelihood ratios only. */
export type CalibrationMeasure = Extract<Entry, Measure<string, true>>['name'];

export const measures: readonly Measure<MeasureName>[] = [...table];

/** Those that the scores can have. */
export const measuresOf = ({ calibrated }: { calibrated: boolean }): readonly Measure<MeasureName>[] =>
  measures.filter(({ needsLlrs }) => calibrated || !needsLlrs);

export function measureNamed(name: MeasureName): Measure<MeasureName> {
  const measure = measures.find((each) => each.name === name);
  if (!measure) throw internal(`no measure is named ${name}`);
  return measure;
}

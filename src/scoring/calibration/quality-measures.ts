/**
 * @file Quality measures: what is known of the sides of a trial beside its score, for calibration.
 *
 * Short or poor recordings give scores that say less. A measure has one value for each utterance or model; a trial gets
 * two features of it, the lower value of its sides and the higher one, so that exchanging the sides changes nothing.
 * Durations and norms enter by their logarithms.
 * (The idea: Mandasari, Saeidi, McLaren and van Leeuwen, IEEE Transactions on Audio, Speech, and Language Processing
 * 21, 2013; Thienpondt, Desplanques and Demuynck, ICASSP 2021.)
 */
import { firstOf } from '../../problem-list.js';
import { UserError } from '../../errors.js';
import type { Pairs } from '../scores/trial-table.js';

export interface QualityMeasure {
  readonly name: string;
  /** Value by utterance or model id. */
  readonly values: ReadonlyMap<string, number>;
  readonly logarithm: boolean;
}

export interface QualityFeature {
  readonly name: string;
  /** One value a trial. */
  readonly values: Float64Array;
}

/** @throws UserError naming ids without a value, or with one that has no logarithm */
export function qualityFeatures({ name, values, logarithm }: QualityMeasure, pairs: Pairs): QualityFeature[] {
  const missing = pairs.ids.filter((id) => !values.has(id));
  if (missing.length > 0) throw new UserError(`${name}: ${missing.length} ids have no value: ${firstOf(missing)}`);
  const ofId = pairs.ids.map((id) => (logarithm ? Math.log(values.get(id)!) : values.get(id)!));
  const wrong = pairs.ids.filter((_, i) => !Number.isFinite(ofId[i]));
  if (wrong.length > 0) {
    const expected = logarithm ? 'numbers above 0' : 'finite numbers';
    throw new UserError(`${name}: expected ${expected}, got others for ${wrong.length} ids: ${firstOf(wrong)}`);
  }
  const feature = (which: string, choose: (a: number, b: number) => number) => ({
    name: `${which} ${name}`,
    values: Float64Array.from(pairs.enroll, (enroll, i) => choose(ofId[enroll], ofId[pairs.test[i]])),
  });
  return [feature('lower', Math.min), feature('higher', Math.max)];
}

/**
 * @file Turns scores into log-likelihood ratios: learns from development scores of one system or several, and applies
 * what was learned to other scores of the same systems.
 */
import { refuseOverwriting } from '../../storage/overwriting.js';
import { UserError } from '../../errors.js';
import { applyCalibration, type Calibration, trainCalibration } from '../../scoring/calibration/calibration.js';
import { evaluateLabelled, type Evaluation } from '../../scoring/measures/evaluation.js';
import { applyPav, trainPav } from '../../scoring/calibration/pav-calibration.js';
import { writeScoreTable } from '../../scoring/scores/scores-file.js';
import { describePair, pairKeys, type Pairs } from '../../scoring/scores/trial-table.js';
import { isPipeOrDevice, writeJsonAtomic } from '../../storage/atomic-write.js';
import { calibrationFeatures, type QualitySources, readSystems } from './calibration-features.js';

export interface CalibrateOptions extends QualitySources {
  /** Each system's development scores … */
  dev: readonly string[];
  /** … and its scores to calibrate, in the same order. */
  scores: readonly string[];
  /** Labels of the development trials, where the score files have none. */
  devTrials?: string;
  /** Labels of the other trials, for figures only: nothing is learned from them. */
  trials?: string;
  method?: 'logistic' | 'pav';
  prior?: number;
  out: string;
}

export interface CalibrationReport {
  method: 'logistic' | 'pav';
  systems: number;
  /** Names of the features, in the order of the weights. */
  features: readonly string[];
  calibration?: Calibration;
  /** The only system's scores are lower for targets in the development trials: distances, or something went wrong. */
  reversed?: true;
  /** Figures of the development trials, from which it was learned: optimistic. */
  development: Evaluation;
  /** Figures of the calibrated scores, where their labels are known. */
  evaluation?: Evaluation;
}

/** Calibrates and writes `out`, and beside it `out`.json with what was learned. @throws UserError */
export function calibrateScoreFiles({
  dev,
  scores,
  devTrials,
  trials,
  method = 'logistic',
  prior = 0.01,
  manifest,
  embeddings,
  quality,
  out,
}: CalibrateOptions): CalibrationReport {
  refuseOverwriting(
    [out, `${out}.json`],
    [...dev, ...scores, devTrials, trials, manifest, embeddings, ...(quality ?? [])],
  );
  const training = readSystems(dev, devTrials);
  const labels = training.labels;
  if (!labels) {
    throw new UserError(
      `${dev[0]}: the development scores have no labels, so nothing can be learned from them\n` +
        '  name their trial list with --dev-trials FILE, or add target|nontarget as a fourth field',
    );
  }
  const applied = readSystems(scores, trials);
  refuseShared(training.pairs, applied.pairs, { dev: dev[0], scores: scores[0] });
  const featuresOf = calibrationFeatures({ manifest, embeddings, quality });
  const learning = featuresOf(training, devTrials);
  const columns = learning.map(({ values }) => values);
  const names = learning.map(({ name }) => name);
  const others = featuresOf(applied, trials).map(({ values }) => values);
  const report = { method, systems: dev.length, features: names };
  let learned: Calibration | undefined;
  let description: object;
  let calibrate: (features: readonly Float64Array[]) => Float64Array;
  if (method === 'pav') {
    if (columns.length > 1) {
      throw new UserError(
        `pav calibrates one score, got ${columns.length} features: ${names.join(', ')}; use logistic`,
      );
    }
    const curve = trainPav(columns[0], labels, dev[0]);
    if (curve.llrs.every((llr) => llr === curve.llrs[0])) {
      throw new UserError(
        `${dev[0]}: targets do not tend to have higher scores than nontargets, so no calibration can be learned\n` +
          '  if these are distances, negate them',
      );
    }
    calibrate = ([values]) => applyPav(curve, values);
    description = { ...report, calibration: curve };
  } else {
    const calibration = trainCalibration(columns, labels, { prior, names, where: dev[0] });
    calibrate = (features) => applyCalibration(calibration, features);
    learned = calibration;
    description = { ...report, calibration };
  }
  const llrs = calibrate(others);
  writeScoreTable(out, applied.pairs, llrs, applied.written);
  if (!isPipeOrDevice(out)) writeJsonAtomic(`${out}.json`, description);
  return {
    ...report,
    ...(learned && { calibration: learned }),
    ...(learned && dev.length === 1 && learned.weights[0] < 0 && { reversed: true as const }),
    development: evaluateLabelled(calibrate(columns), labels, { calibrated: true, where: dev[0] }),
    ...(applied.labels && { evaluation: evaluateLabelled(llrs, applied.labels, { calibrated: true, where: out }) }),
  };
}

/** What is calibrated must not be what was learned from. */
function refuseShared(dev: Pairs, scores: Pairs, names: { dev: string; scores: string }): void {
  const numbers = new Map(dev.ids.map((id, number) => [id, number]));
  const keys = Float64Array.from(pairKeys(dev, { ordered: false })).sort();
  const shared: string[] = [];
  for (let i = 0; i < scores.enroll.length; i++) {
    const enroll = numbers.get(scores.ids[scores.enroll[i]]);
    const test = numbers.get(scores.ids[scores.test[i]]);
    if (enroll === undefined || test === undefined) continue;
    const key = Math.min(enroll, test) * dev.ids.length + Math.max(enroll, test);
    if (contains(keys, key)) shared.push(describePair(scores, i));
  }
  if (shared.length > 0) {
    throw new UserError(
      `${names.scores}: ${shared.length} of ${scores.enroll.length} trials are development trials of ${names.dev} too, such as ${shared[0]}\n` +
        'A calibration must be learned from other trials than those that it is applied to; give other development trials.',
    );
  }
}

function contains(sorted: Float64Array, value: number): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === value;
}

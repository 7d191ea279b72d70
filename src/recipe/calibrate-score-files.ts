/**
 * @file Turns scores into log-likelihood ratios: learns from development scores of one system or several, and applies
 * what was learned to other scores of the same systems.
 */
import type { Calibration } from '../scoring/calibration.js';
import { applyCalibration, trainCalibration } from '../scoring/calibration.js';
import { UserError } from '../errors.js';
import { evaluateLabelled, type Evaluation } from '../scoring/evaluation.js';
import { applyPav, trainPav } from '../scoring/pav-calibration.js';
import { qualityFeatures, type QualityMeasure } from '../scoring/quality-measures.js';
import { joinScores, readScores, writeScoreTable } from '../scoring/scores-file.js';
import { describePair, pairKeys, type Pairs } from '../scoring/trial-table.js';
import { writeJsonAtomic } from '../storage/atomic-write.js';
import { readTextLines } from '../storage/text-lines.js';
import { readLabelledScores } from './evaluate-score-file.js';
import { readEmbeddings } from './embedding-archive.js';
import { sidesFromManifest } from './trial-sides.js';

export interface CalibrateOptions {
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
  /** Quality measures: durations from this manifest, norms of these embeddings, `utterance value` lines. */
  manifest?: string;
  embeddings?: string;
  quality?: readonly string[];
  out: string;
}

export interface CalibrationReport {
  method: 'logistic' | 'pav';
  systems: number;
  /** Names of the features, in the order of the weights. */
  features: readonly string[];
  calibration?: Calibration;
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
  quality = [],
  out,
}: CalibrateOptions): CalibrationReport {
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
  const measures = readMeasures({ manifest, embeddings, quality });
  const featuresOf = ({ pairs, systems }: Systems, list?: string) => [
    ...systems.map((values, i) => ({ name: systems.length > 1 ? `score of system ${i + 1}` : 'score', values })),
    ...measures.flatMap((measure) => qualityFeatures(measure(pairs, list), pairs)),
  ];
  const learning = featuresOf(training, devTrials);
  const columns = learning.map(({ values }) => values);
  const names = learning.map(({ name }) => name);
  const others = featuresOf(applied, trials).map(({ values }) => values);
  const report = { method, systems: dev.length, features: names };
  let learned: Calibration | undefined;
  let calibrate: (features: readonly Float64Array[]) => Float64Array;
  if (method === 'pav') {
    if (columns.length > 1) {
      throw new UserError(
        `pav calibrates one score, got ${columns.length} features: ${names.join(', ')}; use logistic`,
      );
    }
    const curve = trainPav(columns[0], labels, dev[0]);
    calibrate = ([values]) => applyPav(curve, values);
    writeJsonAtomic(`${out}.json`, { ...report, calibration: curve });
  } else {
    const calibration = trainCalibration(columns, labels, { prior, names, where: dev[0] });
    calibrate = (features) => applyCalibration(calibration, features);
    learned = calibration;
    writeJsonAtomic(`${out}.json`, { ...report, calibration });
  }
  const llrs = calibrate(others);
  writeScoreTable(out, applied.pairs, llrs, applied.written);
  return {
    ...report,
    ...(learned && { calibration: learned }),
    development: evaluateLabelled(calibrate(columns), labels, { calibrated: true, where: dev[0] }),
    ...(applied.labels && { evaluation: evaluateLabelled(llrs, applied.labels, { calibrated: true, where: out }) }),
  };
}

interface Systems {
  pairs: Pairs;
  /** One score a trial for each system. */
  systems: Float64Array[];
  labels?: Uint8Array;
  /** The labels that the score file itself has. */
  written?: Uint8Array;
}

/** The scores of several systems on the same trials, in the order of the list, else of the first file. */
function readSystems(paths: readonly string[], list?: string): Systems {
  const table = readScores(paths[0]);
  const first = list !== undefined || table.labels ? readLabelledScores(paths[0], list) : table;
  const trials = { ...first, labels: first.labels ?? new Uint8Array(first.scores.length) };
  const others = paths.slice(1).map((path) => {
    const { labels, ...other } = readScores(path);
    return joinScores(first.labels && labels ? { ...other, labels } : other, trials, path);
  });
  return {
    pairs: first,
    systems: [first.scores, ...others],
    ...(first.labels && { labels: first.labels }),
    ...(table.labels && first.labels && { written: first.labels }),
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
        'Calibration learned from the trials that it is applied to shows nothing; give other development trials.',
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

/** Opens what the measures come from; each gives the values of the ids in a list of trials. */
function readMeasures({
  manifest,
  embeddings,
  quality,
}: Required<Pick<CalibrateOptions, 'quality'>> & Pick<CalibrateOptions, 'manifest' | 'embeddings'>) {
  const measures: ((pairs: Pairs, list?: string) => QualityMeasure)[] = [];
  if (manifest !== undefined) {
    measures.push((pairs, trials) => {
      const sides = sidesFromManifest(manifest, pairs, { trials });
      const values = new Map(pairs.ids.map((id, number) => [id, sides[number].duration]));
      return { name: 'duration', values, logarithm: true };
    });
  }
  if (embeddings !== undefined) {
    const norms = Array.from(readEmbeddings(embeddings), ([id, vector]) => [id, Math.hypot(...vector)] as const);
    measures.push(() => ({ name: 'norm', values: new Map(norms), logarithm: true }));
  }
  for (const path of quality) {
    const values = readValues(path);
    measures.push(() => ({ name: path, values, logarithm: false }));
  }
  return measures;
}

/** `utterance value` lines. */
function readValues(path: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const { text, number } of readTextLines(path, { what: 'the quality measure' })) {
    const fields = text.trim().split(/\s+/);
    if (fields[0] === '') continue;
    const value = Number(fields[1]);
    if (fields.length !== 2 || !Number.isFinite(value)) {
      throw new UserError(`${path}:${number}: expected an utterance and a finite number, got ${JSON.stringify(text)}`);
    }
    values.set(fields[0], value);
  }
  return values;
}

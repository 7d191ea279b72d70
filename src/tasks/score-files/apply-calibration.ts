/**
 * @file Applies a calibration that was learned and kept before to other scores of the same systems; nothing is learned.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { refuseOverwriting } from '../../storage/overwriting.js';
import { UserError } from '../../errors.js';
import { applyCalibration } from '../../scoring/calibration/calibration.js';
import { evaluateLabelled, type Evaluation } from '../../scoring/measures/evaluation.js';
import { applyPav } from '../../scoring/calibration/pav-calibration.js';
import { writeScoreTable } from '../../scoring/scores/scores-file.js';
import { calibrationFeatures, type QualitySources, readSystems } from './calibration-features.js';

/** What `acanet calibrate` writes beside its scores, as far as it is needed to apply it. */
const savedCalibration = z.discriminatedUnion('method', [
  z.object({
    method: z.literal('logistic'),
    systems: z.int().positive(),
    features: z.array(z.string()),
    calibration: z.object({ weights: z.array(z.number()), offset: z.number(), prior: z.number() }),
  }),
  z.object({
    method: z.literal('pav'),
    systems: z.literal(1),
    features: z.array(z.string()),
    calibration: z.object({
      scores: z.array(z.number()),
      llrs: z.array(z.number()),
      targets: z.number(),
      nontargets: z.number(),
    }),
  }),
]);

export interface ApplyCalibrationOptions extends QualitySources {
  /** The JSON that `acanet calibrate` wrote. */
  calibration: string;
  /** Scores of each system, in the order in which it was learned. */
  scores: readonly string[];
  /** Labels of the trials, for figures. */
  trials?: string;
  out: string;
}

export interface AppliedCalibration {
  method: 'logistic' | 'pav';
  systems: number;
  features: readonly string[];
  trials: number;
  /** Figures of the calibrated scores, where their labels are known. */
  evaluation?: Evaluation;
}

/** Writes `out`. @throws UserError if the file is no calibration, or one of other systems or quality measures */
export function applyCalibrationFile({
  calibration: path,
  scores,
  trials,
  out,
  ...sources
}: ApplyCalibrationOptions): AppliedCalibration {
  refuseOverwriting([out], [path, ...scores, trials, sources.manifest, sources.embeddings, ...(sources.quality ?? [])]);
  const saved = readCalibration(path);
  const { method, systems } = saved;
  if (scores.length !== systems) {
    throw new UserError(`${path}: learned from the scores of ${systems} systems, got ${scores.length} score files`);
  }
  const applied = readSystems(scores, trials);
  const features = calibrationFeatures(sources)(applied, trials);
  const names = features.map(({ name }) => name);
  if (names.join('\n') !== saved.features.join('\n')) {
    throw new UserError(
      `${path}: learned from ${saved.features.join(', ')}; got ${names.join(', ')}\n` +
        '  give the same quality measures: --manifest for duration, --embeddings for norm, --quality NAME.txt for NAME',
    );
  }
  const columns = features.map(({ values }) => values);
  const llrs =
    saved.method === 'pav' ? applyPav(saved.calibration, columns[0]) : applyCalibration(saved.calibration, columns);
  writeScoreTable(out, applied.pairs, llrs, applied.written);
  return {
    method,
    systems,
    features: names,
    trials: llrs.length,
    ...(applied.labels && { evaluation: evaluateLabelled(llrs, applied.labels, { calibrated: true, where: out }) }),
  };
}

function readCalibration(path: string) {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UserError(`${path}: cannot be read as a calibration: ${(error as Error).message}`);
  }
  const { data, error } = savedCalibration.safeParse(content);
  if (!data) {
    const { path: place, message } = error.issues[0];
    throw new UserError(
      `${path}: expected a calibration that acanet calibrate wrote (OUT.json), but at ${place.join('.') || 'its top'}: ${message}`,
    );
  }
  return data;
}

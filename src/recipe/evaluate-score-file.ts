/** @file The figures of a score file whose labels are in it or in a trial list. */
import { existsSync } from 'node:fs';
import { enrolmentPathOf } from '../corpus/enrolment.js';
import { UserError } from '../errors.js';
import { evaluateLabelled, type Evaluation } from '../scoring/evaluation.js';
import { joinScores, readScores } from '../scoring/scores-file.js';
import { readTrialTable, refuseContradictions, type TrialTable } from '../scoring/trial-table.js';

/** Trials with their scores, in the order of the list that has the labels. */
export interface LabelledScores extends TrialTable {
  readonly scores: Float64Array;
}

/**
 * Reads scores and says which are of targets.
 * @param list a trial list; may be absent where every line of the score file has its label
 */
export function readLabelledScores(path: string, list?: string): LabelledScores {
  const table = readScores(path);
  if (list !== undefined) {
    const trials = readTrialTable(list, { models: existsSync(enrolmentPathOf(list)) });
    return { ...trials, scores: joinScores(table, trials, path) };
  }
  const { labels } = table;
  if (!labels) {
    throw new UserError(
      `${path}: the scores have no labels, so it is not known which pairs are targets\n` +
        '  name the trial list with --trials FILE, or add target|nontarget as a fourth field',
    );
  }
  const labelled = { ...table, labels };
  refuseContradictions(labelled, { where: path, models: true });
  return labelled;
}

export function evaluateScoreFile(
  path: string,
  { trials, calibrated = false }: { trials?: string; calibrated?: boolean } = {},
): Evaluation {
  const { scores, labels } = readLabelledScores(path, trials);
  return evaluateLabelled(scores, labels, { calibrated, where: path });
}

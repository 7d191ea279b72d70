/** @file The figures of a score file whose labels are in it or in a trial list. */
import type { Trial } from '../corpus/trials.js';
import { readTrials } from '../corpus/trials.js';
import { UserError } from '../errors.js';
import { evaluateScores, type Evaluation } from '../scoring/evaluation.js';
import { joinScores, readScores } from '../scoring/scores-file.js';

/** @param trials a trial list; may be absent where every line of the score file has its label */
export function evaluateScoreFile(
  path: string,
  { trials: list, calibrated = false }: { trials?: string; calibrated?: boolean } = {},
): Evaluation {
  const scores = readScores(path);
  if (list !== undefined) {
    const trials = readTrials(list);
    return evaluateScores(joinScores(scores, trials, path), trials, { calibrated, where: path });
  }
  const trials = scores.filter((pair): pair is typeof pair & Trial => pair.target !== undefined);
  if (trials.length < scores.length) {
    throw new UserError(
      `${path}: the scores have no labels, so it is not known which pairs are targets\n` +
        '  name the trial list with --trials FILE, or add target|nontarget as a fourth field',
    );
  }
  const values = scores.map(({ score }) => score);
  return evaluateScores(values, trials, { calibrated, where: path });
}

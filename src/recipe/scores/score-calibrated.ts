/**
 * @file Scores a trial list and turns the scores into log-likelihood ratios, as learned from the recipe's development
 * trials, which the same system scores with the same back-end.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.js';
import { readTrialTable } from '../../scoring/scores/trial-table.js';
import { calibrateScoreFiles, type CalibrationReport } from '../../tasks/score-files/calibrate-score-files.js';
import { calibrateFiles } from '../artifacts/calibrate.js';
import { prepFiles } from '../artifacts/prep.js';
import { scoreFiles } from '../artifacts/score.js';
import { scoreTrialList, type ScoreTrialListOptions } from './score-trial-list.js';

/** Writes `llrs.txt` and `llrs.txt.json` beside `scores.txt`. @throws UserError if there are no development trials */
export async function scoreCalibrated(
  options: ScoreTrialListOptions,
): Promise<Awaited<ReturnType<typeof scoreTrialList>> & { llrs: string; report: CalibrationReport }> {
  const { trials, enrollMap, out, ...common } = options;
  const { devTrials } = prepFiles(join(options.experiment.folder, 'prep'));
  if (!existsSync(devTrials)) {
    throw new UserError(`${devTrials}: the recipe has no development trials, so there is nothing to calibrate from`);
  }
  const { labels } = readTrialTable(devTrials);
  const targets = labels.reduce((sum, label) => sum + label, 0);
  if (targets === 0 || targets === labels.length) {
    throw new UserError(
      `${devTrials}: calibration learns from trials of both kinds, got ${targets} target and ${labels.length - targets} nontarget trials\n` +
        '  give the recipe development speakers with two utterances or more each (development.speakers)',
    );
  }
  const scored = await scoreTrialList({ ...common, trials, enrollMap, out });
  const development = await scoreTrialList({ ...common, trials: devTrials });
  const { llrs } = calibrateFiles(scored.folder);
  const report = calibrateScoreFiles({
    dev: [scoreFiles(development.folder).scores],
    devTrials,
    scores: [scoreFiles(scored.folder).scores],
    trials: scored.list,
    out: llrs,
  });
  return { ...scored, llrs, report };
}

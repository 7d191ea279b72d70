/**
 * @file Stage `calibrate/<run>`: the scores of the test trials as log-likelihood ratios, learned from the recipe's
 * development trials, which the same model has scored with the same back-end (stage `score-dev`).
 *
 * Writes `calibration.json`, and `llrs.txt` where the development trials can teach anything. What they cannot is said
 * there, and does not stop the recipe: only actDCF and Cllr are then missing from the comparison.
 */
import { join } from 'node:path';
import { readTrials } from '../../corpus/trials/trials.js';
import { isRefusal, UserError } from '../../errors.js';
import { fileSha256, sha256Hex } from '../../storage/hashing.js';
import { DamagedFile } from '../../storage/written-files.js';
import { calibrateScoreFiles } from '../../tasks/score-files/calibrate-score-files.js';
import { CALIBRATE, calibrateFiles, calibrationRecord, type RunCalibration } from '../artifacts/calibrate.js';
import { prepFiles } from '../artifacts/prep.js';
import { scoreFiles } from '../artifacts/score.js';
import type { TrainingRun } from '../definition/training-runs.js';
import type { Stage, StageContext } from '../running/stage.js';

export function calibrateStage({ name }: TrainingRun): Stage {
  return {
    name: `calibrate/${name}`,
    ofRun: name,
    forTest: true,
    needs: ['prep', `score/${name}`, `score-dev/${name}`],
    settings: {},
    version: 1,
    whenChanged: 'remove',
    resumable: false,
    async run(context) {
      const { folder } = context;
      const calibration = calibrateRun(context);
      calibrationRecord.write(folder, calibration);
      const outputs = [CALIBRATE.record, ...(calibration.usable ? [CALIBRATE.llrs] : [])];
      const hashes = await Promise.all(outputs.map((file) => fileSha256(join(folder, file))));
      return {
        outputHash: sha256Hex(...hashes),
        outputs,
        summary: calibration.usable
          ? `Cllr ${calibration.report.evaluation!.cllr!.toFixed(3)} bits, learned from ${calibration.trials} development trials`
          : `scores stay as they are: ${calibration.reason}`,
      };
    },
  };

  function calibrateRun({ folder, folderOf }: StageContext): RunCalibration {
    const { trials: list, devTrials } = prepFiles(folderOf('prep'));
    const trials = readTrials(devTrials);
    const targets = trials.filter(({ target }) => target).length;
    if (targets === 0 || targets === trials.length) {
      return { usable: false, reason: `the recipe has ${targets} target among ${trials.length} development trials` };
    }
    try {
      const report = calibrateScoreFiles({
        dev: [scoreFiles(folderOf(`score-dev/${name}`)).scores],
        devTrials,
        scores: [scoreFiles(folderOf(`score/${name}`)).scores],
        trials: list,
        out: calibrateFiles(folder).llrs,
      });
      const [weight] = report.calibration!.weights;
      if (weight > 0) return { usable: true, trials: trials.length, report };
      return { usable: false, reason: 'higher scores are not those of targets in the development trials' };
    } catch (error) {
      // A full disk or a damaged file is no property of the development trials: the stage has failed, and runs again.
      if (!(error instanceof UserError) || error instanceof DamagedFile || isRefusal(error)) throw error;
      return { usable: false, reason: error.message.split('\n')[0] };
    }
  }
}

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runRecipe } from '../../../src/recipe/run-recipe.js';
import { scoreCalibrated } from '../../../src/recipe/scores/score-calibrated.js';
import { openExperiment } from '../../../src/recipe/running/work-folder.js';
import { readScores } from '../../../src/scoring/scores/scores-file.js';
import { recordAgain } from '../record-again.js';
import { standInLibrary } from '../stand-in-library.js';

const SMALL = [
  'corpus={trainSpeakers: 6, testSpeakers: 3, utterancesPerSpeaker: 2, testUtterancesPerSpeaker: 4, duration: [1, 1.2]}',
  'development.speakers=2',
  'features.normalize=none',
];

describe('score-calibrated', () => {
  let work: string;
  before(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-calibrated-'));
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  it("learns from the recipe's development trials and writes ratios of the test trials beside their scores", async () => {
    const quiet = { log: () => undefined, progress: () => undefined };
    const library = standInLibrary();
    const experiment = openExperiment({ work, recipe: 'demo', sets: SMALL, fresh: true });
    await runRecipe({ ...quiet, experiment, targets: ['score/aca-net'], library });
    const common = { ...quiet, experiment, run: 'aca-net', library };
    const { folder, llrs, report } = await scoreCalibrated(common);
    assert.equal(llrs, join(folder, 'llrs.txt'));
    const { weights, offset, targets, nontargets } = report.calibration!;
    assert.equal(targets + nontargets, report.development.trials);
    const scores = readScores(join(folder, 'scores.txt')).scores;
    assert.deepEqual(
      [...readScores(llrs).scores],
      Array.from(scores, (score) => offset + weights[0] * score),
    );
    assert.equal(report.evaluation!.trials, scores.length);
    await assert.rejects(scoreCalibrated({ ...common, trials: 'dev-trials.txt' }), /are development trials .* too/);

    const list = join(experiment.folder, 'prep', 'dev-trials.txt');
    const withoutTargets = readFileSync(list, 'utf8').replaceAll(/^.* target\n/gm, '');
    writeFileSync(list, withoutTargets);
    recordAgain(join(experiment.folder, 'prep'));
    await assert.rejects(scoreCalibrated(common), /dev-trials\.txt: .* both kinds, got 0 target and \d+ nontarget/);
  });
});

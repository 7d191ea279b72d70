/**
 * @file Stage `score-dev/<run>`: the development trials scored with the averaged model → `scores.txt`, `scores.csv`,
 * `metrics.json`, `backend.json`. Systems are chosen by these figures, and calibration learns from these scores.
 */
import { join } from 'node:path';
import { findEnrolment, utterancesOfTrials } from '../../corpus/trials/enrolment.js';
import { readManifest } from '../../corpus/manifest/manifest.js';
import { readTrials } from '../../corpus/trials/trials.js';
import { UserError } from '../../errors.js';
import { needsTraining, scoringInForce } from '../../scoring/backend/backend-options.js';
import { describeScores } from '../../scoring/measures/evaluation.js';
import { fileSha256, sha256Hex } from '../../storage/hashing.js';
import type { Library } from '../../tasks/model-work.js';
import { embedFiles } from '../artifacts/embed.js';
import { prepFiles } from '../artifacts/prep.js';
import { SCORE } from '../artifacts/score.js';
import type { Recipe } from '../definition/schema.js';
import type { SystemRun } from '../definition/training-runs.js';
import { choosesByDevelopment } from '../definition/grid.js';
import { embedCached } from '../extraction/embed-cached.js';
import type { Stage } from '../running/stage.js';
import { cohortFile } from '../../tasks/scoring/score-embeddings.js';
import { scoreTrials } from '../scores/write-scores.js';

export function scoreDevStage(
  recipe: Recipe,
  { name, settings: { featuresStage } }: SystemRun,
  { openEmbedder }: Pick<Library, 'openEmbedder'>,
): Stage {
  const { scoring, engine } = recipe;
  const learns = needsTraining(scoring);
  return {
    name: `score-dev/${name}`,
    ofRun: name,
    needs: [
      'prep:training',
      `${featuresStage}:training`,
      `average/${name}`,
      ...(learns ? [`embed-train/${name}`] : []),
    ],
    get settings() {
      const cohort = cohortFile(scoring);
      return { engine: engine.name, scoring: scoringInForce(scoring), ...(cohort && { cohort }) };
    },
    version: scoring.normalize === 'none' ? 1 : 2,
    whenChanged: 'remove',
    resumable: false,
    async run({ folder, folderOf, inputHash: _, ...reporting }) {
      const { devTrials: list, manifest } = prepFiles(folderOf('prep'));
      const trials = readTrials(list);
      const targets = trials.filter(({ target }) => target).length;
      if (targets === 0 || targets === trials.length) {
        const lack = `${targets} of ${trials.length} development trials are targets`;
        // The comparison then goes without calibration, and says so.
        if (!choosesByDevelopment(recipe)) return { outputHash: sha256Hex(lack), outputs: [], summary: lack };
        throw new UserError(
          `${list}: ${lack}, so systems cannot be chosen by them\n` +
            'hold speakers out of training with development.speakers',
        );
      }
      const enrolment = findEnrolment(list, trials)?.enrolment;
      const ids = [...utterancesOfTrials(trials, enrolment)].sort();
      const embedder = await openEmbedder({ modelDir: folderOf(`average/${name}`), engine, utterances: ids.length });
      const cacheDir = folderOf(featuresStage);
      const { embeddings } = await embedCached({ ...reporting, embedder, cacheDir, ids }).finally(() =>
        embedder.close(),
      );
      const evaluation = await scoreTrials({
        ...reporting,
        settings: recipe,
        trials,
        enrolment,
        embeddings,
        trainingArchive: learns ? embedFiles(folderOf(`embed-train/${name}`)).embeddings : undefined,
        speakers: () => readManifest(manifest),
        folder,
      });
      const hashes = await Promise.all([SCORE.scores, SCORE.metrics].map((file) => fileSha256(join(folder, file))));
      return {
        outputHash: sha256Hex(...hashes),
        outputs: [SCORE.scores, SCORE.table, SCORE.metrics],
        summary: `development: ${describeScores(evaluation)}`,
      };
    },
  };
}

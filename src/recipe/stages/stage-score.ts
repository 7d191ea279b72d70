/**
 * @file Stage `score/<run>`: embeddings and test trials → `scores.txt`, `scores.csv`, `metrics.json`, and
 * `backend.json`, which says what the scores were made with.
 */
import { join } from 'node:path';
import { findEnrolment } from '../../corpus/trials/enrolment.js';
import { readManifest } from '../../corpus/manifest/manifest.js';
import { readTrials } from '../../corpus/trials/trials.js';
import { needsTraining, scoringInForce } from '../../scoring/backend/backend-options.js';
import { describeScores } from '../../scoring/measures/evaluation.js';
import { fileSha256, sha256Hex } from '../../storage/hashing.js';
import { readEmbeddings } from '../../scoring/backend/embedding-archive.js';
import { embedFiles } from '../artifacts/embed.js';
import { corpusRecord, prepFiles } from '../artifacts/prep.js';
import { SCORE } from '../artifacts/score.js';
import type { Recipe } from '../definition/schema.js';
import type { TrainingRun } from '../definition/training-runs.js';
import type { Stage } from '../running/stage.js';
import { cohortFile } from '../../tasks/scoring/score-embeddings.js';
import { scoreTrials } from '../scores/write-scores.js';

export function scoreStage(recipe: Recipe, { name }: TrainingRun): Stage {
  const { scoring } = recipe;
  const learns = needsTraining(scoring);
  return {
    name: `score/${name}`,
    ofRun: name,
    forTest: true,
    needs: ['prep', `embed/${name}`, ...(learns ? [`embed-train/${name}`] : [])],
    get settings() {
      const cohort = cohortFile(scoring);
      return { scoring: scoringInForce(scoring), ...(cohort && { cohort }) };
    },
    version: scoring.normalize === 'none' ? 1 : 2,
    whenChanged: 'remove',
    resumable: false,
    async run({ folder, folderOf, inputHash: _, ...reporting }) {
      const { trials: list, manifest } = prepFiles(folderOf('prep'));
      const trials = readTrials(list);
      const evaluation = await scoreTrials({
        ...reporting,
        settings: recipe,
        trials,
        enrolment: findEnrolment(list, trials)?.enrolment,
        embeddings: readEmbeddings(embedFiles(folderOf(`embed/${name}`)).embeddings),
        trainingArchive: learns ? embedFiles(folderOf(`embed-train/${name}`)).embeddings : undefined,
        speakers: () => readManifest(manifest),
        folder,
        partial: corpusRecord.read(folderOf('prep')).partial,
      });
      const hashes = await Promise.all([SCORE.scores, SCORE.metrics].map((file) => fileSha256(join(folder, file))));
      return {
        outputHash: sha256Hex(...hashes),
        outputs: [SCORE.scores, SCORE.table, SCORE.metrics],
        summary: describeScores(evaluation),
      };
    },
  };
}

/**
 * @file Stage `score/<run>`: embeddings and test trials → `scores.txt`, `scores.csv`, `metrics.json`, and
 * `backend.json`, which says what the scores were made with.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { findEnrolment } from '../../corpus/trials/enrolment.js';
import { readManifest } from '../../corpus/manifest/manifest.js';
import { readTrials } from '../../corpus/trials/trials.js';
import { needsTraining, scoringInForce } from '../../scoring/backend/backend-options.js';
import { describeScores, evaluateScores, type Evaluation } from '../../scoring/measures/evaluation.js';
import { writeScores, writeScoresCsv } from '../../scoring/scores/scores-file.js';
import { writeFileAtomic, writeJsonAtomic } from '../../storage/atomic-write.js';
import { fileSha256, sha256Hex } from '../../storage/hashing.js';
import { readEmbeddings } from '../../scoring/backend/embedding-archive.js';
import type { Recipe } from '../definition/schema.js';
import { cohortFile, scoreWithRecipe, type ScoreWithRecipeOptions } from '../scores/score-with-recipe.js';
import { readPartial } from './stage-prep.js';
import type { Stage } from '../running/stage-runner.js';
import type { TrainingRun } from '../definition/training-runs.js';

export function scoreStage(recipe: Recipe, run: TrainingRun): Stage {
  const { name } = run;
  const { scoring } = recipe;
  const learns = needsTraining(scoring);
  return {
    name: `score/${name}`,
    needs: ['prep', `embed/${name}`, ...(learns ? [`embed-train/${name}`] : [])],
    get settings() {
      const cohort = cohortFile(scoring);
      return { scoring: scoringInForce(scoring), ...(cohort && { cohort }) };
    },
    version: 1,
    whenChanged: 'remove',
    resumable: false,
    async run({ folder, folderOf, inputHash: _, ...reporting }) {
      const list = join(folderOf('prep'), 'trials.txt');
      const trials = readTrials(list);
      const evaluation = await scoreTrials({
        ...reporting,
        recipe,
        trials,
        enrolment: findEnrolment(list, trials)?.enrolment,
        embeddings: readEmbeddings(join(folderOf(`embed/${name}`), 'embeddings.ark')),
        trainingArchive: learns ? join(folderOf(`embed-train/${name}`), 'embeddings.ark') : undefined,
        readManifest: () => readManifest(join(folderOf('prep'), 'manifest.jsonl')),
        folder,
        partial: readPartial(folderOf('prep')),
      });
      const hashes = await Promise.all(['scores.txt', 'metrics.json'].map((file) => fileSha256(join(folder, file))));
      return {
        outputHash: sha256Hex(...hashes),
        outputs: ['scores.txt', 'scores.csv', 'metrics.json'],
        summary: describeScores(evaluation),
      };
    },
  };
}

/** Scores trials and writes the files into `folder`; where scores are normalised also `cohort-mean.txt`. */
export async function scoreTrials({
  folder,
  partial,
  ...options
}: ScoreWithRecipeOptions & {
  folder: string;
  /** The mark of a partial corpus. */
  partial?: string;
}): Promise<Evaluation> {
  const { trials } = options;
  const { scores, record, cohortMeans } = await scoreWithRecipe(options);
  const evaluation = evaluateScores(scores, trials, { where: join(folder, 'scores.txt'), partial });
  writeScores(join(folder, 'scores.txt'), trials, scores);
  writeScoresCsv(join(folder, 'scores.csv'), trials, scores);
  writeJsonAtomic(join(folder, 'metrics.json'), evaluation);
  writeJsonAtomic(join(folder, 'backend.json'), record);
  // `utterance value` lines, which `acanet calibrate --quality` takes.
  const meansPath = join(folder, 'cohort-mean.txt');
  if (cohortMeans) writeFileAtomic(meansPath, Array.from(cohortMeans, ([id, mean]) => `${id} ${mean}\n`).join(''));
  else rmSync(meansPath, { force: true });
  return evaluation;
}

/** @file Scores trials into a folder: scores, their figures, and what they were made with (`artifacts/score.ts`). */
import { rmSync } from 'node:fs';
import { evaluateScores, type Evaluation } from '../../scoring/measures/evaluation.js';
import { writeScores, writeScoresCsv } from '../../scoring/scores/scores-file.js';
import { writeFileAtomic } from '../../storage/atomic-write.js';
import { backendRecord, metricsRecord, scoreFiles } from '../artifacts/score.js';
import { scoreEmbeddings, type ScoreEmbeddingsOptions } from '../../tasks/scoring/score-embeddings.js';
import type { Trial } from '../../corpus/trials/trials.js';

/** Scores trials and writes the files into `folder`; where scores are normalised also `cohort-mean.txt`. */
export async function scoreTrials({
  folder,
  partial,
  ...options
}: ScoreEmbeddingsOptions & {
  trials: readonly Trial[];
  folder: string;
  /** The mark of a partial corpus. */
  partial?: string;
}): Promise<Evaluation> {
  const { trials } = options;
  const files = scoreFiles(folder);
  const { scores, record, cohortMeans } = await scoreEmbeddings(options);
  const evaluation = evaluateScores(scores, trials, { where: files.scores, partial });
  writeScores(files.scores, trials, scores);
  writeScoresCsv(files.table, trials, scores);
  metricsRecord.write(folder, evaluation);
  backendRecord.write(folder, record);
  // Lines that `acanet calibrate --quality` takes.
  if (cohortMeans) {
    writeFileAtomic(files.cohortMeans, Array.from(cohortMeans, ([id, mean]) => `${id} ${mean}\n`).join(''));
  } else rmSync(files.cohortMeans, { force: true });
  return evaluation;
}

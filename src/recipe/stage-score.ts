/** @file Stage `score/<system>`: embeddings and test trials → `scores.txt`, `scores.csv`, `metrics.json`. */
import { join } from 'node:path';
import { findEnrolment, type Enrolment } from '../corpus/enrolment.js';
import { readTrials, type Trial } from '../corpus/trials.js';
import { cosineScores, type Embeddings } from '../scoring/cosine.js';
import { describeScores, evaluateScores, type Evaluation } from '../scoring/evaluation.js';
import { writeScores, writeScoresCsv } from '../scoring/scores-file.js';
import { writeJsonAtomic } from '../storage/atomic-write.js';
import { fileSha256, sha256Hex } from '../storage/hashing.js';
import { readEmbeddings } from './embedding-archive.js';
import type { Recipe } from './schema.js';
import { readPartial } from './stage-prep.js';
import type { Stage } from './stage-runner.js';

export function scoreStage({ scoring }: Recipe, name: string): Stage {
  return {
    name: `score/${name}`,
    needs: ['prep', `embed/${name}`],
    settings: { scoring },
    version: 1,
    whenChanged: 'remove',
    resumable: false,
    async run({ folder, folderOf }) {
      const list = join(folderOf('prep'), 'trials.txt');
      const trials = readTrials(list);
      const enrolment = findEnrolment(list, trials)?.enrolment;
      const embeddings = readEmbeddings(join(folderOf(`embed/${name}`), 'embeddings.ark'));
      const evaluation = scoreTrials({ trials, enrolment, embeddings, folder, partial: readPartial(folderOf('prep')) });
      const hashes = await Promise.all(['scores.txt', 'metrics.json'].map((file) => fileSha256(join(folder, file))));
      return {
        outputHash: sha256Hex(...hashes),
        outputs: ['scores.txt', 'scores.csv', 'metrics.json'],
        summary: describeScores(evaluation),
      };
    },
  };
}

/** Scores trials and writes the three files into `folder`. */
export function scoreTrials({
  trials,
  enrolment,
  embeddings,
  folder,
  partial,
}: {
  trials: readonly Trial[];
  /** The models that the trials enroll, if they are models. */
  enrolment?: Enrolment;
  embeddings: Embeddings;
  folder: string;
  /** The mark of a partial corpus. */
  partial?: string;
}): Evaluation {
  const scores = cosineScores(embeddings, trials, { enrolment });
  const evaluation = evaluateScores(scores, trials, { where: join(folder, 'scores.txt'), partial });
  writeScores(join(folder, 'scores.txt'), trials, scores);
  writeScoresCsv(join(folder, 'scores.csv'), trials, scores);
  writeJsonAtomic(join(folder, 'metrics.json'), evaluation);
  return evaluation;
}

/** @file Stage `score/<system>`: embeddings and test trials → `scores.txt`, `scores.csv`, `metrics.json`. */
import { join } from 'node:path';
import { readTrials, type Trial } from '../corpus/trials.js';
import { cosineScores, type Embeddings } from '../scoring/cosine.js';
import { describeScores, evaluateScores, type Evaluation } from '../scoring/evaluation.js';
import { writeScores, writeScoresCsv } from '../scoring/scores-file.js';
import { writeJsonAtomic } from '../storage/atomic-write.js';
import { fileSha256, sha256Hex } from '../storage/hashing.js';
import { readEmbeddings } from './embedding-archive.js';
import type { Recipe } from './schema.js';
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
      const trials = readTrials(join(folderOf('prep'), 'trials.txt'));
      const embeddings = readEmbeddings(join(folderOf(`embed/${name}`), 'embeddings.ark'));
      const evaluation = scoreTrials({ trials, embeddings, folder });
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
  embeddings,
  folder,
}: {
  trials: readonly Trial[];
  embeddings: Embeddings;
  folder: string;
}): Evaluation {
  const scores = cosineScores(embeddings, trials);
  const evaluation = evaluateScores(scores, trials, { where: join(folder, 'scores.txt') });
  writeScores(join(folder, 'scores.txt'), trials, scores);
  writeScoresCsv(join(folder, 'scores.csv'), trials, scores);
  writeJsonAtomic(join(folder, 'metrics.json'), evaluation);
  return evaluation;
}

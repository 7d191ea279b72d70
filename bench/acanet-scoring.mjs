/** @file AS-norm as acanet computes it, on the vectors of scoring-data.mjs. Needs a build. */
import { createEngine } from '../dist/src/engine/create-engine.js';
import { cosineScorer } from '../dist/src/scoring/backend/cosine.js';
import { bothSides, pairScores, trialSides } from '../dist/src/scoring/backend/pair-scorer.js';
import { normalizeScores } from '../dist/src/scoring/backend/score-normalization.js';
import { readScoringData, TOP, WIDTH } from './scoring-data.mjs';

/**
 * @param {{ batch: number, frames: number, threads: number, data: string }} options models, members of the cohort
 * @returns {Promise<{ work: () => Promise<number>, parameters: number }>} `work` resolves to the scores' mean, plus
 *   their deviation
 */
export async function prepareScoring({ batch: models, frames: cohort, threads, data }) {
  const { embeddings, members, pairs } = readScoringData(data, { models, cohort });
  const scorer = cosineScorer(WIDTH);
  const sides = trialSides(scorer, embeddings, pairs);
  const cohortSides = bothSides(scorer, members, 'cohort');
  const engine = await createEngine({ name: 'onnx', device: 'cpu', threads });
  const options = { normalization: /** @type {const} */ ('as-norm'), engine, width: WIDTH, top: TOP };
  const work = async () => {
    const scores = await normalizeScores(pairScores(scorer, sides), { sides, cohort: cohortSides }, options);
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    return mean + Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length);
  };
  return { work, parameters: 0 };
}

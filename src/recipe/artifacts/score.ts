/**
 * @file What stages `score/<run>` and `score-dev/<run>` write, and `acanet score` for a list of the user's: scores,
 * their figures, and what they were made with.
 */
import { z } from 'zod';
import type { Evaluation } from '../../scoring/measures/evaluation.js';
import type { BackendRecord } from '../../tasks/scoring/score-embeddings.js';
import { jsonArtifact, pathsIn, reliedOn, runAgain } from './json-artifact.js';

export const SCORE = {
  scores: 'scores.txt',
  table: 'scores.csv',
  metrics: 'metrics.json',
  backend: 'backend.json',
  /** `utterance value` lines: the mean score against the cohort, where scores are normalised. */
  cohortMeans: 'cohort-mean.txt',
} as const;

export const scoreFiles = (folder: string) => pathsIn(folder, SCORE);

/** Figures of scored trials; those that may be infinite are null in JSON. */
const figures = reliedOn<Evaluation>(
  z.object({
    trials: z.number(),
    targets: z.number(),
    nontargets: z.number(),
    eer: z.number(),
  }),
);

export const metricsRecord = jsonArtifact(SCORE.metrics, { schema: figures, remedy: runAgain('score') });

export const backendRecord = jsonArtifact(SCORE.backend, {
  schema: reliedOn<BackendRecord>(
    z.object({
      scoring: z.object({ type: z.string() }),
      warnings: z.array(z.string()),
      notes: z.array(z.string()),
    }),
  ),
  remedy: runAgain('score'),
});

/**
 * @file Score normalisation: a score in units of the spread of scores against a cohort of other speakers.
 *
 * With mean and deviation of the model's (e) and of the test utterance's (t) cohort scores:
 *
 *     z-norm  (s - mean_e) / deviation_e          s-norm   (z-norm + t-norm) / 2
 *     t-norm  (s - mean_t) / deviation_t          as-norm  s-norm, over the `top` highest cohort scores of each
 *
 * Z-norm: Li and Porter, 1988; T-norm: Auckenthaler et al., 2000; S-norm: Kenny, Odyssey 2010; AS-norm: see
 * `as-norm.ts`.
 */
import { cohortStatistics, type CohortStatistics, type CohortStatisticsOptions } from './as-norm.js';
import type { ScoredSide, ScoredSides, TrialSides } from './pair-scorer.js';

export const normalizations = ['none', 'z-norm', 't-norm', 's-norm', 'as-norm'] as const;
export type Normalization = (typeof normalizations)[number];

export interface NormalizeScoresOptions extends CohortStatisticsOptions {
  readonly normalization: Exclude<Normalization, 'none'>;
  /** Told the mean cohort score of each model and test utterance that it was computed for: a quality measure. */
  readonly onCohortMeans?: (means: Iterable<[id: string, mean: number]>) => void;
}

/**
 * Normalises one score a trial; `top` is taken as given, whichever the normalisation.
 * @param sides what the scores were made of
 * @param cohort as models and as tests: models are scored against its tests, test utterances against its models
 */
export async function normalizeScores(
  scores: Float64Array,
  { sides, cohort }: { sides: TrialSides; cohort: ScoredSides },
  { normalization, onProgress, onCohortMeans, ...options }: NormalizeScoresOptions,
): Promise<Float64Array<ArrayBuffer>> {
  const models = normalization === 't-norm' ? 0 : sides.models.rows.size;
  const tests = normalization === 'z-norm' ? 0 : sides.tests.rows.size;
  const statistics = async (side: ScoredSide, against: ScoredSide, before: number) => {
    const found = await cohortStatistics(side, against, {
      ...options,
      onProgress: (done) => onProgress?.(before + done, models + tests),
    });
    onCohortMeans?.(Array.from(side.rows.keys(), (id, row) => [id, found.mean[row]]));
    return found;
  };
  const normalized = new Float64Array(scores.length);
  const sidesUsed = Number(models > 0) + Number(tests > 0);
  const add = ({ mean, deviation }: CohortStatistics, rows: Uint32Array) => {
    for (let t = 0; t < scores.length; t++) {
      normalized[t] += (scores[t] - mean[rows[t]]) / deviation[rows[t]] / sidesUsed;
    }
  };
  if (models > 0) add(await statistics(sides.models, cohort.tests, 0), sides.modelRows);
  if (tests > 0) add(await statistics(sides.tests, cohort.models, models), sides.testRows);
  return normalized;
}

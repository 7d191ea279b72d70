/**
 * @file The recipe's `scoring` section: how embeddings become scores.
 *
 * In the order in which it is done: a mean is subtracted, LDA and WCCN are applied, pairs are scored by cosine or PLDA,
 * scores are normalised against a cohort. What is learnt is learnt from training utterances, never from test ones.
 */
import { z } from 'zod';
import { normalizations } from './score-normalization.js';

const pldaOptions = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('two-covariance'),
    /** Of EM. */
    iterations: z.int().positive().default(10),
    /** Embeddings are scaled to one length, before and after whitening. */
    lengthNorm: z.boolean().default(true),
    /** A model of n utterances: `counted` as n observations of the speaker, or their `average` as a single one. */
    sessions: z.enum(['counted', 'average']).default('counted'),
  }),
  z.strictObject({
    type: z.literal('simplified'),
    /** Dimensions of the speakers' space. */
    rank: z.int().positive().default(100),
    /** Of EM. */
    iterations: z.int().positive().default(10),
    /** Weight of an utterance; below 1 where a speaker's utterances are much alike. */
    scaling: z.number().positive().max(1).default(1),
  }),
]);

export const scoringOptions = z.strictObject({
  type: z.enum(['cosine', 'plda']).default('cosine'),
  /** Whose mean is subtracted from every embedding: none, that of the training utterances, or that of the cohort. */
  subtractMean: z.enum(['none', 'train', 'cohort']).default('none'),
  /** Dimensions that LDA keeps; null: no LDA. */
  lda: z.int().positive().nullable().default(null),
  /** Within-class covariance normalisation. */
  wccn: z.boolean().default(false),
  /** For `type: plda`. */
  plda: pldaOptions.prefault({ type: 'two-covariance' }),
  normalize: z.enum(normalizations).default('none'),
  cohort: z
    .strictObject({
      /** `train`, or an archive of embeddings (`.ark`) that the same model made. */
      from: z.string().min(1).default('train'),
      /** Its members: single utterances, or the mean of each speaker's. */
      of: z.enum(['utterances', 'speakers']).default('utterances'),
    })
    .prefault({}),
  /** For as-norm: so many of the highest cohort scores count. */
  top: z.int().min(2).default(300),
  /** Divisor of the cohort scores' variance: n (population) or n - 1 (sample). */
  deviation: z.enum(['population', 'sample']).default('population'),
  /** Training utterances that back-end and cohort are made of: all, or a number of them drawn with the seed. */
  utterances: z.union([z.literal('all'), z.int().positive()]).default('all'),
});
export type ScoringOptions = z.infer<typeof scoringOptions>;

/** The cohort is used, be it for its mean alone. */
export const needsCohort = ({ normalize, subtractMean }: ScoringOptions): boolean =>
  normalize !== 'none' || subtractMean === 'cohort';

/** Something is learnt from labelled training utterances. */
export const learns = ({ type, lda, wccn }: ScoringOptions): boolean => type === 'plda' || lda !== null || wccn;

/** Embeddings of training utterances are needed. */
export const needsTraining = (scoring: ScoringOptions): boolean =>
  learns(scoring) || scoring.subtractMean === 'train' || (needsCohort(scoring) && scoring.cohort.from === 'train');

/** The settings that scores depend on, without those that do nothing: plain cosines are `{ type: 'cosine' }`. */
export function scoringInForce(scoring: ScoringOptions): Partial<ScoringOptions> {
  const { type, subtractMean, lda, wccn, plda, normalize, cohort, top, deviation, utterances } = scoring;
  return {
    type,
    ...(subtractMean !== 'none' && { subtractMean }),
    ...(lda !== null && { lda }),
    ...(wccn && { wccn }),
    ...(type === 'plda' && { plda }),
    ...(normalize !== 'none' && { normalize, deviation }),
    ...(normalize === 'as-norm' && { top }),
    ...(needsCohort(scoring) && { cohort }),
    ...(needsTraining(scoring) && { utterances }),
  };
}

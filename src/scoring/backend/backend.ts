/**
 * @file A back-end: all that lies between embeddings and scores, learnt as `backend-options.ts` says.
 *
 * LDA, WCCN and PLDA are learnt one after the other, each from what the one before it gives. Where the cohort is of
 * speakers, its members are the means of their embeddings.
 */
import type { Enrolment } from '../../corpus/trials/enrolment.js';
import type { Engine } from '../../engine/program/program.js';
import { internal } from '../../errors.js';
import { learns, needsCohort, type ScoringOptions } from './backend-options.js';
import { cosineScorer } from './cosine.js';
import { meanEmbedding, transformEmbeddings, type EmbeddingTransform } from './embedding-transform.js';
import { ldaTransform } from './lda.js';
import {
  bothSides,
  checkEmbedding,
  pairScores,
  trialSides,
  type EmbeddingMap,
  type Pair,
  type PairScorer,
} from './pair-scorer.js';
import { normalizeScores } from './score-normalization.js';
import { simplifiedPldaScorer, trainSimplifiedPlda } from './simplified-plda.js';
import { speakerStatistics, type SpeakerEmbeddings } from './speaker-statistics.js';
import { trainTwoCovariancePlda, twoCovarianceScorer } from './two-covariance-plda.js';
import { varyingDirections } from './varying-directions.js';
import { wccnTransform } from './wccn.js';

/** What a back-end is made of, where its options need it. */
export interface BackendData {
  /** Training utterances, by speaker. */
  readonly training?: SpeakerEmbeddings;
  /** Members of the cohort, by name. */
  readonly cohort?: EmbeddingMap;
}

export interface Backend {
  readonly options: ScoringOptions;
  /** Applied to every embedding, one after the other. */
  readonly transforms: readonly EmbeddingTransform[];
  readonly scorer: PairScorer;
  /** What was done that the options do not say. */
  readonly notes: readonly string[];
  /** After the transforms. */
  readonly cohort?: EmbeddingMap;
}

/**
 * Learns a back-end.
 * @param dim values of an embedding
 * @throws UserError if the data are too few, singular, not finite or of another model
 */
export function trainBackend(options: ScoringOptions, { training, cohort }: BackendData, dim: number): Backend {
  const { type, subtractMean, lda, wccn, plda } = options;
  const transforms: EmbeddingTransform[] = [];
  let speakers = training;
  const learnt = () => speakers ?? missing('training utterances');
  const apply = (transform: EmbeddingTransform) => {
    transforms.push(transform);
    speakers &&= new Map(
      Array.from(speakers, ([speaker, each]) => [speaker, transformEmbeddings(each, transform, TRAINING)]),
    );
  };
  for (const embeddings of training?.values() ?? []) {
    for (const [id, embedding] of embeddings) checkEmbedding(id, embedding, dim, TRAINING);
  }
  let size = dim;
  const notes: string[] = [];
  if (subtractMean === 'train') apply({ mean: speakerStatistics(learnt(), TRAINING).mean });
  if (subtractMean === 'cohort') apply({ mean: meanEmbedding(cohort ?? missing('a cohort'), COHORT) });
  if (learns(options)) {
    const varying = varyingDirections(speakerStatistics(learnt(), TRAINING));
    if (varying) {
      notes.push(`embeddings do not vary in ${size - varying.rows} of their ${size} directions, which are left out`);
      apply({ matrix: varying });
      size = varying.rows;
    }
  }
  if (lda !== null) {
    apply({ matrix: ldaTransform(speakerStatistics(learnt(), TRAINING), lda) });
    size = lda;
  }
  if (wccn) apply({ matrix: wccnTransform(speakerStatistics(learnt(), TRAINING)) });
  const members = cohort?.size ?? 0;
  if (options.normalize === 'as-norm' && members < options.top) {
    notes.push(
      `the cohort has ${members} members, fewer than the ${options.top} of scoring.top, so as-norm takes all of them, as s-norm does; ` +
        `a fifth of the cohort is usual: ${Math.max(2, Math.round(members / 5))}`,
    );
  }
  return {
    options,
    transforms,
    notes,
    scorer: type === 'plda' ? pldaScorer(learnt(), plda) : cosineScorer(size),
    ...(needsCohort(options) && { cohort: applyAll(transforms, cohort ?? missing('a cohort'), COHORT) }),
  };
}

export interface ScoreTrialsOptions {
  readonly trials: readonly Pair[];
  readonly embeddings: EmbeddingMap;
  /** The utterances of each model; enrolment ids are then models. */
  readonly enrolment?: Enrolment;
  /** Where the embeddings come from, for messages. */
  readonly where?: string;
  /** Opened only where scores are normalised. */
  readonly openEngine: () => Promise<Engine>;
  /** Told the mean cohort score of each model and utterance, where scores are normalised. */
  readonly onCohortMeans?: (means: Iterable<[id: string, mean: number]>) => void;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** One score a trial, in the trials' order. @throws UserError naming what cannot be scored */
export async function scoreWithBackend(
  { options: { normalize, top, deviation }, transforms, scorer, cohort }: Backend,
  {
    trials,
    embeddings,
    enrolment,
    where = 'embeddings',
    openEngine,
    onCohortMeans,
    onProgress,
    signal,
  }: ScoreTrialsOptions,
): Promise<Float64Array<ArrayBuffer>> {
  const sides = trialSides(scorer, applyAll(transforms, embeddings, where), trials, { enrolment, where });
  const scores = pairScores(scorer, sides);
  if (normalize === 'none' || !cohort) return scores;
  return normalizeScores(
    scores,
    { sides, cohort: bothSides(scorer, cohort, COHORT) },
    {
      normalization: normalize,
      engine: await openEngine(),
      width: scorer.width,
      deviation,
      // A cohort smaller than that is taken whole.
      ...(normalize === 'as-norm' && { top: Math.min(top, cohort.size) }),
      onCohortMeans,
      onProgress,
      signal,
    },
  );
}

/** The mean embedding of each speaker, under the speaker's name. */
export const speakerMeans = (speakers: SpeakerEmbeddings): EmbeddingMap =>
  new Map(Array.from(speakers, ([speaker, embeddings]) => [speaker, meanEmbedding(embeddings, speaker)]));

const TRAINING = 'embeddings of training utterances';
const COHORT = 'embeddings of the cohort';

const applyAll = (transforms: readonly EmbeddingTransform[], embeddings: EmbeddingMap, where: string) =>
  transforms.reduce((current, transform) => transformEmbeddings(current, transform, where), embeddings);

function pldaScorer(speakers: SpeakerEmbeddings, options: ScoringOptions['plda']): PairScorer {
  if (options.type === 'simplified') return simplifiedPldaScorer(trainSimplifiedPlda(speakers, options));
  return twoCovarianceScorer(trainTwoCovariancePlda(speakers, options), options);
}

function missing(what: string): never {
  throw internal(`a back-end that needs ${what} was given none`);
}

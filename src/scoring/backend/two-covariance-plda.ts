/**
 * @file Two-covariance PLDA: an embedding is a speaker's own mean plus variation, both Gaussian with full covariances B
 * (between speakers) and W (within); a score is the log-likelihood ratio of one speaker to two.
 *
 * Source: Brümmer and de Villiers, "The speaker partitioning problem", Odyssey 2010; Ioffe, ECCV 2006. B and W are
 * estimated by EM from B = W = I, every speaker counted once, as in Kaldi and WeSpeaker. Each iteration works in the
 * space where W is the identity and B is diag(psi), so that the posteriors of all speakers are diagonal: what costs is
 * one eigendecomposition an iteration, whatever the number of speakers.
 */
import { inverse, Matrix } from 'ml-matrix';
import { UserError } from '../../errors.js';
import type { PairScorer } from './pair-scorer.js';
import { diagonalizeTogether, symmetrized } from './simultaneous-diagonalization.js';
import { gram, speakerStatistics, type SpeakerEmbeddings } from './speaker-statistics.js';

export interface TwoCovariancePlda {
  /** Mean of the speakers' means. [dim] */
  readonly mean: Float64Array;
  /** y = transform (x - mean) has covariance I within speakers, diag(psi) between them. [dim, dim] */
  readonly transform: Matrix;
  /** Descending. [dim] */
  readonly psi: Float64Array;
  /** Embeddings are scaled to the length √dim before and after the transform. */
  readonly lengthNorm: boolean;
}

export interface TrainPldaOptions {
  /** Of EM. */
  readonly iterations?: number;
  readonly lengthNorm?: boolean;
}

/** @throws UserError if there are no more speakers than dimensions, or if a covariance is singular */
export function trainTwoCovariancePlda(
  speakers: SpeakerEmbeddings,
  { iterations = 10, lengthNorm = true }: TrainPldaOptions = {},
): TwoCovariancePlda {
  const statistics = speakerStatistics(lengthNorm ? mapEmbeddings(speakers, toLength) : speakers);
  const { dim, counts, utterances } = statistics;
  checkNumbers(dim, counts.length, utterances);
  const mean = Float64Array.from(statistics.means.mean('column'));
  let means = statistics.means.clone().subRowVector(mean); // [speakers, dim], in the space of `transform`
  let { scatter } = statistics;
  let transform = Matrix.eye(dim);
  let psi = new Float64Array(dim).fill(1);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const { within, between } = maximize({ means, counts, scatter, psi });
    const step = diagonalizeTogether(within, between, 'PLDA: the covariance within speakers');
    psi = Float64Array.from(step.values);
    means = means.mmul(step.transform.transpose());
    scatter = symmetrized(step.transform.mmul(scatter).mmul(step.transform.transpose()));
    transform = step.transform.mmul(transform);
  }
  return { mean, transform, psi, lengthNorm };
}

/** B and W, in the space of the embeddings. */
export function pldaCovariances({ transform, psi }: TwoCovariancePlda): { between: Matrix; within: Matrix } {
  const back = inverse(transform);
  return {
    within: back.mmul(back.transpose()),
    between: back.mmul(Matrix.diag([...psi])).mmul(back.transpose()),
  };
}

/**
 * Scores with a trained PLDA: log-likelihood ratios.
 * @param sessions a model of n utterances is their mean, taken as `counted` n observations of the speaker (by the
 *   book), or as `average`: a single one
 */
export function twoCovarianceScorer(
  { mean, transform, psi, lengthNorm }: TwoCovariancePlda,
  { sessions: counting }: { sessions: 'counted' | 'average' },
): PairScorer {
  const dim = mean.length;
  const project = (embedding: ArrayLike<number>, name: string): ArrayLike<number> => {
    const scaled = lengthNorm ? toLength(embedding, name) : embedding;
    const y = transform.mmul(Matrix.columnVector(Float64Array.from(mean, (value, i) => scaled[i] - value)));
    return lengthNorm ? toLength(y.to1DArray(), name) : y.to1DArray();
  };
  return {
    dim,
    width: 2 * dim, // of [y, y²]: with n sessions the variance of a test embedding depends on n
    allocate: (length) => new Float64Array(length),
    enroll(embeddings, into, at, name) {
      const n = counting === 'counted' ? embeddings.length : 1;
      const y = project(meanOf(embeddings, dim), name);
      let offset = 0;
      for (let i = 0; i < dim; i++) {
        const expected = ((n * psi[i]) / (n * psi[i] + 1)) * y[i];
        const variance = 1 + psi[i] / (n * psi[i] + 1);
        const total = 1 + psi[i];
        into[at + i] = expected / variance;
        into[at + dim + i] = (1 / total - 1 / variance) / 2;
        offset += (Math.log(total / variance) - expected ** 2 / variance) / 2;
      }
      return offset;
    },
    test(embedding, into, at, name) {
      const y = project(embedding, name);
      for (let i = 0; i < dim; i++) {
        into[at + i] = y[i];
        into[at + dim + i] = y[i] ** 2;
      }
      return 0;
    },
  };
}

/** Both steps of an iteration, in the space where W = I and B = diag(psi): the next W and B. */
function maximize({
  means,
  counts,
  scatter,
  psi,
}: {
  means: Matrix;
  counts: readonly number[];
  scatter: Matrix;
  psi: Float64Array;
}): { within: Matrix; between: Matrix } {
  const { rows: speakers, columns: dim } = means;
  const expected = new Matrix(speakers, dim);
  const rest = new Matrix(speakers, dim); // √n (mean - expected)
  const [variances, weighted] = [new Float64Array(dim), new Float64Array(dim)];
  for (let s = 0; s < speakers; s++) {
    const n = counts[s];
    for (let i = 0; i < dim; i++) {
      const shrinkage = (n * psi[i]) / (n * psi[i] + 1);
      const variance = psi[i] / (n * psi[i] + 1);
      const value = shrinkage * means.get(s, i);
      expected.set(s, i, value);
      rest.set(s, i, Math.sqrt(n) * (means.get(s, i) - value));
      variances[i] += variance;
      weighted[i] += n * variance;
    }
  }
  const utterances = counts.reduce((sum, n) => sum + n, 0);
  const between = gram(expected)
    .add(Matrix.diag([...variances]))
    .div(speakers);
  const within = gram(rest)
    .add(Matrix.diag([...weighted]))
    .add(scatter)
    .div(utterances);
  return { within, between };
}

function checkNumbers(dim: number, speakers: number, utterances: number): void {
  if (speakers <= dim) {
    throw new UserError(
      `PLDA of ${dim} dimensions needs more than ${dim} speakers, got ${speakers}\n` +
        `reduce the embeddings first: scoring.lda: ${Math.max(1, Math.min(dim, speakers - 1) - 1)} or less`,
    );
  }
  if (utterances - speakers < dim) {
    throw new UserError(
      `PLDA: the covariance within speakers is singular: ${utterances} utterances of ${speakers} speakers say too little of ${dim} dimensions\n` +
        `take more utterances a speaker, or fewer dimensions with scoring.lda`,
    );
  }
}

/** Scaled to the length √dim, as whitened embeddings have on average. */
function toLength(embedding: ArrayLike<number>, name: string): Float64Array {
  let squares = 0;
  for (let i = 0; i < embedding.length; i++) squares += embedding[i] ** 2;
  if (squares === 0) throw new UserError(`${name}: the embedding is zero, so its length cannot be normalised`);
  const scale = Math.sqrt(embedding.length / squares);
  return Float64Array.from(embedding, (value) => value * scale);
}

function mapEmbeddings(
  speakers: SpeakerEmbeddings,
  map: (embedding: ArrayLike<number>, id: string) => ArrayLike<number>,
): SpeakerEmbeddings {
  return new Map(
    Array.from(speakers, ([speaker, embeddings]) => [
      speaker,
      new Map(Array.from(embeddings, ([id, embedding]) => [id, map(embedding, id)])),
    ]),
  );
}

/** The mean of a model's embeddings. */
export function meanOf(embeddings: readonly ArrayLike<number>[], dim: number): ArrayLike<number> {
  if (embeddings.length === 1) return embeddings[0];
  const mean = new Float64Array(dim);
  for (const embedding of embeddings) for (let i = 0; i < dim; i++) mean[i] += embedding[i] / embeddings.length;
  return mean;
}

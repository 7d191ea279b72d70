/**
 * @file Cosine scoring: the score of a trial is the cosine of the angle between its two embeddings, in [-1, 1].
 *
 * With a mean given, it is subtracted from every embedding first; it must come from other data than the trials' own
 * (usually the training utterances). Embeddings are normalised once each and kept as float32, [utterances, dim];
 * dot products accumulate in double precision, so that score(a, b) = score(b, a) exactly and order does not matter.
 */
import { firstOf } from '../corpus/problem-list.js';
import { UserError } from '../errors.js';

/** Embedding [dim] by utterance id. */
export type Embeddings = ReadonlyMap<string, Float32Array>;

export interface CosineOptions {
  /** Subtracted from every embedding before it is normalised. [dim] */
  readonly mean?: ArrayLike<number>;
  /** Where the embeddings come from, for messages: a file name. */
  readonly where?: string;
}

/**
 * One score a trial, in the trials' order.
 * @throws UserError naming the ids, if an embedding is missing, holds NaN or ±∞, is zero, or differs in length.
 */
export function cosineScores(
  embeddings: Embeddings,
  trials: readonly { readonly enroll: string; readonly test: string }[],
  { mean, where = 'embeddings' }: CosineOptions = {},
): Float64Array<ArrayBuffer> {
  const rows = rowsOfTrials(embeddings, trials, where);
  const { vectors, dim } = unitVectors(embeddings, [...rows.keys()], mean, where);
  const scores = new Float64Array(trials.length);
  for (let t = 0; t < trials.length; t++) {
    const a = rows.get(trials[t].enroll)! * dim;
    const b = rows.get(trials[t].test)! * dim;
    let dot = 0;
    for (let i = 0; i < dim; i++) dot += vectors[a + i] * vectors[b + i];
    scores[t] = Math.min(1, Math.max(-1, dot)); // float32 unit vectors may be a rounding error longer than 1
  }
  return scores;
}

/** The mean of all embeddings, [dim]. @throws UserError if there are none or if their lengths differ. */
export function meanEmbedding(embeddings: Embeddings, where = 'embeddings'): Float64Array<ArrayBuffer> {
  let mean: Float64Array<ArrayBuffer> | undefined;
  for (const [id, embedding] of embeddings) {
    mean ??= new Float64Array(embedding.length);
    checkLength(id, embedding, mean.length, where);
    for (let i = 0; i < mean.length; i++) mean[i] += embedding[i];
  }
  if (!mean) throw new UserError(`${where}: expected embeddings to average, got none`);
  return mean.map((sum) => sum / embeddings.size);
}

/** A row number for each utterance that the trials name. */
function rowsOfTrials(
  embeddings: Embeddings,
  trials: readonly { readonly enroll: string; readonly test: string }[],
  where: string,
): Map<string, number> {
  const rows = new Map<string, number>();
  for (const { enroll, test } of trials) {
    if (!rows.has(enroll)) rows.set(enroll, rows.size);
    if (!rows.has(test)) rows.set(test, rows.size);
  }
  const missing = [...rows.keys()].filter((id) => !embeddings.has(id));
  if (missing.length > 0) {
    throw new UserError(
      `${where}: ${missing.length} of the ${rows.size} utterances in the trials have no embedding: ${firstOf(missing)}\n` +
        `extract them first, or check that the trials and the embeddings are of the same corpus`,
    );
  }
  return rows;
}

function unitVectors(
  embeddings: Embeddings,
  ids: readonly string[],
  mean: ArrayLike<number> | undefined,
  where: string,
): { vectors: Float32Array; dim: number } {
  const dim = mean?.length ?? (ids.length > 0 ? embeddings.get(ids[0])!.length : 0);
  const vectors = new Float32Array(ids.length * dim);
  const centred = new Float64Array(dim);
  ids.forEach((id, row) => {
    const embedding = embeddings.get(id)!;
    checkLength(id, embedding, dim, where);
    let squares = 0;
    for (let i = 0; i < dim; i++) {
      centred[i] = embedding[i] - (mean ? mean[i] : 0);
      squares += centred[i] * centred[i];
    }
    if (!(squares > 0 && squares < Infinity)) {
      const what = squares === 0 ? `zero${mean ? ' after its mean was subtracted' : ''}` : 'not finite';
      throw new UserError(`${where}: the embedding of ${id} is ${what}, so it has no direction; is the model trained?`);
    }
    const norm = Math.sqrt(squares);
    for (let i = 0; i < dim; i++) vectors[row * dim + i] = centred[i] / norm;
  });
  return { vectors, dim };
}

function checkLength(id: string, embedding: Float32Array, dim: number, where: string): void {
  if (embedding.length !== dim) {
    throw new UserError(
      `${where}: the embedding of ${id} has ${embedding.length} values, expected ${dim} as the others`,
    );
  }
}

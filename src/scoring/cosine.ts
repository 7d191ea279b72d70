/**
 * @file Cosine scoring: the score of a trial is the cosine of the angle between its two embeddings, in [-1, 1].
 *
 * With a mean given, it is subtracted from every embedding first; it must come from other data than the trials' own
 * (usually the training utterances). A speaker who is enrolled with several utterances is represented by the average of
 * their normalised embeddings, normalised again: every utterance counts alike, whatever its embedding's length. Embeddings are normalised once each and kept as float32, [utterances, dim];
 * dot products accumulate in double precision, so that score(a, b) = score(b, a) exactly and order does not matter.
 */
import type { Enrolment } from '../corpus/enrolment.js';
import { firstOf } from '../corpus/problem-list.js';
import { UserError } from '../errors.js';

/** Embedding [dim] by utterance id. */
export type Embeddings = ReadonlyMap<string, Float32Array>;

export interface CosineOptions {
  /** Subtracted from every embedding before it is normalised. [dim] */
  readonly mean?: ArrayLike<number>;
  /** The utterances of each model; enrolment ids are then models. */
  readonly enrolment?: Enrolment;
  /** Where the embeddings come from, for messages: a file name. */
  readonly where?: string;
}

interface Pair {
  readonly enroll: string;
  readonly test: string;
}

/**
 * One score a trial, in the trials' order.
 * @throws UserError naming the ids, if an embedding is missing, holds NaN or ±∞, is zero, or differs in length.
 */
export function cosineScores(
  embeddings: Embeddings,
  trials: readonly Pair[],
  { mean, enrolment, where = 'embeddings' }: CosineOptions = {},
): Float64Array<ArrayBuffer> {
  const rows = rowsOfTrials(embeddings, trials, enrolment, where);
  const tests = unitVectors(embeddings, [...rows.keys()], mean, where);
  const { dim } = tests;
  const models = enrolment && averageModels(tests.vectors, { dim, rows, trials, enrolment, where });
  const enrolled = models ?? { vectors: tests.vectors, rows };
  const scores = new Float64Array(trials.length);
  for (let t = 0; t < trials.length; t++) {
    const a = enrolled.rows.get(trials[t].enroll)! * dim;
    const b = rows.get(trials[t].test)! * dim;
    let dot = 0;
    for (let i = 0; i < dim; i++) dot += enrolled.vectors[a + i] * tests.vectors[b + i];
    scores[t] = Math.min(1, Math.max(-1, dot)); // float32 unit vectors may be a rounding error longer than 1
  }
  return scores;
}

/** The normalised average of the unit vectors of each model that the trials name: [models, dim]. */
function averageModels(
  unit: Float32Array,
  {
    dim,
    rows: rowOf,
    trials,
    enrolment,
    where,
  }: { dim: number; rows: Map<string, number>; trials: readonly Pair[]; enrolment: Enrolment; where: string },
): { vectors: Float32Array; rows: Map<string, number> } {
  const rows = new Map<string, number>();
  for (const { enroll } of trials) if (!rows.has(enroll)) rows.set(enroll, rows.size);
  const vectors = new Float32Array(rows.size * dim);
  const sum = new Float64Array(dim);
  for (const [model, row] of rows) {
    sum.fill(0);
    for (const id of enrolment.get(model)!) {
      const at = rowOf.get(id)! * dim;
      for (let i = 0; i < dim; i++) sum[i] += unit[at + i];
    }
    const norm = Math.hypot(...sum);
    if (norm === 0)
      throw new UserError(`${where}: the embeddings of model ${model} cancel out, so it has no direction`);
    for (let i = 0; i < dim; i++) vectors[row * dim + i] = sum[i] / norm;
  }
  return { vectors, rows };
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

/** A row number for each utterance that the trials name, or the models that they name. */
function rowsOfTrials(
  embeddings: Embeddings,
  trials: readonly Pair[],
  enrolment: Enrolment | undefined,
  where: string,
): Map<string, number> {
  const rows = new Map<string, number>();
  const add = (id: string) => {
    if (!rows.has(id)) rows.set(id, rows.size);
  };
  const models = new Set<string>();
  for (const { enroll, test } of trials) {
    if (!enrolment) add(enroll);
    else if (!models.has(enroll)) {
      models.add(enroll);
      const utterances = enrolment.get(enroll);
      if (!utterances) throw new UserError(`${where}: model ${enroll} of the trials is not in the enrolment map`);
      utterances.forEach(add);
    }
    add(test);
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

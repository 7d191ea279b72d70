/**
 * @file Scores of trials as inner products: what every back-end here comes down to.
 *
 * A back-end turns a model (the embeddings of one or more enrolment utterances) into one vector and a test utterance
 * into another, each with a number beside it: score = ⟨model, test⟩ + offset of the model + offset of the test. Each
 * side is prepared once, [rows, width], however many trials name it, and scores against a whole cohort are one matrix
 * product. Inner products of trials accumulate in double precision.
 */
import type { Enrolment } from '../../corpus/trials/enrolment.js';
import { firstOf } from '../../problem-list.js';
import { UserError } from '../../errors.js';
import { pairProducts, type Vectors } from './pair-products.js';

/** An embedding [dim] by utterance id. */
export type EmbeddingMap = ReadonlyMap<string, ArrayLike<number>>;

/** A back-end, ready to score embeddings of `dim` values. */
export interface PairScorer {
  readonly dim: number;
  /** Length of the vectors whose inner product is taken. */
  readonly width: number;
  /** What the vectors are kept in. */
  allocate(length: number): Vectors;
  /** Puts a model of these embeddings at `into[at …]`. @returns its offset. Throws UserError that names it. */
  enroll(sessions: readonly ArrayLike<number>[], into: Vectors, at: number, name: string): number;
  /** Puts a test embedding at `into[at …]`. @returns its offset. Throws UserError that names it. */
  test(embedding: ArrayLike<number>, into: Vectors, at: number, name: string): number;
  /** Largest score by definition, which rounding must not exceed. */
  readonly bound?: number;
}

/** One side of the trials: row-major vectors [rows, width] and their offsets [rows]. */
export interface ScoredSide {
  readonly rows: ReadonlyMap<string, number>;
  readonly vectors: Vectors;
  readonly offsets: Float64Array;
}

/** Models and test utterances. */
export interface ScoredSides {
  readonly models: ScoredSide;
  readonly tests: ScoredSide;
}

/** Both sides of a list of trials, and which of their rows each trial is of. */
export interface TrialSides extends ScoredSides {
  readonly modelRows: Uint32Array;
  readonly testRows: Uint32Array;
}

export interface Pair {
  readonly enroll: string;
  readonly test: string;
}

export interface TrialSidesOptions {
  /** The utterances of each model; enrolment ids are then models. */
  readonly enrolment?: Enrolment;
  /** Where the embeddings come from, for messages: a file name. */
  readonly where?: string;
}

/**
 * Prepares what the trials name.
 * @throws UserError naming the ids, if an embedding is missing, holds NaN or ±∞, or differs in length.
 */
export function trialSides(
  scorer: PairScorer,
  embeddings: EmbeddingMap,
  trials: readonly Pair[],
  { enrolment, where = 'embeddings' }: TrialSidesOptions = {},
): TrialSides {
  const modelRows = new Uint32Array(trials.length);
  const testRows = new Uint32Array(trials.length);
  const rowOfModel = new Map<string, number>();
  const rowOfTest = new Map<string, number>();
  for (const [t, { enroll, test }] of trials.entries()) {
    modelRows[t] = rowIn(rowOfModel, enroll);
    testRows[t] = rowIn(rowOfTest, test);
  }
  const sessions = new Map(
    Array.from(rowOfModel.keys(), (model) => {
      const utterances = enrolment ? enrolment.get(model) : [model];
      if (!utterances) throw new UserError(`${where}: model ${model} of the trials is not in the enrolment map`);
      return [model, utterances];
    }),
  );
  const tests = [...rowOfTest.keys()];
  checkPresent(embeddings, new Set([...[...sessions.values()].flat(), ...tests]), where);
  const vectorOf = (id: string) => {
    const embedding = embeddings.get(id)!;
    checkEmbedding(id, embedding, scorer.dim, where);
    return embedding;
  };
  return {
    modelRows,
    testRows,
    models: fillSide(scorer, [...sessions.keys()], (name, vectors, at) => {
      const ids = sessions.get(name)!;
      return scorer.enroll(ids.map(vectorOf), vectors, at, enrolment ? `${where}: model ${name}` : `${where}: ${name}`);
    }),
    tests: fillSide(scorer, tests, (id, vectors, at) => scorer.test(vectorOf(id), vectors, at, `${where}: ${id}`)),
  };
}

/** Prepares single embeddings, as models and as tests: a cohort. Names are those of messages. */
export function bothSides(scorer: PairScorer, embeddings: EmbeddingMap, where: string): ScoredSides {
  for (const [name, embedding] of embeddings) checkEmbedding(name, embedding, scorer.dim, where);
  const names = [...embeddings.keys()];
  return {
    models: fillSide(scorer, names, (name, vectors, at) =>
      scorer.enroll([embeddings.get(name)!], vectors, at, `${where}: ${name}`),
    ),
    tests: fillSide(scorer, names, (name, vectors, at) =>
      scorer.test(embeddings.get(name)!, vectors, at, `${where}: ${name}`),
    ),
  };
}

/** One score a trial, in the trials' order. */
export function pairScores(
  { width, bound = Infinity }: Pick<PairScorer, 'width' | 'bound'>,
  { models, tests, modelRows, testRows }: TrialSides,
): Float64Array<ArrayBuffer> {
  const scores = pairProducts(
    { vectors: models.vectors, rows: modelRows },
    { vectors: tests.vectors, rows: testRows },
    { width },
  );
  for (let t = 0; t < scores.length; t++) {
    const score = scores[t] + models.offsets[modelRows[t]] + tests.offsets[testRows[t]];
    scores[t] = Math.min(bound, Math.max(-bound, score));
  }
  return scores;
}

/** The row of a name, which is the next one where the name is new. */
function rowIn(rows: Map<string, number>, name: string): number {
  let row = rows.get(name);
  if (row === undefined) rows.set(name, (row = rows.size));
  return row;
}

function fillSide(
  scorer: PairScorer,
  names: readonly string[],
  fill: (name: string, vectors: Vectors, at: number) => number,
): ScoredSide {
  const vectors = scorer.allocate(names.length * scorer.width);
  const offsets = Float64Array.from(names, (name, row) => fill(name, vectors, row * scorer.width));
  return { rows: new Map(names.map((name, row) => [name, row])), vectors, offsets };
}

function checkPresent(embeddings: EmbeddingMap, ids: ReadonlySet<string>, where: string): void {
  const missing = [...ids].filter((id) => !embeddings.has(id));
  if (missing.length === 0) return;
  throw new UserError(
    `${where}: ${missing.length} of the ${ids.size} utterances in the trials have no embedding: ${firstOf(missing)}\n` +
      `extract them first, or check that the trials and the embeddings are of the same corpus`,
  );
}

/** @throws UserError naming an embedding of another length than expected, or one that holds NaN or ±∞ */
export function checkEmbedding(id: string, embedding: ArrayLike<number>, dim: number, where: string): void {
  if (embedding.length !== dim) {
    throw new UserError(
      `${where}: the embedding of ${id} has ${embedding.length} values, expected ${dim} as the others`,
    );
  }
  for (let i = 0; i < dim; i++) {
    if (!Number.isFinite(embedding[i])) {
      throw new UserError(
        `${where}: the embedding of ${id} is not finite: value ${i} is ${embedding[i]}\n` +
          'look for broken audio of this utterance, or for a model whose training diverged',
      );
    }
  }
}

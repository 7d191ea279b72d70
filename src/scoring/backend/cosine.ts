/**
 * @file Cosine scoring: the score of a trial is the cosine of the angle between its two embeddings, in [-1, 1].
 *
 * A speaker who is enrolled with several utterances is represented by the average of their normalised embeddings,
 * normalised again: every utterance counts alike, whatever its embedding's length. Embeddings are normalised once each
 * and kept as float32; dot products accumulate in double precision, so that score(a, b) = score(b, a) exactly and order
 * does not matter.
 */
import { UserError } from '../../errors.js';
import type { Vectors } from './pair-products.js';
import {
  pairScores,
  trialSides,
  type EmbeddingMap,
  type Pair,
  type PairScorer,
  type TrialSidesOptions,
} from './pair-scorer.js';

/** Embedding [dim] by utterance id. */
export type Embeddings = ReadonlyMap<string, Float32Array>;

/** Scores embeddings of `dim` values by the cosine of their angle. */
export function cosineScorer(dim: number): PairScorer {
  const sum = new Float64Array(dim);
  return {
    dim,
    width: dim,
    bound: 1, // float32 unit vectors may be a rounding error longer than 1
    allocate: (length) => new Float32Array(length),
    enroll(sessions, into, at, name) {
      if (sessions.length === 1) return direction(sessions[0], into, at, name);
      sum.fill(0);
      for (const session of sessions) {
        direction(session, into, at, name);
        for (let i = 0; i < dim; i++) sum[i] += into[at + i];
      }
      if (sum.every((value) => value === 0)) {
        throw new UserError(`${name}: its embeddings cancel out, so it has no direction`);
      }
      return direction(sum, into, at, name);
    },
    test: direction,
  };
}

/**
 * One score a trial, in the trials' order.
 * @throws UserError naming the ids, if an embedding is missing, holds NaN or ±∞, is zero, or differs in length.
 */
export function cosineScores(
  embeddings: EmbeddingMap,
  trials: readonly Pair[],
  options: TrialSidesOptions = {},
): Float64Array<ArrayBuffer> {
  const [first = []] = embeddings.values();
  const scorer = cosineScorer(first.length);
  return pairScores(scorer, trialSides(scorer, embeddings, trials, options));
}

/** Puts the unit vector of an embedding at `into[at …]`. @returns 0, the offset of every cosine */
function direction(embedding: ArrayLike<number>, into: Vectors, at: number, name: string): number {
  let squares = 0;
  for (let i = 0; i < embedding.length; i++) squares += embedding[i] * embedding[i];
  if (!(squares > 0 && squares < Infinity)) {
    const what = squares === 0 ? 'zero' : 'too large';
    throw new UserError(`${name}: the embedding is ${what}, so it has no direction; is the model trained?`);
  }
  const norm = Math.sqrt(squares);
  for (let i = 0; i < embedding.length; i++) into[at + i] = embedding[i] / norm;
  return 0;
}

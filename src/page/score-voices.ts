/**
 * @file The score of two voices as the model's recipe scores: what is done to embeddings, the cosine, normalisation
 * against a cohort. `scoring/backend` does the same for lists of millions; a test holds the two together.
 */
import type { PageScoring } from './page-facts.js';

/** Embeddings of other speakers, unit vectors after the other one: [members · values]. */
export type Cohort = Float32Array;

/** The voice of several recordings: the mean of the directions that their embeddings have once they are transformed. */
export function voiceOf(embeddings: readonly Float32Array[], { transforms = [] }: PageScoring): Float64Array {
  const directions = embeddings.map((embedding) => unit(transforms.reduce(transformed, Float64Array.from(embedding))));
  return unit(directions[0].map((_, i) => directions.reduce((sum, direction) => sum + direction[i], 0)));
}

function transformed(x: Float64Array, { mean, matrix }: NonNullable<PageScoring['transforms']>[number]): Float64Array {
  const centred = mean ? x.map((value, i) => value - mean[i]) : x;
  return matrix
    ? Float64Array.from(matrix, (row) => row.reduce((sum, factor, i) => sum + factor * centred[i], 0))
    : centred;
}

function unit(x: Float64Array): Float64Array {
  const length = Math.hypot(...x);
  return x.map((value) => value / length);
}

export interface VoiceScore {
  readonly cosine: number;
  /** In units of the spread of scores against the cohort; the cosine where there is none. */
  readonly score: number;
}

export function scoreVoices(
  known: Float64Array,
  tested: Float64Array,
  { cohort }: PageScoring,
  members: Cohort,
): VoiceScore {
  const cosine = known.reduce((sum, value, i) => sum + value * tested[i], 0);
  if (!cohort) return { cosine, score: cosine };
  const { normalize } = cohort;
  const sides = [...(normalize === 't-norm' ? [] : [known]), ...(normalize === 'z-norm' ? [] : [tested])];
  const normalized = sides.map((side) => {
    const { mean, deviation } = spreadOf(side, cohort, members);
    return (cosine - mean) / deviation;
  });
  return { cosine, score: normalized.reduce((sum, each) => sum + each, 0) / normalized.length };
}

/** Of the `top` highest scores of a voice against the cohort. */
function spreadOf(side: Float64Array, { top, sample }: NonNullable<PageScoring['cohort']>, members: Cohort) {
  const size = side.length;
  const scores = Float64Array.from({ length: members.length / size }, (_, member) => {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += side[i] * members[member * size + i];
    return sum;
  });
  const highest = scores.sort().subarray(-top);
  const mean = highest.reduce((sum, score) => sum + score, 0) / highest.length;
  const squares = highest.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (highest.length - (sample ? 1 : 0))) };
}

/** @file How far the embeddings of an exported file are from the model's own. */
import type { Features } from '../../features/fbank/fbank.js';

export interface Agreement {
  readonly utterances: number;
  /** Of one value of an embedding. */
  readonly largestDifference: number;
  /** The largest value of an embedding, to see the difference beside. */
  readonly largestValue: number;
  readonly lowestCosine: number;
}

/** Embeddings of the same utterances from two sources, in the same order. */
export function compareEmbeddings(ours: readonly Float32Array[], theirs: readonly Float32Array[]): Agreement {
  let [largestDifference, largestValue, lowestCosine] = [0, 0, 1];
  ours.forEach((embedding, i) => {
    embedding.forEach((value, k) => {
      largestDifference = Math.max(largestDifference, Math.abs(value - theirs[i][k]));
      largestValue = Math.max(largestValue, Math.abs(value));
    });
    lowestCosine = Math.min(lowestCosine, cosine(embedding, theirs[i]));
  });
  return { utterances: ours.length, largestDifference, largestValue, lowestCosine };
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** Noise in the place of features, for models that do not say which features they take. */
export function noiseFeatures(frames: number, bins: number, random: { normal(): number }): Features {
  return { frames, bins, data: Float32Array.from({ length: frames * bins }, () => random.normal()) };
}

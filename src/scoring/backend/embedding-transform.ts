/** @file What is done to every embedding before pairs are scored: y = matrix (x - mean), either of them optional. */
import type { Matrix } from 'ml-matrix';
import { UserError } from '../../errors.js';
import { checkEmbedding, type EmbeddingMap } from './pair-scorer.js';

export interface EmbeddingTransform {
  /** [dim] */
  readonly mean?: ArrayLike<number>;
  /** [new dim, dim] */
  readonly matrix?: Matrix;
}

/** @throws UserError naming an embedding that is not finite or of another length */
export function transformEmbeddings(
  embeddings: EmbeddingMap,
  { mean, matrix }: EmbeddingTransform,
  where: string,
): EmbeddingMap {
  if (!mean && !matrix) return embeddings;
  const dim = mean?.length ?? matrix!.columns;
  const rows = matrix?.to1DArray();
  const centred = new Float64Array(dim);
  const transformOne = (id: string, embedding: ArrayLike<number>): Float32Array => {
    checkEmbedding(id, embedding, dim, where);
    for (let i = 0; i < dim; i++) centred[i] = embedding[i] - (mean ? mean[i] : 0);
    if (!rows) return Float32Array.from(centred);
    const result = new Float32Array(rows.length / dim);
    for (let row = 0; row < result.length; row++) {
      let sum = 0;
      for (let i = 0; i < dim; i++) sum += rows[row * dim + i] * centred[i];
      result[row] = sum;
    }
    return result;
  };
  return new Map(Array.from(embeddings, ([id, embedding]) => [id, transformOne(id, embedding)]));
}

/** The mean of all embeddings, [dim]. @throws UserError if there are none, or naming one that is of another length */
export function meanEmbedding(embeddings: EmbeddingMap, where: string): Float64Array<ArrayBuffer> {
  let mean: Float64Array<ArrayBuffer> | undefined;
  for (const [id, embedding] of embeddings) {
    mean ??= new Float64Array(embedding.length);
    checkEmbedding(id, embedding, mean.length, where);
    for (let i = 0; i < mean.length; i++) mean[i] += embedding[i];
  }
  if (!mean) throw new UserError(`${where}: expected embeddings to average, got none`);
  return mean.map((sum) => sum / embeddings.size);
}

/**
 * @file The vectors and trials that scoring is timed on, in a file that contestants in any language read.
 *
 * `<path>.f32` holds unit vectors of models, test utterances and cohort, one after the other, row-major; `<path>.u32`
 * the rows of model and test utterance of each trial. Both in this machine's byte order.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { keyedRandom } from '../dist/src/random.js';

export const WIDTH = 192; // values of an embedding
export const TRIALS = 1_000_000;
export const TOP = 300; // highest cohort scores

/** @typedef {{ models: number, cohort: number }} Sizes as many test utterances as models */

/** @param {string} path @param {Sizes} sizes */
export function writeScoringData(path, { models, cohort }) {
  const random = keyedRandom('bench-scoring');
  const vectors = new Float32Array((2 * models + cohort) * WIDTH);
  for (let start = 0; start < vectors.length; start += WIDTH) {
    const vector = vectors.subarray(start, start + WIDTH);
    for (let i = 0; i < WIDTH; i++) vector[i] = 0.3 + random.normal();
    const length = Math.hypot(...vector);
    for (let i = 0; i < WIDTH; i++) vector[i] /= length;
  }
  const rows = Uint32Array.from({ length: 2 * TRIALS }, () => random.below(models));
  for (let i = 0; i < Math.min(models, TRIALS); i++) rows.set([i, i], 2 * i); // everyone has a trial, in order
  writeFileSync(`${path}.f32`, new Uint8Array(vectors.buffer));
  writeFileSync(`${path}.u32`, new Uint8Array(rows.buffer));
}

/**
 * The same as embeddings by name and trials of names.
 * @param {string} path @param {Sizes} sizes
 */
export function readScoringData(path, { models, cohort }) {
  const copyOf = (/** @type {string} */ file) => new Uint8Array(readFileSync(file)).buffer; // aligned
  const vectors = new Float32Array(copyOf(`${path}.f32`));
  const rows = new Uint32Array(copyOf(`${path}.u32`));
  const named = (/** @type {string} */ prefix, /** @type {number} */ first, /** @type {number} */ count) =>
    Array.from({ length: count }, (_, i) => {
      const start = (first + i) * WIDTH;
      return /** @type {const} */ ([`${prefix}${i}`, vectors.subarray(start, start + WIDTH)]);
    });
  return {
    embeddings: new Map([...named('e', 0, models), ...named('t', models, models)]),
    members: new Map(named('c', 2 * models, cohort)),
    pairs: Array.from({ length: rows.length / 2 }, (_, i) => ({
      enroll: `e${rows[2 * i]}`,
      test: `t${rows[2 * i + 1]}`,
    })),
  };
}

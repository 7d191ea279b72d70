/**
 * @file Embeddings in the formats that `acanet embed` writes:
 * - `ark`: Kaldi's binary vectors, `X.ark` and `X.scp`;
 * - `text`: Kaldi's text form, `key  [ v v v ]`;
 * - `npy`: one float32 matrix [utterances, dim] for NumPy, and the keys of its rows in `X.keys`.
 */
import { resolve } from 'node:path';
import { UserError } from '../../errors.js';
import { writeFileAtomic } from '../../storage/atomic-write.js';
import type { Embeddings } from '../../scoring/backend/cosine.js';
import { writeEmbeddings } from '../../scoring/backend/embedding-archive.js';

export const embeddingFormats = ['ark', 'text', 'npy'] as const;
export type EmbeddingFormat = (typeof embeddingFormats)[number];

/**
 * The files that embeddings written to `path` lie in. To be asked before the work.
 * @throws UserError for a name that does not fit the format, or that is one of `inputs`, which would be lost
 */
export function embeddingFiles(format: EmbeddingFormat, path: string, inputs: readonly string[]): string[] {
  if (format === 'ark' && !path.endsWith('.ark')) {
    throw new UserError(`${path}: expected a name that ends in .ark\n  other formats: --format npy, --format text`);
  }
  const beside = { ark: [path.replace(/\.ark$/, '.scp')], text: [], npy: [path.replace(/(\.npy)?$/, '.keys')] };
  const files = [path, ...beside[format]];
  const read = new Set(inputs.map((input) => resolve(input)));
  const lost = files.find((file) => read.has(resolve(file)));
  if (lost !== undefined) throw new UserError(`${lost}: would be overwritten, and is an input\n  name another --out`);
  return files;
}

/** Writes embeddings, in the order of the map. @returns the files written */
export function writeEmbeddingsAs(format: EmbeddingFormat, path: string, embeddings: Embeddings): string[] {
  switch (format) {
    case 'ark':
      writeEmbeddings(path, embeddings);
      return [path, path.replace(/\.ark$/, '.scp')];
    case 'text':
      writeFileAtomic(path, [...embeddings].map(([key, vector]) => `${key}  [ ${vector.join(' ')} ]\n`).join(''));
      return [path];
    case 'npy': {
      const keys = path.replace(/(\.npy)?$/, '.keys');
      writeFileAtomic(path, encodeNpy([...embeddings.values()]));
      writeFileAtomic(keys, [...embeddings.keys()].map((key) => `${key}\n`).join(''));
      return [path, keys];
    }
  }
}

/** NumPy's format 1.0: magic, version, header length, a Python dict padded to a multiple of 64 bytes, the values. */
function encodeNpy(rows: readonly Float32Array[]): Uint8Array {
  const columns = rows[0]?.length ?? 0;
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows.length}, ${columns}), }`;
  const length = Math.ceil((10 + dict.length + 1) / 64) * 64 - 10;
  const head = Buffer.alloc(10 + length, ' ');
  head.write('\x93NUMPY\x01\x00', 'latin1');
  head.writeUInt16LE(length, 8);
  head.write(dict, 10, 'latin1');
  head.write('\n', 9 + length, 'latin1');
  return Buffer.concat([head, ...rows.map((row) => Buffer.from(row.buffer, row.byteOffset, row.byteLength))]);
}

/**
 * @file Embeddings in the formats that `acanet embed` writes:
 * - `ark`: Kaldi's binary vectors, `X.ark` and `X.scp`;
 * - `text`: Kaldi's text form, `key  [ v v v ]`;
 * - `npy`: one float32 matrix [utterances, dim] for NumPy, and the keys of its rows in `X.keys`;
 * - `csv`: a row an utterance: its key and the values, `e1` to the last.
 * Embeddings of windows have their places with them: in `csv` as columns, else in `X.segments`, `key recording start end`
 * lines as Kaldi has them, and `X.utt2spk` where speakers are known.
 */
import { refuseReplacing } from '../../storage/overwriting.js';
import { UserError } from '../../errors.js';
import { writeFileAtomic } from '../../storage/atomic-write.js';
import type { Embeddings } from '../../scoring/backend/cosine.js';
import { toCsv } from '../../storage/csv.js';
import type { EmbeddedWindow } from './embed-windows.js';
import { writeEmbeddings } from '../../scoring/backend/embedding-archive.js';

export const embeddingFormats = ['ark', 'text', 'npy', 'csv'] as const;
export type EmbeddingFormat = (typeof embeddingFormats)[number];

/**
 * The files that embeddings written to `path` lie in. To be asked before the work.
 * @throws UserError for a name that does not fit the format, or that is one of `inputs`, which would be lost
 */
export function embeddingFiles(
  format: EmbeddingFormat,
  path: string,
  inputs: readonly string[],
  { windows = false } = {},
): string[] {
  if (path === '-') throw new UserError('--out -: expected a file; for the standard output name /dev/stdout');
  if (format === 'ark' && !path.endsWith('.ark')) {
    throw new UserError(
      `${path}: expected a name that ends in .ark\n  other formats: --format npy, --format text, --format csv`,
    );
  }
  const beside = {
    ark: [path.replace(/\.ark$/, '.scp')],
    text: [],
    npy: [path.replace(/(\.npy)?$/, '.keys')],
    csv: [],
  };
  const places = windows && format !== 'csv' ? [placesPath(path, '.segments'), placesPath(path, '.utt2spk')] : [];
  const files = [path, ...beside[format], ...places];
  refuseReplacing(files, inputs);
  return files;
}

/** `X.ark` → `X.segments` */
const placesPath = (path: string, ending: string) => `${path.replace(/\.(ark|npy|txt)$/, '')}${ending}`;

/** Writes embeddings of windows, in their order, with their places. @returns the files written */
export function writeWindowsAs(format: EmbeddingFormat, path: string, windows: readonly EmbeddedWindow[]): string[] {
  const spoken = windows.some(({ speaker }) => speaker !== undefined);
  if (format === 'csv') {
    const names = ['id', 'recording', 'start', 'end', ...(spoken ? ['speaker'] : [])];
    const header = [...names, ...valueNames(windows[0]?.embedding)];
    const rows = windows.map(({ id, recording, start, end, speaker = '', embedding }) => [
      ...[id, recording, seconds(start), seconds(end)],
      ...(spoken ? [speaker] : []),
      ...embedding,
    ]);
    writeFileAtomic(path, toCsv([header, ...rows]));
    return [path];
  }
  const written = writeEmbeddingsAs(format, path, new Map(windows.map(({ id, embedding }) => [id, embedding])));
  const segments = placesPath(path, '.segments');
  const lines = windows.map(
    ({ id, recording, start, end }) => `${id} ${recording} ${seconds(start)} ${seconds(end)}\n`,
  );
  writeFileAtomic(segments, lines.join(''));
  if (!spoken) return [...written, segments];
  const speakers = placesPath(path, '.utt2spk');
  writeFileAtomic(speakers, windows.map(({ id, recording, speaker = recording }) => `${id} ${speaker}\n`).join(''));
  return [...written, segments, speakers];
}

const seconds = (value: number) => value.toFixed(3);
const valueNames = (embedding: Float32Array | undefined) => Array.from(embedding ?? [], (_, i) => `e${i + 1}`);

/** Writes embeddings, in the order of the map. @returns the files written */
export function writeEmbeddingsAs(format: EmbeddingFormat, path: string, embeddings: Embeddings): string[] {
  switch (format) {
    case 'ark':
      writeEmbeddings(path, embeddings);
      return [path, path.replace(/\.ark$/, '.scp')];
    case 'text':
      writeFileAtomic(path, [...embeddings].map(([key, vector]) => `${key}  [ ${vector.join(' ')} ]\n`).join(''));
      return [path];
    case 'csv': {
      const [first] = embeddings.values();
      const rows = Array.from(embeddings, ([key, vector]) => [key, ...vector]);
      writeFileAtomic(path, toCsv([['id', ...valueNames(first)], ...rows]));
      return [path];
    }
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

/**
 * @file Embeddings on disc: a Kaldi archive of float32 vectors, with its table beside it (`X.ark`, `X.scp`); read as
 * text too.
 */
import { UserError } from '../../errors.js';
import { readUpTo } from '../../storage/archive-files.js';
import { fileKind, KIND_BYTES } from '../../storage/file-kinds.js';
import type { Embeddings } from './cosine.js';
import {
  createArchiveWriter,
  listArchive,
  readScp,
  readVector,
  writeScp,
  type ArchiveEntry,
} from '../../storage/kaldi-archive.js';
import { readTextVectors } from '../../storage/kaldi-text-archive.js';
import type { WrittenFile } from '../../storage/written-files.js';

/** Writes `path` and the `.scp` of the same name, in the order of the map. @returns what the archive is */
export function writeEmbeddings(path: string, embeddings: Embeddings): WrittenFile {
  if (!path.endsWith('.ark')) throw new UserError(`${path}: expected a name that ends in .ark`);
  const writer = createArchiveWriter(path);
  try {
    for (const [key, vector] of embeddings) writer.writeVector(key, vector);
  } catch (error) {
    writer.abort();
    throw error;
  }
  const { entries, bytes, sha256 } = writer.close();
  writeScp(path.replace(/\.ark$/, '.scp'), entries);
  return { bytes, sha256 };
}

/** Reads all vectors of an archive, binary or text, or of those that a table (.scp) names. */
export function readEmbeddings(path: string): Map<string, Float32Array> {
  return new Map(Array.from(openEmbeddings(path), ([key, read]) => [key, read()]));
}

/** The same, each vector read when it is asked for. */
export function openEmbeddings(path: string): Map<string, () => Float32Array> {
  if (/\.(csv|npy|npz)$/i.test(path)) {
    throw new UserError(
      `${path}: expected an archive of embeddings (.ark), or its table (.scp)\n  \`acanet embed … --out X.ark\` writes both`,
    );
  }
  if (path.endsWith('.scp')) return byKey(readScp(path));
  if (fileKind(readUpTo(path, 0, KIND_BYTES), path)?.id !== 'text vectors') return byKey(listArchive(path));
  return new Map(Array.from(readTextVectors(path), ([key, vector]) => [key, () => vector]));
}

const byKey = (entries: readonly ArchiveEntry[]) =>
  new Map(entries.map((entry) => [entry.key, () => readVector(entry)] as const));

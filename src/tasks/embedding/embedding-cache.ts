/**
 * @file Embeddings of audio that has been embedded before, kept by model: a second list over the same recordings costs
 * no work. A recording is told by its path, size and time of change, and by the piece of it that is embedded; the cache
 * of another model, engine or kind of device is another file.
 *
 * Two files, `<name>.ark` and a record of its SHA-256. What does not fit its record is made again, never used.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { AudioPiece } from '../../features/utterance-features.js';
import { readEmbeddings } from '../../scoring/backend/embedding-archive.js';
import { writeJsonAtomic } from '../../storage/atomic-write.js';
import { sha256Hex, stableJson } from '../../storage/hashing.js';
import { whileHolding } from '../../storage/file-lock.js';
import { createArchiveWriter } from '../../storage/kaldi-archive.js';
import { sealed, unsealed } from '../../storage/sealed-json.js';
import { damageOf, recordFiles } from '../../storage/written-files.js';

export interface EmbeddingCache {
  find(piece: AudioPiece): Float32Array | undefined;
  add(piece: AudioPiece, embedding: Float32Array): void;
  /** Writes what was added, whole or not at all. */
  save(): void;
}

const record = z.object({ file: z.object({ bytes: z.number(), sha256: z.string() }) });

/** @param made all that embeddings depend on beside the audio: the model's identity, the engine, the sample rates */
export function openEmbeddingCache(folder: string, made: Readonly<Record<string, unknown>>): EmbeddingCache {
  const name = sha256Hex(stableJson(made)).slice(0, 16);
  const [archive, description] = [join(folder, `${name}.ark`), join(folder, `${name}.json`)];
  const written = () => (isAsWritten(archive, description) ? readEmbeddings(archive) : new Map<string, Float32Array>());
  const known = written();
  let added = false;
  const write = () => {
    // Another process may have added some meanwhile.
    for (const [key, embedding] of written()) if (!known.has(key)) known.set(key, embedding);
    const writer = createArchiveWriter(archive);
    try {
      for (const [key, embedding] of known) writer.writeVector(key, embedding);
    } catch (error) {
      writer.abort();
      throw error;
    }
    writer.close();
    const { [`${name}.ark`]: file } = recordFiles(folder, [`${name}.ark`]);
    writeJsonAtomic(description, sealed({ made, file }));
  };
  return {
    find: (piece) => known.get(keyOf(piece)),
    add(piece, embedding) {
      known.set(keyOf(piece), embedding);
      added = true;
    },
    save() {
      if (added) whileHolding(archive, write);
      added = false;
    },
  };
}

function isAsWritten(archive: string, description: string): boolean {
  if (!existsSync(archive) || !existsSync(description)) return false;
  try {
    const { value, sealed: seal } = unsealed(JSON.parse(readFileSync(description, 'utf8')));
    const read = record.safeParse(value);
    return seal === 'whole' && read.success && damageOf(archive, read.data.file) === undefined;
  } catch {
    return false;
  }
}

/** A recording that was written anew has another key. */
function keyOf({ path, offset = 0, duration, channel, trailingSilence = 0 }: AudioPiece): string {
  // The time of change is the file system's own: no copy or archive sets it.
  const { size, ctimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { size: -1, ctimeMs: 0 };
  return sha256Hex(stableJson([resolve(path), size, ctimeMs, offset, duration, channel, trailingSilence])).slice(0, 32);
}

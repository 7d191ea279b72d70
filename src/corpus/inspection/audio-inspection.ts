/**
 * @file Listening to all audio of a corpus before anything is trained on it, in worker threads.
 *
 * Results come in the order of the utterances, whatever the number of threads, and only a few batches are under way at
 * a time; so a corpus of any size needs little memory. What they amount to is counted in `inspection-summary.ts`.
 * `inspection.jsonl` keeps them: a first line that names the manifest by its SHA-256, then one line an utterance.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { internal } from '../../errors.js';
import { openPendingFile } from '../../storage/atomic-write.js';
import { fileSha256 } from '../../storage/hashing.js';
import { readJsonl } from '../../storage/jsonl.js';
import { createThreadPool } from '../../thread-pool.js';
import type { AudioInspection, InspectedPiece } from './audio-inspection-task.js';
import type { Utterance } from '../manifest/manifest.js';

export type { AudioInspection } from './audio-inspection-task.js';

export interface InspectionProgress {
  /** Utterances inspected and in all. */
  done: number;
  total: number;
  /** Seconds of audio inspected; what several utterances are is inspected once. */
  audioSeconds: number;
}

export interface InspectAudioOptions {
  /** Default: as many as the machine runs at once. Does not change the result. */
  threads?: number;
  onProgress?: (progress: InspectionProgress) => void;
  signal?: AbortSignal;
}

/** A batch ends after so many utterances or seconds, whichever comes first. */
const BATCH_UTTERANCES = 32;
const BATCH_SECONDS = 300;

/**
 * Decodes and measures every utterance; yields one result each, in their order. Audio that several utterances are
 * (lists that name one with different silence after it, or under several names) is decoded once. Audio that cannot be
 * read is a result too (`problem`), not an error. Throws `signal.reason` when aborted.
 */
export async function* inspectAudio(
  utterances: readonly Utterance[],
  { threads = availableParallelism(), onProgress, signal }: InspectAudioOptions = {},
): AsyncGenerator<AudioInspection, void> {
  signal?.throwIfAborted();
  const firsts = firstsOfPieces(utterances);
  const batches = batchesOf(utterances.filter((_, index) => !firsts.has(index)));
  const pool = createThreadPool<InspectedPiece[], AudioInspection[]>({
    module: new URL('./audio-inspection-worker.js', import.meta.url),
    threads: [1, Math.max(1, threads)],
  });
  const underWay: { seconds: number; results: Promise<AudioInspection[]> }[] = [];
  const start = () => {
    const { value: batch } = batches.next();
    if (!batch) return;
    const results = pool.run(batch);
    results.catch(() => undefined); // it is awaited below, unless an earlier one fails
    underWay.push({ seconds: batch.reduce((sum, { duration }) => sum + duration, 0), results });
  };
  const repeated = new Set(firsts.values());
  const kept = new Map<number, AudioInspection>();
  const progress: InspectionProgress = { done: 0, total: utterances.length, audioSeconds: 0 };
  try {
    for (let i = 0; i < 2 * threads; i++) start();
    for (let next = underWay.shift(); next; next = underWay.shift()) {
      const results = await next.results;
      signal?.throwIfAborted();
      start();
      for (const result of results) {
        if (repeated.has(progress.done)) kept.set(progress.done, result);
        progress.done++;
        yield result;
        for (let first = firsts.get(progress.done); first !== undefined; first = firsts.get(progress.done)) {
          yield { ...kept.get(first)!, id: utterances[progress.done++].id };
        }
      }
      progress.audioSeconds += next.seconds;
      onProgress?.({ ...progress });
    }
  } finally {
    await pool.destroy();
  }
  if (progress.done !== utterances.length) {
    throw internal(`${utterances.length} utterances to inspect, ${progress.done} inspected`);
  }
}

/** Of every utterance that is the same audio as an earlier one: the index of the first such. */
function firstsOfPieces(utterances: readonly Utterance[]): Map<number, number> {
  const paths = new Set<string>();
  const shared = new Set<string>();
  for (const { path } of utterances) (paths.has(path) ? shared : paths).add(path);
  const firstOf = new Map<string, number>();
  const firsts = new Map<number, number>();
  for (const [index, { path, offset = 0, duration, channel }] of utterances.entries()) {
    if (!shared.has(path)) continue;
    const piece = [path, offset, duration, channel].join('\0');
    const first = firstOf.get(piece);
    if (first === undefined) firstOf.set(piece, index);
    else firsts.set(index, first);
  }
  return firsts;
}

function* batchesOf(utterances: readonly Utterance[]): Generator<InspectedPiece[], undefined> {
  let batch: InspectedPiece[] = [];
  let seconds = 0;
  for (const { id, path, offset, duration, channel } of utterances) {
    batch.push({ id, path, offset, duration, channel });
    seconds += duration;
    if (batch.length < BATCH_UTTERANCES && seconds < BATCH_SECONDS) continue;
    yield batch;
    [batch, seconds] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

/** Characters written at a time. */
const BLOCK = 1 << 16;
const FORMAT = 'acanet inspection 1';
const inspectionPath = (manifest: string) => join(dirname(manifest), 'inspection.jsonl');

/** The results being kept beside the manifest that they are of; there is no such file before `commit`. */
export interface InspectionFile {
  add(result: AudioInspection): void;
  commit(): void;
  abort(): void;
}

export async function createInspectionFile(manifest: string): Promise<InspectionFile> {
  const head = { format: FORMAT, manifest: await fileSha256(manifest) };
  const file = openPendingFile(inspectionPath(manifest));
  let block = `${JSON.stringify(head)}\n`;
  const flush = () => {
    file.write(Buffer.from(block, 'utf8'));
    block = '';
  };
  return {
    add(result) {
      block += `${JSON.stringify(result)}\n`;
      if (block.length >= BLOCK) flush();
    },
    commit() {
      flush();
      file.commit();
    },
    abort: () => file.abort(),
  };
}

const finite = z.number();
export const keptInspection = z.union([
  z.strictObject({ id: z.string(), problem: z.string() }),
  z.strictObject({
    id: z.string(),
    duration: finite,
    sampleRate: finite,
    fileDuration: finite,
    samples: finite,
    peak: finite,
    level: finite,
    activeLevel: finite,
    dcOffset: finite,
    clipped: finite,
    flat: finite,
    sha256: z.string(),
  }),
]);

/**
 * What was kept of all utterances of exactly this manifest; undefined where there is nothing, or of another manifest.
 */
export async function readInspection(
  manifest: string,
  utterances: readonly Utterance[],
): Promise<{ path: string; results: AudioInspection[] } | undefined> {
  const path = inspectionPath(manifest);
  if (!existsSync(path)) return undefined;
  const [head, ...lines] = readJsonl(path, (value) => value);
  const named = z.object({ format: z.literal(FORMAT), manifest: z.string() }).safeParse(head);
  if (!named.success || named.data.manifest !== (await fileSha256(manifest))) return undefined;
  const results = z.array(keptInspection).safeParse(lines);
  if (!results.success || results.data.length !== utterances.length) return undefined;
  if (results.data.some(({ id }, index) => id !== utterances[index].id)) return undefined;
  return { path, results: results.data };
}

/** Results for all utterances of a manifest: those kept beside it, if there are any, else by listening. */
export async function inspectManifest(
  manifest: string,
  utterances: readonly Utterance[],
  options: InspectAudioOptions,
): Promise<AudioInspection[]> {
  const kept = await readInspection(manifest, utterances);
  if (kept) return kept.results;
  const results: AudioInspection[] = [];
  for await (const result of inspectAudio(utterances, options)) results.push(result);
  return results;
}

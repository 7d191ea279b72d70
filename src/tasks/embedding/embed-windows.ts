/**
 * @file Embeddings of windows of recordings, for diarisation: over a whole recording, or over the turns of an RTTM.
 * A recording is decoded once; each window goes through the model's front end by itself, as an utterance does.
 */
import { mapIds } from '../../corpus/trials/id-mapping.js';
import { readRttm, type Turn } from '../../corpus/manifest/rttm.js';
import type { EngineOptions } from '../../engine/create-engine.js';
import { UserError } from '../../errors.js';
import { createSpeechFeatures } from '../../features/fbank/speech-features.js';
import { normalizeFeatures } from '../../features/normalization.js';
import type { FeatureOptions, RatePolicy } from '../../features/options.js';
import { byFlag, readFeatureAudio } from '../../features/utterance-features.js';
import { groupBy } from '../../group-by.js';
import { counted, firstOf } from '../../problem-list.js';
import { refuseOverwriting } from '../../storage/overwriting.js';
import { realLibrary } from '../do-model-work.js';
import type { Embedder, Library, Reporting } from '../model-work.js';
import { withRatePolicy } from './embed-files.js';
import { filesOfInputs, listEmbeddingInputs, type EmbeddingInput } from './input-lists.js';
import { windowsOf, type Span, type WindowOptions } from './windows.js';

/** One row of the output. */
export interface EmbeddedWindow extends Span {
  /** `recording-00000750-00002250`: from and to, in milliseconds. */
  id: string;
  recording: string;
  speaker?: string;
  embedding: Float32Array;
}

export interface EmbedWindowsOptions extends Reporting, WindowOptions {
  inputs: readonly string[];
  /** Files that are written of it, for which no input may be lost. */
  outputs?: readonly string[];
  /** The turns in which windows are to lie. Default: the recordings as a whole. */
  rttm?: string;
  modelDir: string;
  engine: EngineOptions;
  otherRates?: RatePolicy;
  library?: Pick<Library, 'openEmbedder'>;
}

/** Seconds by which a turn may go beyond its recording: it is cut there. Beyond, it is of another recording. */
const OVERSHOOT = 0.5;

/** @throws UserError for recordings that are not there or cannot be embedded */
export async function embedWindows({
  inputs: paths,
  outputs = [],
  rttm,
  modelDir,
  engine,
  otherRates,
  library = realLibrary,
  ...options
}: EmbedWindowsOptions): Promise<EmbeddedWindow[]> {
  const { log } = options;
  const recordings = await listRecordings(paths);
  refuseOverwriting(outputs, filesOfInputs(recordings));
  const turns = rttm === undefined ? undefined : turnsOf(rttm, recordings, log);
  const embedder = await library.openEmbedder({ modelDir, engine });
  try {
    if (!embedder.features) {
      throw new UserError(
        `${modelDir}: the model does not say which features it takes (imported weights), so audio cannot be embedded`,
      );
    }
    const embedPieces = windowEmbedder(embedder, withRatePolicy(embedder.features, otherRates), options);
    const rows: EmbeddedWindow[] = [];
    const left: string[] = [];
    let done = 0;
    const due = turns ? recordings.filter(({ key }) => turns.has(key)) : recordings;
    for (const recording of due) {
      const { windows, tooShort } = await embedPieces(recording, turns?.get(recording.key), rttm);
      rows.push(...windows);
      left.push(...tooShort);
      if (!turns && windows.length === 0)
        throw new UserError(`${recording.where}: too short for a window that the model can take`);
      options.progress('recordings', ++done, due.length);
    }
    if (left.length > 0)
      log(`! left out, as too short for the model: ${counted(left.length, 'turn')}: ${firstOf(left)}`);
    tellEqualIdsApart(rows);
    return rows;
  } finally {
    await embedder.close();
  }
}

type Recording = Extract<EmbeddingInput, { kind: 'audio' }>;

async function listRecordings(paths: readonly string[]): Promise<Recording[]> {
  const inputs = await listEmbeddingInputs(paths);
  return inputs.map((input) => {
    if (input.kind === 'audio') return input;
    throw new UserError(`${input.where}: expected audio, got features: windows are cut from audio`);
  });
}

/** Turns by the key of their recording. @throws UserError for recordings that are not among the inputs */
function turnsOf(rttm: string, recordings: readonly Recording[], log: (line: string) => void): Map<string, Turn[]> {
  const byName = groupBy(readRttm(rttm), ({ recording }) => recording);
  const { known, missing, said } = mapIds(
    byName.keys(),
    recordings.map(({ key }) => key),
  );
  if (missing.length > 0) {
    throw new UserError(
      `${rttm}: ${missing.length} of its ${counted(byName.size, 'recording')} are not among the inputs: ${firstOf(missing)}\n` +
        `  recordings there are such as ${firstOf(recordings.slice(0, 3).map(({ key }) => key))}`,
    );
  }
  if (said !== undefined) log(`  recordings of ${rttm} are found ${said}`);
  const without = recordings.length - known.size;
  if (without > 0) log(`! ${counted(without, 'recording')} without turns in ${rttm}: left out`);
  return new Map([...known].map(([name, key]) => [key, byName.get(name)!]));
}

function windowEmbedder(
  { globalMean, minFrames, embed }: Embedder,
  features: FeatureOptions,
  { window, hop, signal }: Pick<EmbedWindowsOptions, 'window' | 'hop' | 'signal'>,
) {
  const extract = createSpeechFeatures(features);
  const { sampleRate } = features;
  return async ({ key, where, piece }: Recording, turns: readonly Turn[] | undefined, rttm: string | undefined) => {
    const samples = await readFeatureAudio(piece, features, { remedy: byFlag });
    const length = samples.length / sampleRate;
    const spans = (turns ?? [{ start: 0, end: length, speaker: undefined }]).map((span) => {
      if (span.end <= length + OVERSHOOT) return { ...span, end: Math.min(span.end, length) };
      const at = 'line' in span ? `${rttm}:${span.line}: ` : '';
      throw new UserError(
        `${at}a turn of ${key} ends at ${span.end.toFixed(2)} s, and ${where} is ${length.toFixed(2)} s long`,
      );
    });
    const windows: EmbeddedWindow[] = [];
    const tooShort: string[] = [];
    for (const { start, end, speaker } of spans) {
      for (const each of windowsOf({ start, end }, { window, hop })) {
        signal?.throwIfAborted();
        const cut = samples.slice(Math.round(each.start * sampleRate), Math.round(each.end * sampleRate));
        const matrix = framesOf(cut);
        if (!matrix || matrix.frames < minFrames) {
          tooShort.push(`${key} ${each.start.toFixed(2)}-${each.end.toFixed(2)} s`);
          continue;
        }
        normalizeFeatures(matrix, features.normalize, { globalMean });
        const id = `${key}-${milliseconds(each.start)}-${milliseconds(each.end)}`;
        const row = { id, recording: key, ...each, ...(speaker !== undefined && { speaker }) };
        windows.push({ ...row, embedding: await embed(matrix) });
      }
    }
    return { windows, tooShort };
  };

  /** Undefined for a piece that is shorter than a frame, or holds no speech where the model leaves out the rest. */
  function framesOf(cut: Float32Array) {
    try {
      return extract(cut, 'window');
    } catch (error) {
      if (error instanceof UserError) return undefined;
      throw error;
    }
  }
}

const milliseconds = (seconds: number) => String(Math.round(1000 * seconds)).padStart(8, '0');

/** Two speakers who begin and end together would have one id: the second gets a number. */
function tellEqualIdsApart(rows: EmbeddedWindow[]): void {
  const seen = new Map<string, number>();
  for (const row of rows) {
    const count = seen.get(row.id) ?? 0;
    seen.set(row.id, count + 1);
    if (count > 0) row.id = `${row.id}-${count + 1}`;
  }
}

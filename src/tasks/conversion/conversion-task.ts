/**
 * @file Converting a batch of audio files to 16-bit WAV. Runs in a worker thread.
 *
 * What is written gets the time of change of what it was made from, so that a later run knows which of it is finished:
 * files are written aside and renamed, so there are no half ones.
 */
import { statSync, utimesSync } from 'node:fs';
import { convertToWav } from '../../audio/convert.js';
import { decodeAhead } from '../../audio/decode-ahead.js';
import { probeAudio } from '../../audio/probe.js';
import { isRefusal, messageOf, UserError } from '../../errors.js';
import { guardWriting } from '../../storage/atomic-write.js';
import type { ConversionInput } from './conversion-inputs.js';

export interface ConversionPiece extends Omit<ConversionInput, 'id'> {
  output: string;
}

export interface ConversionTask {
  pieces: readonly ConversionPiece[];
  /** Default: each file's own. */
  sampleRate?: number;
}

export type ConversionResult =
  | {
      frames: number;
      sampleRate: number;
      clipped: number;
      /** It was there already. */
      kept: boolean;
    }
  | {
      problem: string;
      /** The output could not be written: that would meet the other files too. */
      fatal: boolean;
    };

/** Some file systems keep times to two seconds. */
const SAME_TIME_MS = 2000;

/** Results for the pieces, in their order. */
export async function convertBatch({ pieces, sampleRate }: ConversionTask): Promise<ConversionResult[]> {
  const finished = await Promise.all(pieces.map((piece) => finishedBefore(piece)));
  await decodeAhead([...new Set(pieces.filter((_, index) => !finished[index]).map(({ path }) => path))]);
  const results: ConversionResult[] = [];
  for (const [index, piece] of pieces.entries()) {
    results.push(finished[index] ?? (await convertPiece(piece, sampleRate).catch((error) => refusal(error, piece))));
  }
  return results;
}

async function convertPiece(
  { path, output, offset, duration, channel }: ConversionPiece,
  rate: number | undefined,
): Promise<ConversionResult> {
  // Before it is read: what is changed meanwhile is converted again.
  const { atime, mtime } = statSync(path);
  const written = await convertToWav(path, output, { offset, duration, channel, sampleRate: rate });
  guardWriting(output, () => utimesSync(output, atime, mtime));
  return { ...written, kept: false };
}

/** What an earlier run has made of the piece, if it is still that. */
async function finishedBefore({ path, output, duration }: ConversionPiece): Promise<ConversionResult | undefined> {
  try {
    const [from, to] = [path, output].map((file) => statSync(file));
    if (Math.abs(from.mtimeMs - to.mtimeMs) >= SAME_TIME_MS) return undefined;
    const { format, channels, encoding, frames, sampleRate } = await probeAudio(output);
    if (format !== 'wav' || channels !== 1 || encoding !== 'PCM 16 bit') return undefined;
    // Durations may be written to the millisecond.
    const expected = duration === undefined ? frames : Math.round(duration * sampleRate);
    if (Math.abs(frames - expected) > Math.ceil(sampleRate / 1000)) return undefined;
    return { frames, sampleRate, clipped: 0, kept: true };
  } catch (error) {
    // It is not there, or no whole file: reading and writing it will say what else is wrong.
    if (error instanceof UserError || isRefusal(error)) return undefined;
    throw error;
  }
}

function refusal(error: unknown, { path, output }: ConversionPiece): ConversionResult {
  if (!(error instanceof UserError) && !isRefusal(error)) throw error;
  const message = messageOf(error);
  return {
    problem: message.includes(path) || message.includes(output) ? message : `${path}: ${message}`,
    fatal: message.startsWith(`${output}: cannot be written`),
  };
}

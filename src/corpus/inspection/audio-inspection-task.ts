/**
 * @file Listening to a batch of utterances: each is decoded, measured and hashed. Runs in a worker thread.
 *
 * The hash is SHA-256 of the sample rate and the decoded float32 samples, so the same audio under another name, in
 * another lossless format, or as a piece of a longer file has the same one.
 */
import { createHash } from 'node:crypto';
import { decodedAhead } from '../../audio/decode-ahead.js';
import { probeAudio } from '../../audio/probe.js';
import { readAudio } from '../../audio/read.js';
import { UserError } from '../../errors.js';
import { type AudioMeasures, createAudioMeter } from './audio-measures.js';
import type { Utterance } from '../manifest/manifest.js';

/** Longer utterances are read in pieces of this many seconds. */
const PIECE_SECONDS = 300;

/** What was found out about one utterance's audio. */
export interface InspectedAudio extends Omit<AudioMeasures, 'nonFinite'> {
  id: string;
  /** Seconds decoded; the manifest's duration up to a sample, or to the millisecond that files may be short of it. */
  duration: number;
  /** Of the file, from its header. */
  sampleRate: number;
  /** Seconds in the whole file. */
  fileDuration: number;
  sha256: string;
}

/** An utterance whose audio is missing, damaged, or not where the manifest says. */
export interface UnreadableAudio {
  id: string;
  problem: string;
}

export type AudioInspection = InspectedAudio | UnreadableAudio;

/** What the thread needs of an utterance. */
export type InspectedPiece = Pick<Utterance, 'id' | 'path' | 'offset' | 'duration' | 'channel'>;

/** Inspects the utterances of a batch, in their order. */
export async function inspectBatch(batch: readonly InspectedPiece[]): Promise<AudioInspection[]> {
  const results: AudioInspection[] = [];
  for await (const piece of decodedAhead(batch)) {
    results.push(
      await inspect(piece).catch((error: unknown) => {
        if (!(error instanceof UserError)) throw error;
        return { id: piece.id, problem: error.message.replace(/\s*\n\s*/g, ' ') };
      }),
    );
  }
  return results;
}

async function inspect({ id, path, offset = 0, duration, channel }: InspectedPiece): Promise<InspectedAudio> {
  const { sampleRate, duration: fileDuration } = await probeAudio(path);
  const meter = createAudioMeter(sampleRate);
  const hash = createHash('sha256').update(`${sampleRate}\n`);
  // Pieces end on whole samples, so that together they are the utterance.
  const total = Math.round(duration * sampleRate);
  const pieceLength = PIECE_SECONDS * sampleRate;
  const start = Math.round(offset * sampleRate);
  for (let from = 0; from === 0 || from < total; from += pieceLength) {
    const whole = total <= pieceLength;
    const range = whole
      ? { offset, duration }
      : { offset: (start + from) / sampleRate, duration: Math.min(pieceLength, total - from) / sampleRate };
    const { samples } = await readAudio(path, { ...range, channel });
    hash.update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
    meter.add(samples);
  }
  const { nonFinite, ...measures } = meter.measures();
  if (nonFinite > 0) throw new UserError(`${path}: ${nonFinite} samples are NaN or infinite: the file is damaged`);
  return {
    id,
    duration: measures.samples / sampleRate,
    sampleRate,
    fileDuration,
    ...rounded(measures),
    sha256: hash.digest('hex'),
  };
}

/** Enough digits for any judgement, few enough for a line a reader can read. */
function rounded(measures: Omit<AudioMeasures, 'nonFinite'>): Omit<AudioMeasures, 'nonFinite'> {
  const { peak, level, activeLevel, dcOffset, clipped, flat } = measures;
  return {
    ...measures,
    peak: round(peak, 2),
    level: round(level, 2),
    activeLevel: round(activeLevel, 2),
    dcOffset: round(dcOffset, 6),
    clipped: round(clipped, 6),
    flat: round(flat, 6),
  };
}

/** `+ 0` makes −0 a plain zero, as it is in JSON. */
const round = (value: number, digits: number) => Number(value.toFixed(digits)) + 0;

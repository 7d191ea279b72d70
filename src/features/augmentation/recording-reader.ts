/**
 * @file Reading pieces of the recordings that augmentation draws from, at the features' sample rate.
 *
 * Of WAV and FLAC only the piece that is needed is read, so a recording may be hours long. Other formats are decoded as
 * a whole for any piece of them; those of up to a minute are kept, as are impulse responses and what is shorter than
 * the crop, until newer ones take their place. The samples do not depend on what is kept.
 */
import { readsPieces } from '../../audio/formats.js';
import { readAudio } from '../../audio/read.js';
import { resampledLength } from '../../audio/resample.js';
import type { Utterance } from '../../corpus/manifest/manifest.js';
import type { RandomStream } from '../../random.js';

/** A recording, or a piece of one, with what its header says. Without `channel` one is drawn each time. */
export type SourceRecording = Pick<
  Utterance,
  'path' | 'offset' | 'duration' | 'sampleRate' | 'channels' | 'channel'
> & { speaker?: string };

export interface RecordingReader {
  /** All samples of one channel, drawn where there are several and none is named. Not to be changed: they are kept. */
  whole(recording: SourceRecording, random: RandomStream): Promise<Float32Array<ArrayBuffer>>;
  /** `count` samples from a random start; a recording that is shorter is repeated. Not to be changed. */
  piece(recording: SourceRecording, count: number, random: RandomStream): Promise<Float32Array<ArrayBuffer>>;
}

/** Seconds; longer ones would drive out all others. */
export const LONGEST_KEPT = 60;

/** @param keptSamples bound on what is kept; default 16 Mi samples = 64 MiB */
export function createRecordingReader(sampleRate: number, { keptSamples = 2 ** 24 } = {}): RecordingReader {
  const kept = new Map<string, Float32Array<ArrayBuffer>>();
  let total = 0;

  const read = async (recording: SourceRecording, channel: number, start: number, count: number) => {
    const { path, offset = 0 } = recording;
    const range = { offset: offset + start / sampleRate, duration: count / sampleRate };
    return (await readAudio(path, { ...range, channel, sampleRate })).samples;
  };

  const readWhole = async (recording: SourceRecording, channel: number) => {
    const key = `${recording.path}\0${recording.offset ?? 0}\0${recording.duration}\0${channel}`;
    const known = kept.get(key);
    if (known) {
      // Moved to the end: the first of a map is the one that was used longest ago.
      kept.delete(key);
      kept.set(key, known);
      return known;
    }
    const samples = await read(recording, channel, 0, lengthAt(recording, sampleRate));
    // Another call may have read it meanwhile.
    if (kept.has(key)) return samples;
    kept.set(key, samples);
    total += samples.length;
    for (const [oldest, { length }] of kept) {
      if (total <= keptSamples) break;
      kept.delete(oldest);
      total -= length;
    }
    return samples;
  };

  return {
    whole: (recording, random) => readWhole(recording, drawChannel(recording, random)),
    piece: async (recording, count, random) => {
      const channel = drawChannel(recording, random);
      const length = lengthAt(recording, sampleRate);
      const places = length < count ? length : length - count + 1;
      const start = random.below(places);
      if (length < count) return repeatFrom(await readWhole(recording, channel), start, count);
      if (!readsPieces(recording.path) && recording.duration <= LONGEST_KEPT) {
        return repeatFrom(await readWhole(recording, channel), start, count);
      }
      const samples = await read(recording, channel, start, count);
      // A manifest's duration may be rounded up by part of a millisecond, which the file then does not have.
      return samples.length === count ? samples : repeatFrom(samples, 0, count);
    },
  };
}

/** Samples of a recording at another sample rate. */
function lengthAt({ duration, sampleRate }: SourceRecording, rate: number): number {
  return Math.max(1, resampledLength(Math.round(duration * sampleRate), sampleRate, rate));
}

function drawChannel({ channels, channel }: SourceRecording, random: RandomStream): number {
  return channel ?? (channels === 1 ? 0 : random.below(channels));
}

/** `count` samples from `start` on, the recording following upon itself. */
export function repeatFrom(samples: Float32Array, start: number, count: number): Float32Array<ArrayBuffer> {
  const repeated = new Float32Array(count);
  let from = start % samples.length;
  for (let at = 0; at < count; from = 0) {
    const length = Math.min(samples.length - from, count - at);
    repeated.set(samples.subarray(from, from + length), at);
    at += length;
  }
  return repeated;
}

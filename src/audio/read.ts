/** @file Samples of an audio file: one channel, all of it or a piece, at the file's sample rate or another. */
import { UserError } from '../errors.js';
import { type AudioInfo, withAudioSource } from './audio-format.js';
import { formatOf } from './formats.js';
import { neededSamples, resampledLength, resamplePiece } from './resample.js';

export interface ReadAudioOptions {
  /** Seconds from the beginning; default 0. Rounded to the nearest sample. */
  offset?: number;
  /** Seconds; default: to the end of the file. Rounded to the nearest sample. */
  duration?: number;
  /** From 0. Required where the file has more than one channel. */
  channel?: number;
  /** Hz; default: the file's own. A piece at another rate is to the bit what the whole file at that rate has there. */
  sampleRate?: number;
}

/**
 * Reads one channel; samples are float32 in −1 … 1 (an int16 is divided by 32768).
 * @throws UserError naming the file: what `probeAudio` throws, a damaged file, a piece that is not within the file, a
 *   channel that is not there or not chosen
 */
export function readAudio(
  path: string,
  { offset = 0, duration, channel, sampleRate }: ReadAudioOptions = {},
): Promise<{ sampleRate: number; samples: Float32Array<ArrayBuffer> }> {
  return withAudioSource(path, async (file) => {
    const { format, source } = formatOf(file);
    const info = await format.probe(source);
    const { decoded = info } = info;
    const chosen = chooseChannel(path, info, channel);
    const from = decoded.sampleRate;
    const to = sampleRate ?? info.sampleRate;
    if (from === to) {
      const range = sampleRange(path, { ...info, ...decoded }, offset, duration);
      return { sampleRate: to, samples: await format.readChannel(source, { ...range, channel: chosen }) };
    }
    const frames = resampledLength(decoded.frames, from, to);
    const { from: start, count } = sampleRange(path, { ...info, sampleRate: to, frames }, offset, duration);
    const range = { from, to, start, count };
    const needed = neededSamples(range, decoded.frames);
    const samples = await format.readChannel(source, { ...needed, channel: chosen });
    return { sampleRate: to, samples: resamplePiece({ samples, start: needed.from }, range) };
  });
}

function chooseChannel(path: string, { channels }: AudioInfo, channel: number | undefined): number {
  if (channel === undefined) {
    if (channels === 1) return 0;
    throw new UserError(
      `${path}: has ${channels} channels; choose one from 0 to ${channels - 1}: by --channel where the command has it, else by "channel" in a manifest, or make it mono with \`acanet audio convert --channel\``,
    );
  }
  if (Number.isInteger(channel) && channel >= 0 && channel < channels) return channel;
  throw new UserError(`${path}: expected a channel from 0 to ${channels - 1}, got ${channel}`);
}

function sampleRange(path: string, info: AudioInfo, offset: number, duration: number | undefined) {
  const from = Math.round(offset * info.sampleRate);
  let count = duration === undefined ? info.frames - from : Math.round(duration * info.sampleRate);
  // Offsets and durations may be written to the millisecond: an excess of that size is rounding, more is a mistake.
  const excess = from + count - info.frames;
  if (excess > 0 && excess <= Math.ceil(info.sampleRate / 1000)) count -= excess;
  if (!(from >= 0 && count > 0 && from + count <= info.frames)) {
    const asked = duration === undefined ? `from ${offset} s` : `${duration} s from ${offset} s`;
    throw new UserError(`${path}: asked for ${asked}, but the file has ${info.duration.toFixed(3)} s of audio`);
  }
  return { from, count };
}

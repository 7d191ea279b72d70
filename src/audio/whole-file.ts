/**
 * @file Ranges of files that can only be decoded as a whole.
 *
 * The file that was decoded last is kept, as pieces of one recording are usually read one after the other. What was
 * decoded must have the length that the file states: a shorter decode is an error, never a gap.
 */
import { UserError } from '../errors.js';
import { type AudioInfo, type AudioSource, firstNotFinite } from './audio-format.js';

/** Samples of each channel. */
export type Channels = Float32Array<ArrayBuffer>[];

let latest: { key: string; channels: Promise<Channels> } | undefined;

/**
 * One channel's samples [from, from + count) of a file that `decode` decodes.
 * @throws UserError naming the file, if it has not as many channels and samples as `info` says, or one that is no
 *   number
 */
export async function readFromWhole(
  source: AudioSource,
  info: AudioInfo,
  { from, count, channel }: { from: number; count: number; channel: number },
  decode: () => Promise<Channels>,
): Promise<Float32Array<ArrayBuffer>> {
  const channels = await decodeOnce(source, decode);
  const frames = channels[0]?.length ?? 0;
  if (channels.length !== info.channels || frames !== info.frames) {
    throw new UserError(
      `${source.path}: damaged or cut ${info.format}: it states ${info.frames} samples × ${info.channels} channels, ` +
        `its audio decodes to ${frames} × ${channels.length}; encode it again from its source`,
    );
  }
  return channels[channel].slice(from, from + count);
}

/** All channels of a file, decoded now or by the call before. */
export function decodeOnce(source: AudioSource, decode: () => Promise<Channels>): Promise<Channels> {
  const key = `${source.path}\n${source.identity}`;
  if (latest?.key === key) return latest.channels;
  const entry = { key, channels: decode().then((channels) => checkFinite(source.path, channels)) };
  latest = entry;
  entry.channels.catch(() => {
    if (latest === entry) latest = undefined;
  });
  return entry.channels;
}

function checkFinite(path: string, channels: Channels): Channels {
  for (const samples of channels) {
    const bad = firstNotFinite(samples);
    if (bad >= 0) throw new UserError(`${path}: decoded sample ${bad} is ${samples[bad]}: the file is damaged`);
  }
  return channels;
}

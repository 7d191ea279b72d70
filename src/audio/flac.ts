/**
 * @file FLAC: the header is read here, the samples are decoded by @wasm-audio-decoders/flac (libFLAC compiled to WASM).
 *
 * STREAMINFO (RFC 9639, section 8.2) carries sample rate, channels, bits, length and the MD5 of the samples. Reading
 * the whole file checks the frames' checksums, the length and the MD5; reading a piece decodes only the frames that
 * cover it and checks their checksums and numbers. Damage to what is read is an error and never a gap of silence. The
 * decoder gives v/(2^(b−1) − 1); the integers are restored from it and divided by 2^(b−1) like every other format's.
 * NOTE: the frames are cut here and not by the package's own parser (codec-parser 2.5.0), which drops the last frame of
 * some sound files. Limits: 8, 16 and 24 bits; a stream that does not state its length is refused. FLAC in Ogg is in
 * `ogg-flac.ts`.
 */
import { createHash } from 'node:crypto';
import { UserError } from '../errors.js';
import type { AudioFormat, AudioInfo, AudioSource } from './audio-format.js';
import { type DecodedFrames, decodeFlacFrames } from './flac-decoder.js';
import { splitFlac } from './flac-frames.js';
import { type CoveringFrames, framesCovering } from './flac-range.js';
import { type Channels, readFromWhole } from './whole-file.js';

export interface StreamInfo extends AudioInfo {
  bits: number;
  /** Of the interleaved little-endian samples; all zeros where the encoder did not compute it. */
  md5: string;
  /** The metadata block itself, 4 bytes of block header and 34 bytes. */
  block: Buffer;
}

export const flac: AudioFormat = {
  name: 'flac',
  extensions: ['.flac'],
  readsPieces: true,
  matches: (head) => Buffer.from(head.subarray(0, 4)).toString('latin1') === 'fLaC',
  probe: (source) => audioInfoOf(readStreamInfo(source)),
  checks: (source) => `${hasMd5(readStreamInfo(source)) ? 'MD5, ' : ''}checksums of frames`,
  readChannel(source, range) {
    const info = readStreamInfo(source);
    const covering = range.count < info.frames ? framesCovering(source, info, range) : undefined;
    if (covering) return decodePiece(source.path, info, covering, range);
    return readFromWhole(source, info, range, () =>
      decodeFlac(source.path, info, splitFlac(source.path, source.read(0, source.size))),
    );
  },
};

/** STREAMINFO is always the first metadata block. */
function readStreamInfo(source: AudioSource): StreamInfo {
  const info = parseStreamInfo(source.path, source.read(4, 38));
  if (info.frames > 0) return info;
  throw new UserError(
    `${source.path}: holds no audio, or does not state how much (0 samples in STREAMINFO); encode it again`,
  );
}

/** What the metadata block STREAMINFO says; `frames` is 0 where it does not state the length. */
export function parseStreamInfo(path: string, block: Buffer): StreamInfo {
  if (block.length < 38 || (block[0] & 0x7f) !== 0) {
    throw new UserError(`${path}: damaged FLAC: expected STREAMINFO as its first metadata block`);
  }
  const info = block.subarray(4);
  const sampleRate = info.readUIntBE(10, 3) >> 4;
  const channels = ((info[12] >> 1) & 7) + 1;
  const bits = (((info[12] & 1) << 4) | (info[13] >> 4)) + 1;
  const frames = (info[13] & 15) * 2 ** 32 + info.readUInt32BE(14);
  const md5 = info.toString('hex', 18, 34);
  if (sampleRate === 0 || ![8, 16, 24].includes(bits)) {
    throw new UserError(`${path}: expected FLAC of 8, 16 or 24 bits, got ${bits} bits at ${sampleRate} Hz`);
  }
  const duration = frames / sampleRate;
  return { format: 'flac', sampleRate, channels, frames, duration, encoding: `FLAC ${bits} bit`, bits, md5, block };
}

/** Without what only the decoder needs. */
export function audioInfoOf({ format, sampleRate, channels, frames, duration, encoding }: AudioInfo): AudioInfo {
  return { format, sampleRate, channels, frames, duration, encoding };
}

/** One channel's samples [from, from + count) out of the frames that cover them. */
async function decodePiece(
  path: string,
  info: StreamInfo,
  { frames, start, end }: CoveringFrames,
  { from, count, channel }: { from: number; count: number; channel: number },
): Promise<Float32Array<ArrayBuffer>> {
  const decoded = await decodeFlacFrames(path, info, frames);
  checkCount(path, info, decoded, end - start);
  const data = decoded.channelData[channel].subarray(from - start, from - start + count);
  return restoreIntegers(data, info.bits, new Float32Array(count));
}

/** Decodes all compressed frames and checks the result against STREAMINFO. @throws UserError naming `path` */
export async function decodeFlac(path: string, info: StreamInfo, frames: Buffer[]): Promise<Channels> {
  const decoded = await decodeFlacFrames(path, info, frames);
  checkCount(path, info, decoded, info.frames);
  const channels = decoded.channelData.map((data) => restoreIntegers(data, info.bits, new Float32Array(info.frames)));
  if (hasMd5(info)) {
    const md5 = createHash('md5').update(storedBytes(channels, info.bits)).digest('hex');
    if (info.md5 !== md5) {
      throw new UserError(`${path}: damaged FLAC: its samples have MD5 ${md5}, its header says ${info.md5}`);
    }
  }
  return channels;
}

/**
 * Writes v/2^(b−1) to `samples` where the decoder gave v/(2^(b−1) − 1). NOTE: not `Math.round`, which takes V8 fifteen
 * times as long; the products lie within 0.3 of an integer.
 */
function restoreIntegers(data: Float32Array, bits: number, samples: Float32Array<ArrayBuffer>) {
  const stored = 2 ** (bits - 1) - 1;
  const scale = 2 ** (bits - 1);
  for (let i = 0; i < samples.length; i++) samples[i] = Math.floor(data[i] * stored + 0.5) / scale;
  return samples;
}

export const hasMd5 = ({ md5 }: StreamInfo) => !/^0+$/.test(md5);

function checkCount(path: string, info: StreamInfo, decoded: DecodedFrames, expected: number): void {
  const { samples, channelData, sampleRate } = decoded;
  if (samples === expected && channelData.length === info.channels && sampleRate === info.sampleRate) return;
  throw new UserError(
    `${path}: damaged or truncated FLAC: expected ${describe(expected, info.channels, info.sampleRate)}, ` +
      `got ${describe(samples, channelData.length, sampleRate)}`,
  );
}

/** Interleaved little-endian integers, which the MD5 is taken of. */
function storedBytes(channels: Channels, bits: number): Uint8Array {
  const scale = 2 ** (bits - 1);
  const width = bits / 8;
  const step = width * channels.length;
  const bytes = new Uint8Array(channels[0].length * step);
  for (const [channel, samples] of channels.entries()) {
    for (let i = 0, at = channel * width; i < samples.length; i++, at += step) {
      const value = (samples[i] * scale) | 0;
      bytes[at] = value;
      if (width > 1) bytes[at + 1] = value >> 8;
      if (width > 2) bytes[at + 2] = value >> 16;
    }
  }
  return bytes;
}

function describe(samples: number, channels: number, sampleRate: number): string {
  return `${samples} samples × ${channels} channels at ${sampleRate} Hz`;
}

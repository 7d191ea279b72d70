/**
 * @file The frames of an MPEG audio stream (layers II and III of MPEG-1, -2 and -2.5), and what the first one tells.
 *
 * Every frame begins with a header of 4 bytes that gives its length (ISO/IEC 11172-3, section 2.4.1.3; 13818-3).
 * Encoders put a frame without sound in front: "Xing" or "Info" with the number of frames, and LAME's extension of it
 * with the samples to drop at both ends (Xing VBR header SDK; LAME tag revision 1), or Fraunhofer's "VBRI". Limits: no
 * free-format bit rates, no layer I.
 */
import { UserError } from '../errors.js';

export interface Mp3Frame {
  layer: 2 | 3;
  sampleRate: number;
  channels: 1 | 2;
  /** Bytes. */
  length: number;
  /** Samples of one channel. */
  samples: number;
  /** Bytes after the header that hold the side information of layer III. */
  sideInformation: number;
}

const KBITS = {
  1: {
    2: [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    3: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  },
  2: {
    2: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    3: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  },
} as const;
const RATES = [44100, 48000, 32000];

/** The frame whose header is at `at`, if there is one. */
export function frameAt(bytes: Uint8Array, at: number): Mp3Frame | undefined {
  if (at + 4 > bytes.length || bytes[at] !== 0xff || (bytes[at + 1] & 0xe0) !== 0xe0) return undefined;
  const version = (bytes[at + 1] >> 3) & 3; // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
  const layer = 4 - ((bytes[at + 1] >> 1) & 3);
  const kbits = (bytes[at + 2] >> 4) & 15;
  const rate = (bytes[at + 2] >> 2) & 3;
  if (version === 1 || (layer !== 2 && layer !== 3) || kbits === 0 || kbits === 15 || rate === 3) return undefined;
  const mpeg1 = version === 3;
  const sampleRate = RATES[rate] / (mpeg1 ? 1 : version === 2 ? 2 : 4);
  const channels = bytes[at + 3] >> 6 === 3 ? 1 : 2;
  const samples = layer === 3 && !mpeg1 ? 576 : 1152;
  const padding = (bytes[at + 2] >> 1) & 1;
  const length = Math.floor((samples * 125 * KBITS[mpeg1 ? 1 : 2][layer][kbits - 1]) / sampleRate) + padding;
  const sideInformation = mpeg1 ? (channels === 1 ? 17 : 32) : channels === 1 ? 9 : 17;
  return { layer, sampleRate, channels, length, samples, sideInformation };
}

/** What a frame without sound at the beginning says. */
export interface Mp3Summary {
  /** Frames that follow it; undefined where it does not say. */
  frames?: number;
  /** Bytes of the stream, itself included. */
  bytes?: number;
  /** Samples that the encoder put in front and behind; undefined where it does not say. */
  delay?: number;
  padding?: number;
}

const FRAMES_FLAG = 1;
const BYTES_FLAG = 2;
const CONTENTS_FLAG = 4;
const QUALITY_FLAG = 8;
const VBRI_AT = 36;

/** The summary in the first frame; undefined if that frame is sound. */
export function summaryIn(bytes: Buffer, { layer, length, sideInformation }: Mp3Frame): Mp3Summary | undefined {
  const frame = bytes.subarray(0, length);
  if (layer !== 3) return undefined;
  if (frame.toString('latin1', VBRI_AT, VBRI_AT + 4) === 'VBRI' && frame.length >= VBRI_AT + 18) {
    return { bytes: frame.readUInt32BE(VBRI_AT + 10), frames: frame.readUInt32BE(VBRI_AT + 14) };
  }
  // A checksum of 2 bytes may stand between header and side information.
  const start = [4 + sideInformation, 6 + sideInformation].find((at) =>
    ['Xing', 'Info'].includes(frame.toString('latin1', at, at + 4)),
  );
  if (start === undefined || start + 8 > frame.length) return undefined;
  const flags = frame.readUInt32BE(start + 4);
  const summary: Mp3Summary = {};
  let at = start + 8;
  if (flags & FRAMES_FLAG && at + 4 <= frame.length) {
    summary.frames = frame.readUInt32BE(at);
    at += 4;
  }
  if (flags & BYTES_FLAG && at + 4 <= frame.length) {
    summary.bytes = frame.readUInt32BE(at);
    at += 4;
  }
  if (flags & CONTENTS_FLAG) at += 100;
  if (flags & QUALITY_FLAG) at += 4;
  if (at + 24 <= frame.length && /^(LAME|Lavf|Lavc)/.test(frame.toString('latin1', at, at + 4))) {
    const trims = frame.readUIntBE(at + 21, 3);
    summary.delay = trims >> 12;
    summary.padding = trims & 0xfff;
  }
  return summary;
}

/**
 * Walks the frames from byte 0 on: how many there are, and where the last one ends; tags may follow it.
 * @throws UserError naming `path` and the byte where a frame is missing or cut, or the sound changes its nature
 */
export function walkFrames(path: string, file: Buffer): { count: number; end: number } {
  let count = 0;
  let at = 0;
  const first = frameAt(file, 0);
  while (at < file.length && !isTail(file.subarray(at))) {
    const frame = frameAt(file, at);
    if (!frame) {
      const shown = file.toString('hex', at, at + 4);
      throw new UserError(`${path}: damaged MP3: expected a frame at byte ${at}, got ${shown}; encode it again`);
    }
    if (at + frame.length > file.length) {
      throw new UserError(
        `${path}: truncated MP3: its last frame takes ${frame.length} bytes, the file has ${file.length - at} of them`,
      );
    }
    if (frame.sampleRate !== first?.sampleRate || frame.channels !== first.channels || frame.layer !== first.layer) {
      throw new UserError(
        `${path}: at byte ${at} the MP3 goes on as ${frame.sampleRate} Hz × ${frame.channels} channels; it began as ` +
          `${first?.sampleRate} Hz × ${first?.channels}. Cut it there.`,
      );
    }
    count++;
    at += frame.length;
  }
  return { count, end: at };
}

/** Whether what follows the last frame is one of the tags that players expect there, or zeros. */
function isTail(rest: Buffer): boolean {
  const name = rest.toString('latin1', 0, 11);
  if (/^(TAG|APETAGEX|LYRICSBEGIN|ID3|3DI)/.test(name)) return true;
  return rest[0] === 0 && rest.every((byte) => byte === 0);
}

/**
 * @file Writes FLAC without compression, so that tests can have what encoders do not write: blocks of any sizes,
 * SEEKTABLEs right and wrong, sound that looks like frame headers. A block of equal values is written as one
 * (CONSTANT), others VERBATIM (RFC 9639, section 9.2).
 */
import { createHash } from 'node:crypto';
import { crc16, crc8 } from '../../src/audio/flac-frames.js';

export interface FlacBytes {
  /** Integers of each channel. */
  channels: Int32Array[];
  bits: 16 | 24;
  /** Samples of each block; the last is cut to what is left. */
  blocks: (index: number) => number;
  /** Whether frames are numbered by samples. */
  variable: boolean;
  sampleRate?: number;
  /** What of the true seek points is written; default: no SEEKTABLE. */
  seekPoints?: (points: SeekPoint[]) => SeekPoint[];
  md5?: boolean;
}

export interface SeekPoint {
  sample: bigint;
  offset: bigint;
  length: number;
}

export function encodeFlac(sound: FlacBytes): Buffer {
  const { channels, bits, blocks, variable, sampleRate = 8000, seekPoints, md5 = true } = sound;
  const total = channels[0].length;
  const frames: Buffer[] = [];
  const points: SeekPoint[] = [];
  let offset = 0;
  for (let from = 0, index = 0; from < total; index++) {
    const count = Math.min(blocks(index), total - from);
    const frame = encodeFrame(sound, { from, count, number: variable ? from : index });
    points.push({ sample: BigInt(from), offset: BigInt(offset), length: count });
    frames.push(frame);
    offset += frame.length;
    from += count;
  }
  const info = Buffer.alloc(34);
  const sizes = points.slice(0, -1).map(({ length }) => length);
  info.writeUInt16BE(variable ? Math.min(...sizes, 65535) : blocks(0), 0);
  info.writeUInt16BE(variable ? Math.max(...sizes, 16) : blocks(0), 2);
  info.writeUIntBE(Math.max(...frames.map(({ length }) => length)), 7, 3);
  const properties =
    (BigInt(sampleRate) << 44n) | (BigInt(channels.length - 1) << 41n) | (BigInt(bits - 1) << 36n) | BigInt(total);
  info.writeBigUInt64BE(properties, 10);
  if (md5) createHash('md5').update(interleave(sound)).digest().copy(info, 18);
  const table = seekPoints?.(points).map(({ sample, offset, length }) => {
    const point = Buffer.alloc(18);
    point.writeBigUInt64BE(sample, 0);
    point.writeBigUInt64BE(offset, 8);
    point.writeUInt16BE(length, 16);
    return point;
  });
  const metadata = table ? [block(0, info, false), block(3, Buffer.concat(table), true)] : [block(0, info, true)];
  return Buffer.concat([Buffer.from('fLaC'), ...metadata, ...frames]);
}

function block(type: number, content: Buffer, last: boolean): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(content.length);
  head[0] = type | (last ? 0x80 : 0);
  return Buffer.concat([head, content]);
}

/** A frame header with its CRC-8; block size as 16 bits, sample rate as STREAMINFO has it. */
export function frameHeader(number: number, count: number, { channels, bits, variable }: FlacBytes): Buffer {
  const header = [0xff, variable ? 0xf9 : 0xf8, 0x70, ((channels.length - 1) << 4) | (bits === 16 ? 8 : 12)];
  header.push(...codedNumber(number), (count - 1) >> 8, (count - 1) & 0xff);
  return Buffer.from([...header, crc8(Uint8Array.from(header), 0, header.length)]);
}

function encodeFrame(sound: FlacBytes, { from, count, number }: { from: number; count: number; number: number }) {
  const width = sound.bits / 8;
  const subframes = sound.channels.map((channel) => {
    const values = channel.subarray(from, from + count);
    const constant = values.every((value) => value === values[0]);
    const bytes = Buffer.alloc(1 + width * (constant ? 1 : count));
    bytes[0] = constant ? 0 : 2;
    for (let i = 0; i < (constant ? 1 : count); i++) bytes.writeIntBE(values[i], 1 + i * width, width);
    return bytes;
  });
  const frame = Buffer.concat([frameHeader(number, count, sound), ...subframes, Buffer.alloc(2)]);
  frame.writeUInt16BE(crc16(frame, 0, frame.length - 2), frame.length - 2);
  return frame;
}

/** As UTF-8 codes a character, up to 7 bytes. */
function codedNumber(number: number): number[] {
  if (number < 0x80) return [number];
  const bytes: number[] = [];
  let rest = number;
  let room = 6;
  do {
    bytes.unshift(0x80 | (rest & 0x3f));
    rest = Math.floor(rest / 64);
    room--;
  } while (rest >= 2 ** room);
  return [((0xff << (room + 1)) & 0xff) | rest, ...bytes];
}

function interleave({ channels, bits }: FlacBytes): Buffer {
  const width = bits / 8;
  const bytes = Buffer.alloc(channels[0].length * channels.length * width);
  channels.forEach((values, channel) =>
    values.forEach((value, i) => bytes.writeIntLE(value, (i * channels.length + channel) * width, width)),
  );
  return bytes;
}

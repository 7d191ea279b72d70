/**
 * @file Where the metadata and the frames of a native FLAC file begin and end, and what a frame's header says (RFC
 * 9639, sections 8.1 and 9).
 *
 * Frames do not state their length. The next one begins where a header with a right CRC-8 follows bytes whose CRC-16,
 * taken from the frame's start, comes out as 0: the CRC stored at a frame's end makes it so. Damage is therefore found
 * here, before the decoder meets it. The decoder package's own splitter loses the last frame of some valid files.
 */
import { UserError } from '../errors.js';

/** CRC-8 with the polynomial x⁸ + x² + x + 1, CRC-16 with x¹⁶ + x¹⁵ + x² + 1; highest bit first, starting from 0. */
const crc8Table = Uint8Array.from({ length: 256 }, (_, byte) => shiftIn(byte, 8, 0x07));
const crc16Table = Uint16Array.from({ length: 256 }, (_, byte) => shiftIn(byte << 8, 16, 0x8005));
/** CRC-16 of a byte that one, two or three zeros follow, so that four bytes are taken at once. */
const crc16Table1 = crc16Table.map((crc) => appendZero(crc));
const crc16Table2 = crc16Table1.map((crc) => appendZero(crc));
const crc16Table3 = crc16Table2.map((crc) => appendZero(crc));

function shiftIn(value: number, width: number, polynomial: number): number {
  const top = 1 << (width - 1);
  for (let bit = 0; bit < 8; bit++) value = value & top ? (value << 1) ^ polynomial : value << 1;
  return value & (2 ** width - 1);
}

function appendZero(crc: number): number {
  return ((crc << 8) & 0xffff) ^ crc16Table[crc >> 8];
}

/** The CRC-16 of bytes [from, to) behind bytes whose CRC-16 is `crc`. */
export function crc16(bytes: Uint8Array, from: number, to: number, crc = 0): number {
  let i = from;
  for (; i + 4 <= to; i += 4) {
    crc =
      crc16Table3[(crc >> 8) ^ bytes[i]] ^
      crc16Table2[(crc & 0xff) ^ bytes[i + 1]] ^
      crc16Table1[bytes[i + 2]] ^
      crc16Table[bytes[i + 3]];
  }
  for (; i < to; i++) crc = ((crc << 8) & 0xffff) ^ crc16Table[(crc >> 8) ^ bytes[i]];
  return crc;
}

export function crc8(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0;
  for (let i = from; i < to; i++) crc = crc8Table[crc ^ bytes[i]];
  return crc;
}

/** What stands in front of every frame. */
export interface FrameHeader {
  /** Bytes of the header, its CRC-8 included. */
  length: number;
  /** Whether blocks differ in size; `number` then counts samples, else frames. */
  variable: boolean;
  number: number;
  /** Bytes that the number takes, from the fifth on. */
  numberLength: number;
  /** Samples of one channel. */
  blockSize: number;
  channels: number;
  /** The codes of sample rate and bits, which do not change within a file. */
  rateCode: number;
  bitsCode: number;
}

/** The frame header at `at`; undefined if there is none, or not all of it. */
export function frameHeaderAt(file: Uint8Array, at: number): FrameHeader | undefined {
  // Sync code, a reserved bit that is 0, the blocking strategy.
  if (file[at] !== 0xff || (file[at + 1] & 0xfe) !== 0xf8) return undefined;
  const sizeCode = file[at + 2] >> 4;
  const rateCode = file[at + 2] & 15;
  const assignment = file[at + 3] >> 4;
  const bitsCode = (file[at + 3] >> 1) & 7;
  if (sizeCode === 0 || rateCode === 15 || assignment > 10 || bitsCode === 3 || file[at + 3] & 1) return undefined;
  // The frame's or sample's number, coded like UTF-8: as many leading ones as bytes, or a single byte below 128.
  const ones = Math.clz32(~(file[at + 4] << 24));
  if (ones === 1 || ones > 7) return undefined;
  const numberLength = Math.max(1, ones);
  const sizeAt = at + 4 + numberLength;
  const sizeBytes = sizeCode === 6 ? 1 : sizeCode === 7 ? 2 : 0;
  const rateBytes = rateCode === 12 ? 1 : rateCode === 13 || rateCode === 14 ? 2 : 0;
  const length = 4 + numberLength + sizeBytes + rateBytes + 1;
  if (at + length > file.length || crc8(file, at, at + length) !== 0) return undefined;
  let number = file[at + 4] & (0xff >> (ones === 0 ? 1 : Math.min(8, ones + 1)));
  for (let i = 1; i < numberLength; i++) number = number * 64 + (file[at + 4 + i] & 0x3f);
  return {
    length,
    variable: (file[at + 1] & 1) === 1,
    number,
    numberLength,
    blockSize: blockSizeOf(sizeCode, file, sizeAt),
    channels: assignment < 8 ? assignment + 1 : 2,
    rateCode,
    bitsCode,
  };
}

/** RFC 9639, section 9.1.1. */
function blockSizeOf(code: number, file: Uint8Array, at: number): number {
  if (code === 1) return 192;
  if (code <= 5) return 144 * 2 ** code;
  if (code === 6) return file[at] + 1;
  if (code === 7) return file[at] * 256 + file[at + 1] + 1;
  return 2 ** code;
}

/**
 * Where the frame at `start` ends: before the first header for which `follows` holds, or at the end of `bytes`, in both
 * cases if the frame's CRC-16 is right there. undefined if that is nowhere.
 */
export function frameEnd(
  bytes: Uint8Array,
  start: number,
  follows: (header: FrameHeader) => boolean = () => true,
): number | undefined {
  let crc = 0;
  let summed = start;
  for (let i = start + 1; i < bytes.length; i++) {
    if (bytes[i] !== 0xff || (bytes[i + 1] & 0xfe) !== 0xf8) continue;
    const header = frameHeaderAt(bytes, i);
    if (!header || !follows(header)) continue;
    crc = crc16(bytes, summed, i, crc);
    summed = i;
    if (crc === 0) return i;
  }
  return crc16(bytes, summed, bytes.length, crc) === 0 ? bytes.length : undefined;
}

/**
 * A FLAC file's compressed frames, in order; views of `file`.
 * @throws UserError naming `path` and the byte where the file is damaged or cut short
 */
export function splitFlac(path: string, file: Buffer): Buffer[] {
  const first = metadataEnd(path, file);
  if (!frameHeaderAt(file, first)) throw new UserError(`${path}: damaged FLAC: expected a frame at byte ${first}`);
  const frames: Buffer[] = [];
  for (let start = first; start < file.length;) {
    const end = frameEnd(file, start);
    if (end === undefined) {
      throw new UserError(`${path}: damaged or truncated FLAC: the frame at byte ${start} has a wrong checksum`);
    }
    frames.push(file.subarray(start, end));
    start = end;
  }
  return frames;
}

/**
 * The byte after the last metadata block. A block: a flag for the last one, 7 bits of type, 3 bytes of length, content.
 */
function metadataEnd(path: string, file: Buffer): number {
  for (let at = 4; at + 4 <= file.length;) {
    const end = at + 4 + file.readUIntBE(at + 1, 3);
    if (file[at] & 0x80) return end;
    at = end;
  }
  throw new UserError(`${path}: truncated FLAC: the file ends within its metadata`);
}

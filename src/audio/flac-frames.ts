/**
 * @file Where the metadata and the frames of a native FLAC file begin and end (RFC 9639, sections 8.1 and 9).
 *
 * Frames do not state their length. The next one begins where a header with a right CRC-8 follows bytes whose CRC-16,
 * taken from the frame's start, comes out as 0: the CRC stored at a frame's end makes it so. Damage is therefore found
 * here, before the decoder meets it. The decoder package's own splitter loses the last frame of some valid files.
 */
import { UserError } from '../errors.js';

/** CRC-8 with the polynomial x⁸ + x² + x + 1, CRC-16 with x¹⁶ + x¹⁵ + x² + 1; highest bit first, starting from 0. */
const crc8Table = Uint8Array.from({ length: 256 }, (_, byte) => shiftIn(byte, 8, 0x07));
const crc16Table = Uint16Array.from({ length: 256 }, (_, byte) => shiftIn(byte << 8, 16, 0x8005));

function shiftIn(value: number, width: number, polynomial: number): number {
  const top = 1 << (width - 1);
  for (let bit = 0; bit < 8; bit++) value = value & top ? (value << 1) ^ polynomial : value << 1;
  return value & (2 ** width - 1);
}

/**
 * A FLAC file's metadata (`fLaC` and all metadata blocks) and its compressed frames, in order; views of `file`.
 * @throws UserError naming `path` and the byte where the file is damaged or cut short
 */
export function splitFlac(path: string, file: Buffer): { metadata: Buffer; frames: Buffer[] } {
  const first = metadataEnd(path, file);
  if (headerLength(file, first) === 0) throw new UserError(`${path}: damaged FLAC: expected a frame at byte ${first}`);
  const frames: Buffer[] = [];
  let start = first;
  let crc = 0;
  for (let i = first; i < file.length; i++) {
    if (crc === 0 && i > start && file[i] === 0xff && headerLength(file, i) > 0) {
      frames.push(file.subarray(start, i));
      start = i;
    }
    crc = ((crc << 8) & 0xffff) ^ crc16Table[(crc >> 8) ^ file[i]];
  }
  if (crc !== 0) {
    throw new UserError(`${path}: damaged or truncated FLAC: the frame at byte ${start} has a wrong checksum`);
  }
  frames.push(file.subarray(start));
  return { metadata: file.subarray(0, first), frames };
}

/** The byte after the last metadata block. A block: a flag for the last one, 7 bits of type, 3 bytes of length, content. */
function metadataEnd(path: string, file: Buffer): number {
  for (let at = 4; at + 4 <= file.length;) {
    const end = at + 4 + file.readUIntBE(at + 1, 3);
    if (file[at] & 0x80) return end;
    at = end;
  }
  throw new UserError(`${path}: truncated FLAC: the file ends within its metadata`);
}

/** Length of the frame header at `at`, its CRC-8 included; 0 if there is none. */
function headerLength(file: Buffer, at: number): number {
  // Sync code, a reserved bit that is 0, the blocking strategy.
  if (file[at] !== 0xff || (file[at + 1] & 0xfe) !== 0xf8) return 0;
  const blockSize = file[at + 2] >> 4;
  const sampleRate = file[at + 2] & 15;
  const channels = file[at + 3] >> 4;
  const bits = (file[at + 3] >> 1) & 7;
  if (blockSize === 0 || sampleRate === 15 || channels > 10 || bits === 3 || file[at + 3] & 1) return 0;
  // The frame's or sample's number, coded like UTF-8: as many leading ones as bytes, or a single byte below 128.
  const ones = Math.clz32(~(file[at + 4] << 24));
  if (ones === 1 || ones > 7) return 0;
  const blockSizeBytes = blockSize === 6 ? 1 : blockSize === 7 ? 2 : 0;
  const sampleRateBytes = sampleRate === 12 ? 1 : sampleRate === 13 || sampleRate === 14 ? 2 : 0;
  const length = 4 + Math.max(1, ones) + blockSizeBytes + sampleRateBytes + 1;
  if (at + length > file.length) return 0;
  let crc = 0;
  for (let i = at; i < at + length; i++) crc = crc8Table[crc ^ file[i]];
  return crc === 0 ? length : 0;
}

/**
 * @file Where the frames of a native FLAC file begin and end (RFC 9639, sections 8.1 and 9.1).
 *
 * Frames carry no length: a frame ends where the next header begins, the last one where the file ends. A header is
 * taken for one if its fixed bits and CRC-8 are right and it carries the number that follows: no chance pattern within
 * compressed samples does. The decoder's own splitter loses the last frame of some valid files.
 */

/** The compressed frames of a FLAC file, in order; views of `file`. */
export function splitFlacFrames(file: Buffer): Uint8Array[] {
  const starts: number[] = [];
  let expected = 0;
  let at = firstFrame(file);
  while (at < file.length - 5) {
    const header = parseHeader(file, at);
    if (header?.number === expected) {
      starts.push(at);
      expected += header.variableBlocks ? header.blockSize : 1;
      at += header.bytes;
    } else {
      const next = file.indexOf(0xff, at + 1);
      at = next === -1 ? file.length : next;
    }
  }
  return starts.map((start, i) => file.subarray(start, starts[i + 1] ?? file.length));
}

/** The byte after the last metadata block. */
function firstFrame(file: Buffer): number {
  let at = 4;
  while (at + 4 <= file.length) {
    const isLast = (file[at] & 0x80) !== 0;
    at += 4 + file.readUIntBE(at + 1, 3);
    if (isLast) break;
  }
  return at;
}

interface FrameHeader {
  /** Of the frame, or of its first sample where block sizes vary. */
  readonly number: number;
  readonly blockSize: number;
  readonly variableBlocks: boolean;
  readonly bytes: number;
}

function parseHeader(file: Buffer, start: number): FrameHeader | undefined {
  if (file[start] !== 0xff || (file[start + 1] & 0xfe) !== 0xf8 || (file[start + 3] & 1) !== 0) return undefined;
  const sizeCode = file[start + 2] >> 4;
  const rateCode = file[start + 2] & 15;
  if (sizeCode === 0 || rateCode === 15) return undefined;
  const numberBytes = codedLength(file[start + 4]);
  const sizeBytes = sizeCode === 6 ? 1 : sizeCode === 7 ? 2 : 0;
  const rateBytes = rateCode === 12 ? 1 : rateCode === 13 || rateCode === 14 ? 2 : 0;
  const checked = 4 + numberBytes + sizeBytes + rateBytes;
  if (numberBytes === 0 || start + checked >= file.length) return undefined;
  if (crc8(file, start, start + checked) !== file[start + checked]) return undefined;
  return {
    number: codedNumber(file, start + 4, numberBytes),
    blockSize: blockSize(sizeCode, sizeBytes === 0 ? 0 : file.readUIntBE(start + 4 + numberBytes, sizeBytes)),
    variableBlocks: (file[start + 1] & 1) === 1,
    bytes: checked + 1,
  };
}

/** Bytes of a number coded as UTF-8 codes characters (up to 7 bytes); 0 if `first` begins none. */
function codedLength(first: number): number {
  const ones = Math.clz32(~(first << 24));
  if (ones === 0) return 1;
  return ones === 1 || ones > 7 ? 0 : ones;
}

function codedNumber(file: Buffer, at: number, length: number): number {
  if (length === 1) return file[at];
  let value = file[at] & (0x7f >> length);
  for (let i = 1; i < length; i++) value = value * 64 + (file[at + i] & 0x3f);
  return value;
}

function blockSize(code: number, stored: number): number {
  if (code === 1) return 192;
  if (code <= 5) return 144 * 2 ** code;
  if (code <= 7) return stored + 1;
  return 2 ** code;
}

/** CRC-8 with polynomial x⁸ + x² + x + 1. */
function crc8(bytes: Buffer, from: number, to: number): number {
  let crc = 0;
  for (let i = from; i < to; i++) {
    crc ^= bytes[i];
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : crc << 1;
  }
  return crc;
}

/**
 * @file Ogg (RFC 3533): pages of one logical stream, checked, and the packets in them.
 *
 * A page: "OggS", version, flags, granule position (64 bits), serial number, sequence number, CRC-32, a table of
 * segment lengths, the segments. A packet is made of segments up to the first that is shorter than 255 bytes. The last
 * page's granule position tells how long the stream is, so that probing reads the two ends of the file only. Limits:
 * one stream a file; several at once (video) or one after the other (radio) are refused.
 */
import { UserError } from '../errors.js';
import type { AudioSource } from './audio-format.js';

export interface OggPage {
  /** Bit 1: its first segment continues a packet; 2: first page of a stream; 4: the last one. */
  flags: number;
  /** Samples up to the end of the last packet that ends here, by the codec's own count; −1 where none ends. */
  granule: number;
  serial: number;
  sequence: number;
  lacing: Buffer;
  body: Buffer;
  /** Bytes. */
  length: number;
}

const HEADER = 27;
const LONGEST_PAGE = HEADER + 255 + 255 * 255;
const FIRST = 2;
const LAST = 4;

/** CRC-32 of polynomial 0x04c11db7, highest bit first, starting from 0, nothing inverted. */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value;
});

/**
 * What is decoded beyond the count of the last page belongs to its last block or packet. Where it is more, the stream was
 * cut out of a longer one (`ffmpeg -ss 5 -c copy`), and which of its samples are meant is not known.
 * @throws UserError
 */
export function refuseCutOut(path: string, beyond: number, longest: number): void {
  if (beyond <= longest) return;
  throw new UserError(
    `${path}: holds ${beyond} samples more than it counts, as streams do that were cut out of longer ones without decoding\n` +
      '  decode it with what cut it, for example: ffmpeg -i IN OUT.wav',
  );
}

/** Codec header and length of a stream, from the two ends of the file. @throws UserError naming the file */
export function probeOgg(source: AudioSource): { header: Buffer; granule: number } {
  const { path, size } = source;
  const start = source.read(0, LONGEST_PAGE);
  const first = parsePage(start, 0);
  if (typeof first === 'string') throw damaged(path, 0, first);
  const tail = Math.max(0, size - LONGEST_PAGE);
  const end = source.read(tail, LONGEST_PAGE);
  for (let at = end.lastIndexOf('OggS'); at >= 0; at = at > 0 ? end.lastIndexOf('OggS', at - 1) : -1) {
    const page = parsePage(end, at);
    if (typeof page === 'string' || at + page.length !== end.length) continue;
    checkEnds(path, first, page);
    return { header: first.body, granule: page.granule };
  }
  throw new UserError(`${path}: truncated or damaged Ogg: no whole page at the end of the file; get it again`);
}

/** All pages of the one stream in a file. @throws UserError naming `path` and the byte where it is damaged */
export function splitOgg(path: string, file: Buffer): OggPage[] {
  const pages: OggPage[] = [];
  for (let at = 0; at < file.length;) {
    const page = parsePage(file, at);
    if (typeof page === 'string') throw damaged(path, at, page);
    if (pages.length > 0) {
      if (page.serial !== pages[0].serial || page.flags & FIRST) throw severalStreams(path);
      if (page.sequence !== pages[pages.length - 1].sequence + 1) {
        throw damaged(path, at, `page ${page.sequence} follows page ${pages[pages.length - 1].sequence}`);
      }
    }
    pages.push(page);
    at += page.length;
  }
  checkEnds(path, pages[0], pages[pages.length - 1]);
  return pages;
}

/** The packets of a stream, in order. */
export function packetsOf(pages: readonly OggPage[]): Buffer[] {
  const packets: Buffer[] = [];
  let parts: Buffer[] = [];
  for (const { lacing, body } of pages) {
    let at = 0;
    for (const length of lacing) {
      parts.push(body.subarray(at, at + length));
      at += length;
      if (length < 255) {
        packets.push(parts.length === 1 ? parts[0] : Buffer.concat(parts));
        parts = [];
      }
    }
  }
  return packets;
}

function checkEnds(path: string, first: OggPage, last: OggPage): void {
  if (!(first.flags & FIRST)) throw new UserError(`${path}: damaged Ogg: its beginning is missing`);
  if (last.serial !== first.serial) throw severalStreams(path);
  if (!(last.flags & LAST) || last.granule < 0) {
    throw new UserError(
      `${path}: truncated Ogg: its last page is not marked as the end of the stream. ` +
        'If the file is all there is, write it anew (`ffmpeg -i FILE -c copy NEW.ogg`).',
    );
  }
}

/** The page at `at`, or what is wrong with it. */
function parsePage(bytes: Buffer, at: number): OggPage | string {
  if (bytes.toString('latin1', at, at + 4) !== 'OggS') return 'expected a page ("OggS")';
  if (at + HEADER > bytes.length) return 'the page is cut short';
  const segments = at + HEADER + bytes[at + 26];
  const lacing = bytes.subarray(at + HEADER, segments);
  const end = lacing.reduce((sum, length) => sum + length, segments);
  if (end > bytes.length) return `the page is cut short: it takes ${end - at} bytes, there are ${bytes.length - at}`;
  let crc = 0;
  for (let i = at; i < end; i++) {
    // The checksum's own field counts as zeros.
    const byte = i >= at + 22 && i < at + 26 ? 0 : bytes[i];
    crc = (crc << 8) ^ crcTable[(crc >>> 24) ^ byte];
  }
  if (crc >>> 0 !== bytes.readUInt32LE(at + 22)) return 'the page has a wrong checksum';
  return {
    flags: bytes[at + 5],
    granule: Number(bytes.readBigInt64LE(at + 6)),
    serial: bytes.readUInt32LE(at + 14),
    sequence: bytes.readUInt32LE(at + 18),
    lacing,
    body: bytes.subarray(segments, end),
    length: end - at,
  };
}

function damaged(path: string, at: number, what: string): UserError {
  return new UserError(`${path}: damaged or truncated Ogg: at byte ${at}, ${what}`);
}

function severalStreams(path: string): UserError {
  return new UserError(
    `${path}: holds several Ogg streams; expected one. Convert it (\`ffmpeg -i FILE -map 0:a:0 NEW.flac\`).`,
  );
}

/**
 * @file The frames of a native FLAC file that cover a range of samples, found without reading what lies before them.
 *
 * A place before the range is found by the SEEKTABLE (RFC 9639, section 8.5), then by interpolation between known
 * places: some bytes are searched for a frame header, whose number tells where it is. From that place on frames are cut
 * one by one. The search may be misled by bytes that look like a header, or by a wrong SEEKTABLE; the cutting may not:
 * each frame must have a right CRC-8 and CRC-16 and follow upon the one before it by number and block size. Where that
 * fails, nothing is returned, and the file is to be decoded as a whole, which says what is wrong with it.
 */
import type { AudioSource } from './audio-format.js';
import { type FrameHeader, frameEnd, frameHeaderAt } from './flac-frames.js';

/** A frame header: 4 bytes, up to 7 of number, 2 of block size, 2 of sample rate, CRC-8. */
const LONGEST_HEADER = 16;
const SEEKTABLE = 3;
const MOST_BLOCKS = 1000;
/** Bytes that are searched for a header where the file does not state its longest frame, and at most. */
const UNKNOWN_FRAME = 2 ** 16;
const MOST_SEARCHED = 2 ** 20;
const MOST_PROBES = 40;
/** Blocks before the range that are rather walked over than searched. */
const NEAR = 3;

export interface FlacStream {
  /** Samples of one channel. */
  frames: number;
  channels: number;
  /** The metadata block STREAMINFO. */
  block: Buffer;
}

export interface CoveringFrames {
  frames: Buffer[];
  /** The first frame's first sample. */
  start: number;
  /** The sample behind the last frame. */
  end: number;
}

/** A frame's first byte and first sample. */
interface Place {
  at: number;
  sample: number;
}

/** What frames of this file have in common. */
interface Search {
  source: AudioSource;
  stream: FlacStream;
  first: FrameHeader;
  /** Samples of the longest block. */
  blockSize: number;
  /** Bytes among which a header is to be found. */
  window: number;
}

/** The frames that cover samples [from, from + count); undefined if they cannot be told. */
export function framesCovering(
  source: AudioSource,
  stream: FlacStream,
  { from, count }: { from: number; count: number },
): CoveringFrames | undefined {
  const metadata = readMetadata(source);
  const first = metadata && frameHeaderAt(source.read(metadata.end, LONGEST_HEADER), 0);
  if (!first || first.number !== 0) return undefined;
  const [shortest, longest] = [stream.block.readUInt16BE(4), stream.block.readUInt16BE(6)];
  // Frames that are counted are to be of one size, else the count does not tell the sample.
  if (first.channels !== stream.channels || (!first.variable && shortest !== longest)) return undefined;
  const window = Math.min(stream.block.readUIntBE(11, 3) || UNKNOWN_FRAME, MOST_SEARCHED) + LONGEST_HEADER;
  const search = { source, stream, first, blockSize: Math.max(longest, first.blockSize), window };
  const bounds = boundsInTable(search, metadata.seekTable, metadata.end, from);
  return cutFrames(search, approach(search, bounds, from), { from, to: from + count });
}

/** The byte behind the metadata, and the content of the SEEKTABLE. */
function readMetadata(source: AudioSource): { end: number; seekTable?: Buffer } | undefined {
  let seekTable: Buffer | undefined;
  let at = 4;
  for (let blocks = 0; blocks < MOST_BLOCKS; blocks++) {
    const head = source.read(at, 4);
    if (head.length < 4) return undefined;
    const length = head.readUIntBE(1, 3);
    if ((head[0] & 0x7f) === SEEKTABLE) seekTable = source.read(at + 4, length);
    at += 4 + length;
    if (head[0] & 0x80) return { end: at, seekTable };
  }
  return undefined;
}

/** A place before `from` and one behind it: what the SEEKTABLE has, if that holds, else the ends of the file. */
function boundsInTable(search: Search, table: Buffer | undefined, dataStart: number, from: number) {
  const { source, stream } = search;
  let low: Place = { at: dataStart, sample: 0 };
  let high: Place = { at: source.size, sample: stream.frames };
  if (!table) return { low, high };
  // A point: sample (64 bits; all ones: not used), byte from the first frame on (64 bits), block size (16 bits).
  for (let point = 0; point + 18 <= table.length; point += 18) {
    const sample = Number(table.readBigUInt64BE(point));
    const at = dataStart + Number(table.readBigUInt64BE(point + 8));
    if (sample <= from && sample > low.sample && at < source.size) low = { at, sample };
    if (sample > from && sample < high.sample && at < source.size) high = { at, sample };
  }
  const holds = [low, high].every(
    ({ at, sample }) => at === source.size || placeIn(search, source.read(at, LONGEST_HEADER), 0)?.sample === sample,
  );
  if (holds && low.at < high.at) return { low, high };
  return { low: { at: dataStart, sample: 0 }, high: { at: source.size, sample: stream.frames } };
}

/** A place at or before sample `from`, as near as a few readings bring it. */
function approach(search: Search, { low, high }: { low: Place; high: Place }, from: number): Place {
  const { source, blockSize, window } = search;
  for (let probe = 0; probe < MOST_PROBES; probe++) {
    if (from - low.sample < NEAR * blockSize || high.at - low.at <= window) break;
    // Every other time the middle, as interpolation alone creeps where bytes are spread unevenly.
    const share = probe % 2 === 0 ? (from - low.sample) / (high.sample - low.sample) : 0.5;
    const guess = Math.floor(low.at + share * (high.at - low.at) - window / 2);
    const found = guess > low.at ? searchFrom(search, source.read(guess, window), { low, high }) : undefined;
    if (!found) {
      if (probe % 2 === 0) continue;
      break;
    }
    const place = { at: guess + found.at, sample: found.sample };
    if (place.sample <= from) low = place;
    else high = place;
  }
  return low;
}

/** The first header among `bytes` that lies between two places. */
function searchFrom(search: Search, bytes: Buffer, { low, high }: { low: Place; high: Place }): Place | undefined {
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const place = placeIn(search, bytes, at);
    if (place && place.sample > low.sample && place.sample < high.sample) return place;
  }
  return undefined;
}

function placeIn(search: Search, bytes: Buffer, at: number): Place | undefined {
  const header = frameHeaderAt(bytes, at);
  return header && isOfStream(search, header) ? { at, sample: sampleOf(search, header) } : undefined;
}

const isOfStream = ({ first }: Search, header: FrameHeader) =>
  header.variable === first.variable &&
  header.channels === first.channels &&
  header.rateCode === first.rateCode &&
  header.bitsCode === first.bitsCode;

const sampleOf = ({ first }: Search, { variable, number }: FrameHeader) =>
  variable ? number : number * first.blockSize;

/** Cuts the frames from `place` on, and keeps those that hold samples of [from, to). */
function cutFrames(search: Search, place: Place, { from, to }: { from: number; to: number }) {
  const { source, stream, blockSize, window } = search;
  const bytesPerSample = source.size / stream.frames;
  let length = Math.ceil((to - place.sample + 2 * blockSize) * bytesPerSample * 1.25) + window;
  for (;;) {
    const bytes = source.read(place.at, length);
    const toEnd = place.at + bytes.length >= source.size;
    const covering = cutFrom(search, bytes, place.sample, { from, to });
    if (covering) return covering;
    if (toEnd) return undefined;
    length *= 2;
  }
}

function cutFrom(search: Search, bytes: Buffer, first: number, { from, to }: { from: number; to: number }) {
  const frames: Buffer[] = [];
  let at = 0;
  let start = first;
  let sample = first;
  while (sample < to) {
    const header = frameHeaderAt(bytes, at);
    if (!header) return undefined;
    const next = sample + header.blockSize;
    const end = frameEnd(
      bytes,
      at,
      (following) => isOfStream(search, following) && sampleOf(search, following) === next,
    );
    // At the end of the bytes a frame is whole if it is the file's last, else they may just end before the next header.
    if (end === undefined || (end === bytes.length && next !== search.stream.frames)) return undefined;
    if (next > from) frames.push(bytes.subarray(at, end));
    else start = next;
    at = end;
    sample = next;
  }
  return { frames, start, end: sample };
}

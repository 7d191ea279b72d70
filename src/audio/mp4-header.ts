/**
 * @file What the boxes of an MP4 file say of its sound: sample rate, channels and length, without decoding or starting
 * anything.
 *
 * Boxes: ISO/IEC 14496-12 (mvhd 8.2.2, mdhd 8.4.2, stsd 8.5.2, stts 8.6.1.2, elst 8.6.6, stsz 8.7.3, stsc 8.7.4, stco
 * 8.7.5); descriptors of "esds": ISO/IEC 14496-1, 7.2.6; AudioSpecificConfig: ISO/IEC 14496-3, 1.6.2.1. An encoder puts
 * silence in front of the sound ("priming") and behind it; the edit list tells what of the decoded samples is sound: it
 * gives the samples to leave out at the beginning, and the length in the movie's time scale, often milliseconds, which
 * is rounded to samples as ffmpeg does. Understood: one track of AAC-LC with a time scale of its sample rate, at most
 * one edit, no fragments. For anything else nothing is returned, and ffprobe is to be asked; so too where the sample
 * rate could turn out twice as high, because the header does not rule out spectral band replication.
 */
import type { AudioSource } from './audio-format.js';

/** 10 hours of sound take 7 MB of sample sizes. */
const MOST_BYTES = 2 ** 26;
const MOST_BOXES = 10_000;
const FRAME = 1024;
/** ffmpeg writes 1024 samples of priming, others 2112. */
const MOST_PRIMING = 4096;
const AAC_LC = 2;
/** Rates up to here may be doubled by spectral band replication that no header tells of. */
const MOST_DOUBLED = 24000;
const sampleRates = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

export interface Mp4Sound {
  sampleRate: number;
  channels: number;
  /** Samples of one channel, without priming and padding. */
  frames: number;
}

/** The sound of an MP4 file; undefined if it is of a kind that is not understood, or damaged. Reads headers only. */
export function readMp4Sound(source: AudioSource): Mp4Sound | undefined {
  const movie = topBox(source, 'moov');
  if (!movie) return undefined;
  const boxes = boxesIn(movie);
  const tracks = boxes?.filter(({ type }) => type === 'trak') ?? [];
  const movieScale = timesOf(contentOf(boxes, 'mvhd'))?.scale;
  // "mvex" announces fragments. iTunes has a way of its own to tell of priming.
  if (tracks.length !== 1 || !movieScale || contentOf(boxes, 'mvex') || movie.includes('iTunSMPB')) return undefined;
  return readTrack(tracks[0].content, movieScale);
}

function readTrack(track: Buffer, movieScale: number): Mp4Sound | undefined {
  const inTrack = boxesIn(track);
  const media = boxesIn(contentOf(inTrack, 'mdia'));
  const table = boxesIn(contentOf(boxesIn(contentOf(media, 'minf')), 'stbl'));
  const handler = contentOf(media, 'hdlr')?.toString('latin1', 8, 12);
  const times = timesOf(contentOf(media, 'mdhd'));
  const config = readSampleDescription(contentOf(table, 'stsd'));
  const decoded = readTimeToSample(contentOf(table, 'stts'));
  if (handler !== 'soun' || !times || !config || !decoded || times.scale !== config.sampleRate) return undefined;
  const length = Math.min(times.duration, decoded.samples);
  const edits = contentOf(inTrack, 'edts');
  const edit = edits ? readEdit(contentOf(boxesIn(edits), 'elst')) : { priming: 0, duration: Infinity };
  if (!edit) return undefined;
  // To the nearest sample, halves upward: durations are far below 2^53 / 192,000.
  const edited = edit.duration === Infinity ? Infinity : Math.floor((edit.duration * times.scale) / movieScale + 0.5);
  const frames = Math.min(length, edited);
  if (countSizes(contentOf(table, 'stsz')) !== decoded.packets || countInChunks(table) !== decoded.packets)
    return undefined;
  const fits = edit.priming <= MOST_PRIMING && frames > 0 && frames + edit.priming <= decoded.packets * FRAME;
  return fits && Number.isSafeInteger(frames) ? { ...config, frames } : undefined;
}

interface Box {
  type: string;
  content: Buffer;
}

/** The content of the first box of a type among those that the file is a row of. */
function topBox({ size, read }: AudioSource, wanted: string): Buffer | undefined {
  for (let at = 0, boxes = 0; at + 8 <= size && boxes < MOST_BOXES; boxes++) {
    const head = boxHead(read(at, 16), size - at);
    if (!head) return undefined;
    const length = head.length - head.start;
    if (head.type === wanted) return length <= MOST_BYTES ? read(at + head.start, length) : undefined;
    at += head.length;
  }
  return undefined;
}

/** The boxes that `bytes` are a row of; undefined if they are not. */
function boxesIn(bytes: Buffer | undefined): Box[] | undefined {
  if (!bytes) return undefined;
  const boxes: Box[] = [];
  for (let at = 0; at < bytes.length;) {
    const head = boxHead(bytes.subarray(at, at + 16), bytes.length - at);
    if (!head || boxes.length >= MOST_BOXES) return undefined;
    boxes.push({ type: head.type, content: bytes.subarray(at + head.start, at + head.length) });
    at += head.length;
  }
  return boxes;
}

/** Size (32 bits; 1: 64 bits follow the type; 0: to the end), type. `available`: bytes from the box on. */
function boxHead(head: Buffer, available: number): { type: string; start: number; length: number } | undefined {
  if (head.length < 8) return undefined;
  const short = head.readUInt32BE(0);
  const start = short === 1 ? 16 : 8;
  if (head.length < start) return undefined;
  const length = short === 1 ? Number(head.readBigUInt64BE(8)) : short === 0 ? available : short;
  if (length < start || length > available) return undefined;
  return { type: head.toString('latin1', 4, 8), start, length };
}

/** The content of the only box of a type. */
function contentOf(boxes: Box[] | undefined, type: string): Buffer | undefined {
  const found = boxes?.filter((box) => box.type === type) ?? [];
  return found.length === 1 ? found[0].content : undefined;
}

/**
 * Of "mvhd" and "mdhd": version, flags, two dates, time scale, duration; dates and duration have 64 bits in version 1.
 */
function timesOf(content: Buffer | undefined): { scale: number; duration: number } | undefined {
  if (!content || content.length < 20) return undefined;
  if (content[0] === 0) return { scale: content.readUInt32BE(12), duration: content.readUInt32BE(16) };
  if (content[0] !== 1 || content.length < 32) return undefined;
  return { scale: content.readUInt32BE(20), duration: Number(content.readBigUInt64BE(24)) };
}

/** Counts of packets and their durations. All but the last packet are to be a frame of AAC long. */
function readTimeToSample(content: Buffer | undefined): { packets: number; samples: number } | undefined {
  if (!content || content.length < 8) return undefined;
  const entries = content.readUInt32BE(4);
  if (entries > 2 || content.length < 8 + 8 * entries) return undefined;
  let packets = 0;
  let samples = 0;
  for (let i = 0; i < entries; i++) {
    const count = content.readUInt32BE(8 + 8 * i);
    const duration = content.readUInt32BE(12 + 8 * i);
    const isLast = i === entries - 1 && count === 1;
    if (isLast ? duration > FRAME : duration !== FRAME) return undefined;
    packets += count;
    samples += count * duration;
  }
  return { packets, samples };
}

/** Packets that "stsz" has a size for: a common size, the count, and unless there is a common one all sizes. */
function countSizes(content: Buffer | undefined): number | undefined {
  if (!content || content.length < 12) return undefined;
  const count = content.readUInt32BE(8);
  return content.readUInt32BE(4) === 0 && content.length === 12 + 4 * count ? count : undefined;
}

/** Packets in all chunks: "stsc" is a row of first chunk (from 1), packets a chunk, sample description. */
function countInChunks(table: Box[] | undefined): number | undefined {
  const content = contentOf(table, 'stsc');
  const [short, long] = [contentOf(table, 'stco'), contentOf(table, 'co64')];
  const offsets = short ?? long;
  if (!content || content.length < 8 || !offsets || offsets.length < 8 || (short && long)) return undefined;
  const chunks = offsets.readUInt32BE(4);
  const runs = content.readUInt32BE(4);
  if (offsets.length !== 8 + (short ? 4 : 8) * chunks || content.length !== 8 + 12 * runs) return undefined;
  let packets = 0;
  let next = 1;
  for (let run = 0, at = 8; run < runs; run++, at += 12) {
    const behind = run + 1 < runs ? content.readUInt32BE(at + 12) : chunks + 1;
    if (content.readUInt32BE(at) !== next || behind <= next || content.readUInt32BE(at + 8) !== 1) return undefined;
    packets += (behind - next) * content.readUInt32BE(at + 4);
    next = behind;
  }
  return next === chunks + 1 ? packets : undefined;
}

/** The only edit: its length in the movie's time scale, and the sample that it begins with. */
function readEdit(content: Buffer | undefined): { duration: number; priming: number } | undefined {
  if (!content || content.length < 20 || content.readUInt32BE(4) !== 1) return undefined;
  const long = content[0] === 1;
  if (content[0] > 1 || content.length < (long ? 28 : 20)) return undefined;
  const duration = long ? Number(content.readBigUInt64BE(8)) : content.readUInt32BE(8);
  const priming = long ? Number(content.readBigInt64BE(16)) : content.readInt32BE(12);
  const rate = content.readUInt32BE(long ? 24 : 16);
  return rate === 0x10000 && priming >= 0 && duration > 0 ? { duration, priming } : undefined;
}

/** The only sample entry, which is to be "mp4a" in the form without extensions of QuickTime. */
function readSampleDescription(content: Buffer | undefined): { sampleRate: number; channels: number } | undefined {
  if (!content || content.length < 8 || content.readUInt32BE(4) !== 1) return undefined;
  const entry = contentOf(boxesIn(content.subarray(8)), 'mp4a');
  // 6 reserved bytes, reference (2), version (2), 18 more bytes of which ffmpeg believes the configuration over.
  if (!entry || entry.length < 28 || entry.readUInt16BE(8) !== 0) return undefined;
  const descriptors = contentOf(boxesIn(entry.subarray(28)), 'esds');
  const config = descriptors && findConfig(descriptors.subarray(4));
  return config && readConfig(config);
}

/** AudioSpecificConfig out of ES_Descriptor (3) → DecoderConfigDescriptor (4) → DecoderSpecificInfo (5). */
function findConfig(bytes: Buffer): Buffer | undefined {
  const stream = descriptorAt(bytes, 3);
  // ES_ID (16 bits), then flags that announce fields which files do not have.
  if (!stream || stream.length < 3 || (stream[2] & 0xe0) !== 0) return undefined;
  const decoder = descriptorAt(stream.subarray(3), 4);
  // Object type 0x40: MPEG-4 audio; 13 bytes of fixed fields.
  if (!decoder || decoder.length < 13 || decoder[0] !== 0x40) return undefined;
  return descriptorAt(decoder.subarray(13), 5);
}

/** A descriptor: tag, length in up to 4 bytes of 7 bits, content. */
function descriptorAt(bytes: Buffer, tag: number): Buffer | undefined {
  if (bytes[0] !== tag) return undefined;
  let length = 0;
  for (let at = 1; at <= 4 && at < bytes.length; at++) {
    length = length * 128 + (bytes[at] & 0x7f);
    if (bytes[at] & 0x80) continue;
    const end = at + 1 + length;
    return end <= bytes.length ? bytes.subarray(at + 1, end) : undefined;
  }
  return undefined;
}

/**
 * 5 bits of object type, 4 of sample rate, 4 of channels, 3 that tell of variants (frames of 960 samples, others);
 * then, if the encoder cared, 11 bits 0x2b7, 5 bits of object type 5, and whether there is spectral band replication.
 */
function readConfig(config: Buffer): { sampleRate: number; channels: number } | undefined {
  if (config.length < 2) return undefined;
  const sampleRate = sampleRates[((config[0] & 7) << 1) | (config[1] >> 7)];
  const layout = (config[1] >> 3) & 15;
  if (config[0] >> 3 !== AAC_LC || !sampleRate || layout < 1 || layout > 7 || (config[1] & 7) !== 0) return undefined;
  const extended = config.length >= 5 && (config[2] << 3) + (config[3] >> 5) === 0x2b7 && (config[3] & 31) === 5;
  const doubled = extended ? config[4] >> 7 === 1 : sampleRate <= MOST_DOUBLED;
  return doubled ? undefined : { sampleRate, channels: layout === 7 ? 8 : layout };
}

/**
 * @file WAV (RIFF/WAVE): PCM of 8, 16, 24 and 32 bits, IEEE float of 32 and 64 bits, A-law and µ-law; plain or
 * WAVE_FORMAT_EXTENSIBLE; RIFF, and RF64 or BW64 for more than 4 GB.
 *
 * Reading is ranged: the chunks are walked, then only the wanted samples are read. What real files do is accepted:
 * chunks of odd size with a pad byte, any chunks before and after the data, a frame size that does not fit the bits of
 * a sample (the bits count, as for libsndfile), a data size of 0 or near 2³¹ or 2³² (written by a program that could
 * not seek back) meaning "to the end of the file". Otherwise it is an error where the data chunk promises more than the
 * file holds, where bytes follow it that are no chunk (a size that wrapped at 4 GB), and where a float sample is not
 * finite. Source: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0" (1991), and mmreg.h for
 * EXTENSIBLE; EBU Tech 3306 and ITU-R BS.2088 for the chunk "ds64". Limits: no ADPCM or other compressed encodings, no
 * RIFX (high byte first).
 */
import { UserError } from '../errors.js';
import { type AudioFormat, type AudioInfo, type AudioSource, firstNotFinite } from './audio-format.js';
import { aLawValues, muLawValues } from './g711.js';

const PCM = 0x0001;
const IEEE_FLOAT = 0x0003;
const A_LAW = 0x0006;
const MU_LAW = 0x0007;
const EXTENSIBLE = 0xfffe;

/** Chunks before the data; more than this is no WAV that a program wrote. */
const MOST_CHUNKS = 10_000;
/** A size that does not fit into 32 bits and is in "ds64", or one that is not known. */
const UNKNOWN = 0xffffffff;
/** Recorders and pipes state the largest size they know, perhaps less their header or rounded to a block. */
const NEAR_LARGEST = 2 ** 16;
/** What may stand behind the audio and is no whole chunk: tags of other formats, and a description that was cut. */
const TRAILING_TAG = /^(TAG|ID3|APETAGEX|LIST|bext|iXML|id3 )/;
/** Zeros up to a block of a disk are padding. */
const MOST_PADDING = 4096;

type Coding = 'PCM' | 'float' | 'A-law' | 'µ-law';

const codings = new Map<number, { coding: Coding; bits: readonly number[] }>([
  [PCM, { coding: 'PCM', bits: [8, 16, 24, 32] }],
  [IEEE_FLOAT, { coding: 'float', bits: [32, 64] }],
  [A_LAW, { coding: 'A-law', bits: [8] }],
  [MU_LAW, { coding: 'µ-law', bits: [8] }],
]);

interface WavLayout extends AudioInfo {
  coding: Coding;
  /** Bits of one stored sample: 8, 16, 24, 32 or 64. */
  bits: number;
  /** Bytes of one sample of all channels. */
  blockAlign: number;
  dataStart: number;
}

export const wav: AudioFormat = {
  name: 'wav',
  extensions: ['.wav', '.wave'],
  readsPieces: true,
  matches: (head) => ['RIFF', 'RF64', 'BW64'].includes(ascii(head, 0)) && ascii(head, 8) === 'WAVE',
  probe(source) {
    const { format, sampleRate, channels, frames, duration, encoding } = parseHeader(source);
    return { format, sampleRate, channels, frames, duration, encoding };
  },
  readChannel(source, { from, count, channel }) {
    const layout = parseHeader(source);
    const bytes = source.read(layout.dataStart + from * layout.blockAlign, count * layout.blockAlign);
    return Promise.resolve(decodeChannel(source.path, bytes, layout, count, channel));
  },
};

function parseHeader(source: AudioSource): WavLayout {
  const { path, size } = source;
  let fmt: Buffer | undefined;
  let ds64: Buffer | undefined;
  let position = 12;
  for (let chunks = 0; position + 8 <= size && chunks < MOST_CHUNKS; chunks++) {
    const head = source.read(position, 8);
    const id = ascii(head, 0);
    const start = position + 8;
    let length = head.readUInt32LE(4);
    if (id === 'ds64') ds64 = source.read(start, Math.min(length, 1024));
    if (length === UNKNOWN && ds64) length = longSize(ds64, id) ?? length;
    if (id === 'fmt ') fmt = source.read(start, Math.min(length, 64));
    if (id === 'data') {
      if (!fmt) throw new UserError(`${path}: damaged WAV: the data comes before its description ("fmt " chunk)`);
      return layoutOf(source, fmt, start, length);
    }
    // Chunks are padded to an even size.
    position = start + length + (length % 2);
  }
  throw new UserError(`${path}: damaged WAV: no ${fmt ? 'data' : '"fmt "'} chunk within its ${size} bytes`);
}

/**
 * The size that "ds64" gives a chunk: RIFF size, data size and sample count of 64 bits each, then a table of others.
 */
function longSize(ds64: Buffer, id: string): number | undefined {
  if (id === 'data') return ds64.length >= 16 ? Number(ds64.readBigUInt64LE(8)) : undefined;
  for (let at = 28; at + 12 <= ds64.length; at += 12) {
    if (ascii(ds64, at) === id) return Number(ds64.readBigUInt64LE(at + 4));
  }
  return undefined;
}

function layoutOf(source: AudioSource, fmt: Buffer, dataStart: number, stated: number): WavLayout {
  const { path, size } = source;
  if (fmt.length < 16) {
    throw new UserError(`${path}: damaged WAV: expected a "fmt " chunk of 16 bytes, got ${fmt.length}`);
  }
  const tag = fmt.readUInt16LE(0);
  // EXTENSIBLE: the first two bytes of the sub-format's GUID are the tag that counts.
  const plainTag = tag === EXTENSIBLE && fmt.length >= 26 ? fmt.readUInt16LE(24) : tag;
  const channels = fmt.readUInt16LE(2);
  const sampleRate = fmt.readUInt32LE(4);
  // NOTE: not from the stated bytes a frame (at 12), which some writers get wrong: libsndfile goes by the bits as well.
  const bits = 8 * Math.ceil(fmt.readUInt16LE(14) / 8);
  const blockAlign = (channels * bits) / 8;
  const known = codings.get(plainTag);
  if (channels === 0 || sampleRate === 0 || !known?.bits.includes(bits)) {
    throw new UserError(
      `${path}: expected WAV with PCM of 8, 16, 24 or 32 bits, float of 32 or 64, A-law or µ-law, got format ` +
        `0x${plainTag.toString(16)}, ${fmt.readUInt16LE(14)} bits, ${channels} channels, ${sampleRate} Hz`,
    );
  }
  const available = size - dataStart;
  const toEnd = meansToEnd(source, dataStart, stated);
  if (!toEnd && stated > available) {
    throw new UserError(
      `${path}: truncated WAV: its header promises ${stated} bytes of audio, the file holds ${available}`,
    );
  }
  if (!toEnd) refuseUnknownBytes(source, dataStart + stated, stated);
  const frames = Math.floor((toEnd ? available : stated) / blockAlign);
  if (frames === 0) {
    const damaged = (toEnd ? available : stated) > 0;
    throw new UserError(
      damaged
        ? `${path}: damaged WAV: its header says ${channels} channels, of which the file does not hold one sample each`
        : `${path}: holds no audio (0 samples)`,
    );
  }
  const { coding } = known;
  const encoding = coding === 'PCM' || coding === 'float' ? `${coding} ${bits} bit` : coding;
  const duration = frames / sampleRate;
  return { format: 'wav', sampleRate, channels, frames, duration, encoding, coding, bits, blockAlign, dataStart };
}

/** Whether the size of the data was not known when it was written. */
function meansToEnd(source: AudioSource, dataStart: number, stated: number): boolean {
  if (stated === UNKNOWN) return true;
  if (stated === 0) return chunksFrom(source, dataStart).end !== source.size;
  if (stated <= source.size - dataStart) return false;
  return Math.abs(stated - 2 ** 31) <= NEAR_LARGEST || Math.abs(stated - 2 ** 32) <= NEAR_LARGEST || stated >= 2 ** 63;
}

/** Refuses a file whose audio goes on behind what its header states. */
function refuseUnknownBytes(source: AudioSource, dataEnd: number, stated: number): void {
  const { path, size } = source;
  if (dataEnd === size) return;
  // Some writers leave out the pad byte of a data chunk of odd size.
  const starts = stated % 2 === 0 ? [dataEnd] : [dataEnd + 1, dataEnd];
  const chains = starts.map((start) => chunksFrom(source, start));
  if (chains.some(({ hasData }) => hasData)) {
    throw new UserError(`${path}: expected WAV with one data chunk, got several; join them into one`);
  }
  if (chains.some(({ end }) => isNoAudio(source, end))) return;
  const left = size - Math.max(...chains.map(({ end }) => end));
  throw new UserError(
    `${path}: damaged WAV: its header states ${stated} bytes of audio, and ${left} bytes follow that are no chunk\n` +
      'Was it recorded beyond 4 GB, or its header not brought up to date? Read it to its end into another format: ' +
      `sox --ignore-length ${path} OUT.flac`,
  );
}

/** Whether what is left behind the chunks is too short for another, padding, or a tag. */
function isNoAudio(source: AudioSource, from: number): boolean {
  const left = source.size - from;
  const rest = source.read(from, MOST_PADDING);
  if (left < 8 || TRAILING_TAG.test(rest.toString('latin1', 0, 8))) return true;
  return left <= MOST_PADDING && rest.every((byte) => byte === 0);
}

/**
 * Where the chain of chunks from `start` ends (at `start`, if there is none), and whether one of them is more audio.
 */
function chunksFrom(source: AudioSource, start: number): { end: number; hasData: boolean } {
  let end = start;
  let hasData = false;
  for (let chunks = 0; end + 8 <= source.size && chunks < MOST_CHUNKS; chunks++) {
    const head = source.read(end, 8);
    const next = end + 8 + head.readUInt32LE(4);
    if (!/^[ -~]{4}$/.test(ascii(head, 0)) || next > source.size) break;
    hasData ||= ascii(head, 0) === 'data';
    // The last chunk's pad byte may be missing.
    end = Math.min(next + ((next - end) % 2), source.size);
  }
  return { end, hasData };
}

function decodeChannel(path: string, bytes: Buffer, layout: WavLayout, count: number, channel: number) {
  const { coding, bits, blockAlign, channels } = layout;
  if (bytes.length !== count * blockAlign) {
    throw new UserError(
      `${path}: expected ${count * blockAlign} bytes of audio, got ${bytes.length}; did the file change?`,
    );
  }
  const samples = new Float32Array(count);
  if (coding === 'PCM' && bits === 16) {
    const values = new Int16Array(bytes.buffer, bytes.byteOffset, count * channels);
    for (let i = 0, at = channel; i < count; i++, at += channels) samples[i] = values[at] / 32768;
    return samples;
  }
  const value = sampleReader(bytes, coding, bits);
  for (let i = 0, at = (channel * bits) / 8; i < count; i++, at += blockAlign) samples[i] = value(at);
  if (coding === 'float') checkFinite(path, samples);
  return samples;
}

function sampleReader(bytes: Buffer, coding: Coding, bits: number): (at: number) => number {
  if (coding === 'float') return bits === 32 ? (at) => bytes.readFloatLE(at) : (at) => bytes.readDoubleLE(at);
  if (coding === 'A-law') return (at) => aLawValues[bytes[at]] / 32768;
  if (coding === 'µ-law') return (at) => muLawValues[bytes[at]] / 32768;
  if (bits === 8) return (at) => (bytes[at] - 128) / 128; // the only unsigned one
  const scale = 2 ** (bits - 1);
  return (at) => bytes.readIntLE(at, bits / 8) / scale;
}

function checkFinite(path: string, samples: Float32Array): void {
  const bad = firstNotFinite(samples);
  if (bad >= 0) throw new UserError(`${path}: sample ${bad} of what was read is ${samples[bad]}: the file is damaged`);
}

function ascii(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

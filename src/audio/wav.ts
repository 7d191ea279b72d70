/**
 * @file WAV (RIFF/WAVE): PCM of 8, 16, 24 and 32 bits, IEEE float of 32 and 64 bits, plain or WAVE_FORMAT_EXTENSIBLE.
 *
 * Reading is ranged: the chunks are walked, then only the wanted samples are read. What real files do is accepted: chunks
 * of odd size with a pad byte, any chunks before the data, a data size of 0 or 0xFFFFFFFF (written by a program that could
 * not seek back) meaning "to the end of the file". A data chunk that promises more than the file holds is an error.
 * Source: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0" (1991), and mmreg.h for EXTENSIBLE.
 * Limits: no compressed encodings (A-law, µ-law, ADPCM), no RF64, no RIFX.
 */
import { UserError } from '../errors.js';
import type { AudioFormat, AudioInfo, AudioSource } from './audio-format.js';

const PCM = 0x0001;
const IEEE_FLOAT = 0x0003;
const EXTENSIBLE = 0xfffe;

interface WavLayout extends AudioInfo {
  float: boolean;
  /** Bits of one stored sample: 8, 16, 24, 32 or 64. */
  bits: number;
  /** Bytes of one sample of all channels. */
  blockAlign: number;
  dataStart: number;
}

export const wav: AudioFormat = {
  name: 'wav',
  extensions: ['.wav', '.wave'],
  matches: (head) => ascii(head, 0) === 'RIFF' && ascii(head, 8) === 'WAVE',
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
  for (let position = 12; position + 8 <= size;) {
    const head = source.read(position, 8);
    const id = ascii(head, 0);
    const length = head.readUInt32LE(4);
    const start = position + 8;
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

function layoutOf({ path, size }: AudioSource, fmt: Buffer, dataStart: number, stated: number): WavLayout {
  if (fmt.length < 16)
    throw new UserError(`${path}: damaged WAV: expected a "fmt " chunk of 16 bytes, got ${fmt.length}`);
  const tag = fmt.readUInt16LE(0);
  // EXTENSIBLE: the first two bytes of the sub-format's GUID are the tag that counts.
  const coding = tag === EXTENSIBLE && fmt.length >= 26 ? fmt.readUInt16LE(24) : tag;
  const channels = fmt.readUInt16LE(2);
  const sampleRate = fmt.readUInt32LE(4);
  const blockAlign = fmt.readUInt16LE(12);
  const bits = (8 * blockAlign) / channels;
  const float = coding === IEEE_FLOAT;
  const readable = float ? bits === 32 || bits === 64 : coding === PCM && [8, 16, 24, 32].includes(bits);
  if (channels === 0 || sampleRate === 0 || !readable || fmt.readUInt16LE(14) > bits) {
    throw new UserError(
      `${path}: expected WAV with PCM of 8, 16, 24 or 32 bits or float of 32 or 64, got format 0x${coding.toString(16)}, ` +
        `${fmt.readUInt16LE(14)} bits, ${channels} channels, ${sampleRate} Hz, ${blockAlign} bytes a frame`,
    );
  }
  const available = size - dataStart;
  const toEnd = stated === 0xffffffff || (stated === 0 && available > 0);
  if (!toEnd && stated > available) {
    throw new UserError(
      `${path}: truncated WAV: its header promises ${stated} bytes of audio, the file holds ${available}`,
    );
  }
  const frames = Math.floor((toEnd ? available : stated) / blockAlign);
  if (frames === 0) throw new UserError(`${path}: holds no audio (0 samples)`);
  const encoding = `${float ? 'float' : 'PCM'} ${bits} bit`;
  const duration = frames / sampleRate;
  return { format: 'wav', sampleRate, channels, frames, duration, encoding, float, bits, blockAlign, dataStart };
}

function decodeChannel(path: string, bytes: Buffer, layout: WavLayout, count: number, channel: number) {
  const { float, bits, blockAlign } = layout;
  if (bytes.length !== count * blockAlign) {
    throw new UserError(
      `${path}: expected ${count * blockAlign} bytes of audio, got ${bytes.length}; did the file change?`,
    );
  }
  const samples = new Float32Array(count);
  const first = (channel * bits) / 8;
  if (!float && bits === 16 && blockAlign === 2) {
    const values = new Int16Array(bytes.buffer, bytes.byteOffset, count);
    for (let i = 0; i < count; i++) samples[i] = values[i] / 32768;
    return samples;
  }
  const value = sampleReader(bytes, float, bits);
  for (let i = 0, at = first; i < count; i++, at += blockAlign) samples[i] = value(at);
  if (float) checkFinite(path, samples);
  return samples;
}

function sampleReader(bytes: Buffer, float: boolean, bits: number): (at: number) => number {
  if (float) return bits === 32 ? (at) => bytes.readFloatLE(at) : (at) => bytes.readDoubleLE(at);
  if (bits === 8) return (at) => (bytes[at] - 128) / 128; // the only unsigned one
  const scale = 2 ** (bits - 1);
  return (at) => bytes.readIntLE(at, bits / 8) / scale;
}

function checkFinite(path: string, samples: Float32Array): void {
  const bad = samples.findIndex((sample) => !Number.isFinite(sample));
  if (bad >= 0) throw new UserError(`${path}: sample ${bad} of what was read is ${samples[bad]}: the file is damaged`);
}

function ascii(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

/**
 * @file Ogg Opus, decoded by ogg-opus-decoder (libopus compiled to WASM) at 48 kHz, which Opus always decodes to.
 *
 * Header and length: RFC 7845, sections 4 and 5.1. Samples = last granule position − pre-skip. The header's output gain
 * (decibels · 256) is applied here, as the RFC requires of a player. Pages' checksums are checked before the decoder
 * sees them. Limits: channels are in Vorbis' order; a stream that was cut out of a longer one is refused, as its count
 * is unknown.
 */
import { UserError } from '../errors.js';
import type { AudioFormat, AudioInfo, AudioSource } from './audio-format.js';
import { probeOgg, splitOgg } from './ogg-pages.js';
import { decodeByWasm } from './wasm-decoding.js';
import { type Channels, readFromWhole } from './whole-file.js';

const SAMPLE_RATE = 48000;

export const oggOpus: AudioFormat = {
  name: 'ogg-opus',
  extensions: ['.opus'],
  matches: (head) => Buffer.from(head).toString('latin1', 28, 36) === 'OpusHead',
  probe: (source) => parseHeader(source).info,
  checks: () => 'checksums of pages',
  readChannel(source, range) {
    const { info, gain } = parseHeader(source);
    return readFromWhole(source, info, range, () => decode(source, info.frames, gain));
  },
};

/** `gain` is a factor. */
function parseHeader(source: AudioSource): { info: AudioInfo; gain: number } {
  const { header, granule } = probeOgg(source);
  // The version's upper four bits are 0 for all that is compatible with version 1.
  if (header.length < 19 || header[8] >> 4 !== 0 || header[9] === 0) {
    throw new UserError(`${source.path}: damaged Opus: expected a header of version 1 with at least one channel`);
  }
  const frames = granule - header.readUInt16LE(10);
  if (frames <= 0) throw new UserError(`${source.path}: holds no audio (0 samples)`);
  return {
    info: {
      format: 'ogg-opus',
      sampleRate: SAMPLE_RATE,
      channels: header[9],
      frames,
      duration: frames / SAMPLE_RATE,
      encoding: `Opus, made from ${header.readUInt32LE(12)} Hz`,
    },
    gain: 10 ** (header.readInt16LE(16) / (20 * 256)),
  };
}

async function decode({ path, size, read }: AudioSource, frames: number, gain: number): Promise<Channels> {
  const file = read(0, size);
  splitOgg(path, file);
  const { OggOpusDecoder } = await import('ogg-opus-decoder');
  return decodeByWasm(new OggOpusDecoder(), {
    path,
    what: 'Opus',
    decode: (decoder) => decoder.decodeFile(file),
    // NOTE: the package (1.7.5) leaves the padding in where the first page with sound is also the last.
    cut: (samples) => Float32Array.from(samples.subarray(0, frames), (sample) => sample * gain),
  });
}

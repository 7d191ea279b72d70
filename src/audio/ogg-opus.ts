/**
 * @file Ogg Opus, decoded by opus-decoder (libopus compiled to WASM) at 48 kHz, which Opus always decodes to.
 *
 * The header states the rate that the sound had before it was coded. That is taken for the file's rate, as RFC 7845
 * (section 5.1, item 5) suggests where sound is not played, and as opusdec does: speech of 16 kHz is speech of 16 kHz.
 * What is asked for at another rate is resampled once, from the 48 kHz. Rates below 8 kHz or above 48 kHz, and 0 for
 * "not known", are not taken.
 *
 * Header and length: RFC 7845, sections 4 and 5.1. Samples = last granule position − pre-skip. The header's output gain
 * (decibels · 256) is applied here, as the RFC requires of a player. Pages' checksums are checked before the decoder
 * sees their packets. Limits: channels are in Vorbis' order; a stream that was cut out of a longer one is refused, as
 * its count is unknown.
 */
import { UserError } from '../errors.js';
import type { AudioFormat, AudioSource, FoundAudio } from './audio-format.js';
import { packetsOf, probeOgg, refuseCutOut, splitOgg } from './ogg-pages.js';
import { resampledLength } from './resample.js';
import { decodeByWasm } from './wasm-decoding.js';
import { type Channels, readFromWhole } from './whole-file.js';

const DECODED_RATE = 48000;
/** 120 ms. */
const LONGEST_PACKET = 5760;
/** What Opus can carry at least; a lower rate in a header is none that speech was recorded at. */
const LOWEST_RATE = 8000;

export const oggOpus: AudioFormat = {
  name: 'ogg-opus',
  extensions: ['.opus'],
  matches: (head) => Buffer.from(head).toString('latin1', 28, 36) === 'OpusHead',
  probe: (source) => parseHeader(source).info,
  checks: () => 'checksums of pages',
  readChannel(source, range) {
    const head = parseHeader(source);
    return readFromWhole(source, { ...head.info, frames: head.frames }, range, () => decode(source, head));
  },
};

interface OpusHead {
  info: FoundAudio;
  /** Samples of a channel at 48 kHz. */
  frames: number;
  /** A factor. */
  gain: number;
  streams: OpusStreams;
}

/** How the packets are to be decoded; counts and mapping only where the header has a table of channels. */
interface OpusStreams {
  channels: number;
  preSkip: number;
  streamCount?: number;
  coupledStreamCount?: number;
  channelMappingTable?: number[];
}

function parseHeader(source: AudioSource): OpusHead {
  const { header, granule } = probeOgg(source);
  // The version's upper four bits are 0 for all that is compatible with version 1.
  if (header.length < 19 || header[8] >> 4 !== 0 || header[9] === 0) {
    throw new UserError(`${source.path}: damaged Opus: expected a header of version 1 with at least one channel`);
  }
  const streams = streamsIn(source.path, header);
  const frames = granule - streams.preSkip;
  if (frames <= 0) throw new UserError(`${source.path}: holds no audio (0 samples)`);
  const decoded = { sampleRate: DECODED_RATE, frames };
  const stated = header.readUInt32LE(12);
  const sampleRate = stated >= LOWEST_RATE && stated < DECODED_RATE ? stated : DECODED_RATE;
  return {
    info: {
      format: 'ogg-opus',
      sampleRate,
      channels: header[9],
      frames: resampledLength(frames, DECODED_RATE, sampleRate),
      duration: frames / DECODED_RATE,
      encoding: 'Opus',
      ...(sampleRate !== DECODED_RATE && { decoded }),
    },
    frames,
    gain: 10 ** (header.readInt16LE(16) / (20 * 256)),
    streams,
  };
}

/** RFC 7845, section 5.1.1: mapping family 0 is one stream of one or two channels; the others have a table. */
function streamsIn(path: string, header: Buffer): OpusStreams {
  const channels = header[9];
  const preSkip = header.readUInt16LE(10);
  if (header[18] === 0 && channels <= 2) return { channels, preSkip };
  if (header[18] === 0 || header.length < 21 + channels) {
    throw new UserError(`${path}: damaged Opus: its header has no table for its ${channels} channels`);
  }
  const channelMappingTable = [...header.subarray(21, 21 + channels)];
  return { channels, preSkip, streamCount: header[19], coupledStreamCount: header[20], channelMappingTable };
}

async function decode({ path, size, read }: AudioSource, { frames, gain, streams }: OpusHead): Promise<Channels> {
  // The first two packets are the header and its comments.
  const packets = packetsOf(splitOgg(path, read(0, size))).slice(2);
  const { OpusDecoder } = await import('opus-decoder');
  return decodeByWasm(new OpusDecoder(streams), {
    path,
    what: 'Opus',
    decode: (decoder) => decoder.decodeFrames(packets),
    // The last packet goes on behind the end of the sound.
    cut: (samples) => {
      refuseCutOut(path, samples.length - frames, LONGEST_PACKET);
      return amplified(samples.slice(0, frames), gain);
    },
  });
}

/** In place, and in a loop: `Float32Array.from` with a function takes a hundred times as long. */
function amplified(samples: Float32Array, gain: number): Float32Array<ArrayBuffer> {
  const amplified = samples as Float32Array<ArrayBuffer>;
  if (gain !== 1) for (let i = 0; i < amplified.length; i++) amplified[i] *= gain;
  return amplified;
}

/**
 * @file Ogg Vorbis, decoded by @wasm-audio-decoders/ogg-vorbis (libvorbis compiled to WASM).
 *
 * Header: Vorbis I specification, section 4.2.2. The last page's granule position is the number of samples; what the
 * last block has beyond it is left out. Pages' checksums are checked before the decoder sees them. Limits: channels are
 * in Vorbis' order. NOTE: a stream that was cut out of a longer one without decoding (`ffmpeg -ss 5 -c copy`) begins with
 * what lies before the cut, which its count does not tell; it ends as much too early.
 */
import type { OggVorbisDecoder } from '@wasm-audio-decoders/ogg-vorbis';
import { UserError } from '../errors.js';
import type { AudioFormat, AudioInfo, AudioSource } from './audio-format.js';
import { probeOgg, splitOgg } from './ogg-pages.js';
import { decodeByWasm } from './wasm-decoding.js';
import { type Channels, readFromWhole } from './whole-file.js';

export const oggVorbis: AudioFormat = {
  name: 'ogg-vorbis',
  extensions: ['.ogg', '.oga'],
  matches: (head) => Buffer.from(head).toString('latin1', 28, 35) === '\x01vorbis',
  probe: parseHeader,
  checks: () => 'checksums of pages',
  readChannel(source, range) {
    const info = parseHeader(source);
    return readFromWhole(source, info, range, () => decode(source, info.frames));
  },
};

function parseHeader(source: AudioSource): AudioInfo {
  const { header, granule: frames } = probeOgg(source);
  const channels = header.length < 30 ? 0 : header[11];
  const sampleRate = channels === 0 ? 0 : header.readUInt32LE(12);
  if (sampleRate === 0)
    throw new UserError(`${source.path}: damaged Vorbis: its header names no channel or sample rate`);
  if (frames === 0) throw new UserError(`${source.path}: holds no audio (0 samples)`);
  const duration = frames / sampleRate;
  return { format: 'ogg-vorbis', sampleRate, channels, frames, duration, encoding: 'Vorbis' };
}

/** A decoder that has not met a file yet, as the last one was set up anew behind its file. */
let spare: OggVorbisDecoder | undefined;

async function decode({ path, size, read }: AudioSource, frames: number): Promise<Channels> {
  const file = read(0, size);
  splitOgg(path, file);
  const { OggVorbisDecoder } = await import('@wasm-audio-decoders/ogg-vorbis');
  const decoder = spare ?? new OggVorbisDecoder();
  spare = undefined;
  return decodeByWasm(decoder, {
    path,
    what: 'Vorbis',
    decode: (decoder) => decoder.decodeFile(file),
    cut: (samples) => samples.slice(0, frames) as Float32Array<ArrayBuffer>,
    release: (decoder) => {
      spare = decoder;
    },
  });
}

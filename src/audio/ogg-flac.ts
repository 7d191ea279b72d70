/**
 * @file FLAC in Ogg (RFC 9639, section 10.1): a packet with STREAMINFO, packets of metadata, then one packet a frame.
 *
 * The length is the last page's granule position, as a writer that cannot go back leaves STREAMINFO's at 0.
 */
import { UserError } from '../errors.js';
import type { AudioFormat, AudioSource } from './audio-format.js';
import { type StreamInfo, audioInfoOf, decodeFlac, hasMd5, parseStreamInfo } from './flac.js';
import { packetsOf, probeOgg, splitOgg } from './ogg-pages.js';
import { readFromWhole } from './whole-file.js';

/** "\x7fFLAC", version (2 bytes), number of metadata packets (2 bytes), "fLaC", STREAMINFO. */
const STREAMINFO_AT = 13;

export const oggFlac: AudioFormat = {
  name: 'ogg-flac',
  extensions: [],
  matches: (head) => Buffer.from(head).toString('latin1', 28, 33) === '\x7fFLAC',
  probe: (source) => audioInfoOf(parseHeader(source)),
  checks: (source) => `${hasMd5(parseHeader(source)) ? 'MD5, ' : ''}checksums of frames and pages`,
  readChannel(source, range) {
    const info = parseHeader(source);
    return readFromWhole(source, info, range, () => {
      const [, ...packets] = packetsOf(splitOgg(source.path, source.read(0, source.size)));
      // An audio frame begins with its sync code, a metadata block never with 0xff. The last packet may be empty.
      const frames = packets.slice(packets.findIndex(([byte]) => byte === 0xff)).filter(({ length }) => length > 0);
      return decodeFlac(source.path, info, frames);
    });
  },
};

function parseHeader(source: AudioSource): StreamInfo {
  const { header, granule: frames } = probeOgg(source);
  const info = parseStreamInfo(source.path, header.subarray(STREAMINFO_AT));
  if (frames === 0) throw new UserError(`${source.path}: holds no audio (0 samples)`);
  return { ...info, format: 'ogg-flac', frames, duration: frames / info.sampleRate };
}

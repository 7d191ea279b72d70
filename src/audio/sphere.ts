/**
 * @file NIST SPHERE, the format of the LDC's corpora (`.wv1`, `.wv2`, `.sph`, `.wav`): a header of text, then samples.
 *
 * Header (NIST, SPHERE 2.6 documentation): `NIST_1A`, the header's size in bytes, lines `name -type value` with type
 * `i`, `r` or `s` and the string's length, then `end_head`. Read here:
 *   sample_count (of one channel; missing: all that is there, but not with shorten), sample_rate (required), channel_count
 *   (missing: 1), sample_coding (`pcm`, `ulaw`, `alaw`, each alone or with `embedded-shorten`; missing: µ-law for 1 byte,
 *   else pcm), sample_n_bytes (1 or 2; missing: 2 for pcm, else 1), sample_byte_format (`01` low byte first, `10` high
 *   byte first; required for 2 bytes that are not compressed), sample_checksum (the sum of all stored samples modulo 2¹⁶,
 *   single bytes taken as unsigned). pcm of 1 byte is signed. Other sizes and codings are refused.
 *
 * Probing reads the header and, with shorten, the beginning of the data, and compares the promised length with the
 * file's size. Reading shorten data always decodes and checks all of the file, also for a piece of it; reading all of
 * an uncompressed file checks its sum; reading a piece of one cannot.
 */
import { UserError } from '../errors.js';
import type { AudioFormat, AudioInfo, AudioSource } from './audio-format.js';
import { aLawValues, muLawValues } from './g711.js';
import { type ShortenCoding, decodeShorten, mostShortenSamples, shortenHeader } from './shorten.js';

interface SphereLayout extends AudioInfo {
  coding: ShortenCoding;
  shorten: boolean;
  highByteFirst: boolean;
  /** Bytes of one sample of one channel. */
  sampleBytes: number;
  dataStart: number;
  checksum: number | undefined;
}

const encodings: Record<ShortenCoding, string> = {
  'pcm 16': 'PCM 16 bit',
  'pcm 8': 'PCM 8 bit',
  'µ-law': 'µ-law',
  'A-law': 'A-law',
};

/** What `sample_coding` may call them. */
const laws = new Map<string, ShortenCoding>([
  ['ulaw', 'µ-law'],
  ['mu-law', 'µ-law'],
  ['mulaw', 'µ-law'],
  ['alaw', 'A-law'],
  ['a-law', 'A-law'],
]);

export const sphere: AudioFormat = {
  name: 'sphere',
  extensions: ['.sph', '.nist', '.wv1', '.wv2'],
  matches: (head) => Buffer.from(head.subarray(0, 7)).toString('latin1') === 'NIST_1A',
  probe(source) {
    const { format, sampleRate, channels, frames, duration, encoding } = parseLayout(source);
    return { format, sampleRate, channels, frames, duration, encoding };
  },
  checks: (source) => (parseLayout(source).checksum === undefined ? 'no checksum stated' : 'checksum of samples'),
  readChannel(source, { from, count, channel }) {
    const layout = parseLayout(source);
    const { channels } = layout;
    if (layout.shorten) {
      const all = decodeAll(source, layout);
      return Promise.resolve(toFloat(all, layout, from * channels + channel, count));
    }
    const stored = readStored(source, layout, from, count);
    if (count === layout.frames) verifyChecksum(source.path, layout, stored);
    return Promise.resolve(toFloat(stored, layout, channel, count));
  },
};

/** Bytes of a header that are searched for fields. The rest of it may be anything. */
const MOST_TEXT = 2 ** 20;

type Fields = Map<string, string>;

/** The fields of the header, their values as text, and where the samples begin. */
function parseHeader(source: AudioSource): { fields: Fields; dataStart: number } {
  const { path, size } = source;
  const [, stated] = source.read(0, 64).toString('latin1').split('\n');
  if (stated === undefined) throw new UserError(`${path}: truncated SPHERE header: the file ends after ${size} bytes`);
  if (!/^\s*[1-9]\d{0,14}\s*$/.test(stated)) {
    throw new UserError(`${path}: damaged SPHERE header: expected its size on line 2, got ${JSON.stringify(stated)}`);
  }
  const dataStart = Number(stated);
  if (dataStart > size) {
    throw new UserError(`${path}: truncated SPHERE header: it has ${dataStart} bytes, the file holds ${size}`);
  }
  const lines = source.read(0, Math.min(dataStart, MOST_TEXT)).toString('latin1').split('\n');
  const fields: Fields = new Map();
  for (const line of lines.slice(2)) {
    if (line.trimEnd() === 'end_head') return { fields, dataStart };
    // Comments begin with a semicolon; anything else that is not a field does not concern us.
    const [, name, type, value] = /^([A-Za-z]\S*)(?:\s+-(\S+))?(?:\s(.*))?$/.exec(line.trimEnd()) ?? [];
    if (name === undefined) continue;
    const text = valueOf(type ?? '', value ?? '');
    if (/^(sample_|channel)/.test(name) && (fields.get(name) ?? text) !== text) {
      throw new UserError(`${path}: damaged SPHERE header: ${name} is both "${fields.get(name)}" and "${text}"`);
    }
    fields.set(name, text);
  }
  throw new UserError(`${path}: damaged SPHERE header: no end_head in its ${Math.min(dataStart, MOST_TEXT)} bytes`);
}

/** A string has the length that its type states, or ends with its line; numbers may have a comment behind them. */
function valueOf(type: string, value: string): string {
  const length = /^s(\d+)$/.exec(type);
  return (length ? value.slice(0, Number(length[1])) : value.replace(/;.*/, '')).trim();
}

/** A whole number of at least `lowest`, or undefined if the field is missing. */
function integerField(path: string, fields: Fields, name: string, lowest: number): number | undefined {
  const text = fields.get(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^[+-]?\d+(\.0*)?$/.test(text) && Number.isSafeInteger(value) && value >= lowest) return value;
  throw new UserError(
    `${path}: damaged SPHERE header: expected ${name} to be a whole number from ${lowest} on, got ${JSON.stringify(text)}`,
  );
}

function parseLayout(source: AudioSource): SphereLayout {
  const { path, size } = source;
  const { fields, dataStart } = parseHeader(source);
  const sampleRate = integerField(path, fields, 'sample_rate', 1);
  if (sampleRate === undefined) throw new UserError(`${path}: the SPHERE header has no sample_rate`);
  const channels = integerField(path, fields, 'channel_count', 1) ?? 1;
  const { coding, shorten, sampleBytes } = codingOf(path, fields);
  const byteFormat = fields.get('sample_byte_format');
  if (sampleBytes === 2 && !shorten && byteFormat !== '01' && byteFormat !== '10') {
    throw new UserError(
      `${path}: expected a sample_byte_format of 01 or 10 in the SPHERE header, got ${byteFormat ?? 'none'}`,
    );
  }
  if (channels > 1 && /^f/i.test(fields.get('channels_interleaved') ?? '')) {
    throw new UserError(`${path}: SPHERE with channels that are not interleaved cannot be read`);
  }
  const available = size - dataStart;
  const stated = integerField(path, fields, 'sample_count', 1);
  const frames = shorten
    ? shortenFrames(source, { coding, channels, dataStart }, stated)
    : (stated ?? Math.floor(available / (channels * sampleBytes)));
  if (frames === 0) throw new UserError(`${path}: holds no audio (0 samples)`);
  if (!shorten && frames * channels * sampleBytes > available) {
    throw new UserError(
      `${path}: truncated SPHERE: its header promises ${frames * channels * sampleBytes} bytes of audio ` +
        `(${frames} samples), the file holds ${available}`,
    );
  }
  if (!shorten) refuseMoreAudio(source, dataStart + frames * channels * sampleBytes, frames);
  return {
    format: 'sphere',
    sampleRate,
    channels,
    frames,
    duration: frames / sampleRate,
    encoding: encodings[coding] + (shorten ? ', shorten' : ''),
    coding,
    shorten,
    highByteFirst: byteFormat === '10',
    sampleBytes,
    dataStart,
    checksum: integerField(path, fields, 'sample_checksum', -32768),
  };
}

function codingOf(path: string, fields: Fields): Pick<SphereLayout, 'coding' | 'shorten' | 'sampleBytes'> {
  const stated = integerField(path, fields, 'sample_n_bytes', 1);
  const text = fields.get('sample_coding')?.toLowerCase() ?? (stated === 1 ? 'ulaw' : 'pcm');
  const [name, embedded, ...more] = text.split(',').map((part) => part.trim());
  const shorten = embedded?.startsWith('embedded-shorten-') ?? false;
  const law = laws.get(name);
  const sampleBytes = stated ?? (law ? 1 : 2);
  const coding = law ?? (sampleBytes === 1 ? 'pcm 8' : 'pcm 16');
  if ((name !== 'pcm' && !law) || more.length > 0 || (embedded !== undefined && !shorten)) {
    throw new UserError(
      `${path}: expected SPHERE with sample_coding pcm, ulaw or alaw, alone or with embedded-shorten, got "${text}"`,
    );
  }
  if (sampleBytes > 2 || (law && sampleBytes !== 1)) {
    throw new UserError(`${path}: expected SPHERE with ${law ? 1 : '1 or 2'} bytes a sample, got ${sampleBytes}`);
  }
  return { coding, shorten, sampleBytes };
}

/** How many samples of each channel shorten data promise; what the data say must go with the header. */
function shortenFrames(
  source: AudioSource,
  { coding, channels, dataStart }: Pick<SphereLayout, 'coding' | 'channels' | 'dataStart'>,
  stated: number | undefined,
): number {
  const { path, size } = source;
  const inside = shortenHeader(path, source.read(dataStart, 64), dataStart);
  if (inside.channels !== channels || inside.coding !== coding) {
    throw new UserError(
      `${path}: damaged SPHERE: its header says ${channels} channels of ${coding}, its shorten data ${inside.channels} ` +
        `of ${inside.coding}`,
    );
  }
  if (stated === undefined) throw new UserError(`${path}: the SPHERE header has no sample_count`);
  if (stated * channels > mostShortenSamples(inside, size - dataStart)) {
    throw new UserError(
      `${path}: truncated SPHERE: its header promises ${stated} samples, more than ${size - dataStart} bytes of shorten data can hold`,
    );
  }
  return stated;
}

/** Zeros up to a block of a disk are padding. */
const MOST_PADDING = 4096;

/** Refuses a file that goes on behind the samples that its header counts. */
function refuseMoreAudio({ path, size, read }: AudioSource, end: number, frames: number): void {
  const left = size - end;
  if (left < 8 || (left <= MOST_PADDING && read(end, left).every((byte) => byte === 0))) return;
  throw new UserError(
    `${path}: damaged SPHERE: its header counts ${frames} samples, and ${left} bytes follow them; get it again, or mend ` +
      'its sample_count',
  );
}

/** Uncompressed samples [from, from + count) of all channels, interleaved, as they are stored. */
function readStored(source: AudioSource, layout: SphereLayout, from: number, count: number): Int16Array | Uint8Array {
  const { channels, sampleBytes, dataStart, highByteFirst } = layout;
  const frameBytes = channels * sampleBytes;
  const bytes = source.read(dataStart + from * frameBytes, count * frameBytes);
  if (bytes.length !== count * frameBytes) {
    throw new UserError(
      `${source.path}: expected ${count * frameBytes} bytes of audio, got ${bytes.length}; did the file change?`,
    );
  }
  if (sampleBytes === 1) return bytes;
  if (highByteFirst) bytes.swap16();
  return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
}

/** The file that was decoded last: pieces of one recording are usually read one after the other. */
let latest: { identity: string; samples: Int16Array } | undefined;

/** All samples of a file with shorten data, checked. */
function decodeAll(source: AudioSource, layout: SphereLayout): Int16Array {
  if (latest?.identity !== source.identity) {
    const { path, size, identity } = source;
    const { dataStart, frames } = layout;
    const samples = decodeShorten(path, source.read(dataStart, size - dataStart), dataStart, frames);
    verifyChecksum(path, layout, samples);
    latest = { identity, samples };
  }
  return latest.samples;
}

function verifyChecksum(path: string, { checksum, sampleBytes }: SphereLayout, stored: ArrayLike<number>): void {
  if (checksum === undefined) return;
  const mask = sampleBytes === 1 ? 0xff : 0xffff;
  let sum = 0;
  for (let i = 0; i < stored.length; i++) sum = (sum + (stored[i] & mask)) & 0xffff;
  // Some headers hold the sum as a signed number.
  if (sum === (checksum & 0xffff)) return;
  throw new UserError(`${path}: damaged SPHERE: its samples have checksum ${sum}, its header says ${checksum}`);
}

/** Every `channels`th stored sample from `first` on, as float. */
function toFloat(stored: Int16Array | Uint8Array, { coding, channels }: SphereLayout, first: number, count: number) {
  const samples = new Float32Array(count);
  if (coding === 'µ-law' || coding === 'A-law') {
    const values = coding === 'µ-law' ? muLawValues : aLawValues;
    for (let i = 0, at = first; i < count; i++, at += channels) samples[i] = values[stored[at]] / 32768;
  } else if (coding === 'pcm 8') {
    for (let i = 0, at = first; i < count; i++, at += channels) samples[i] = ((stored[at] << 24) >> 24) / 128;
  } else {
    for (let i = 0, at = first; i < count; i++, at += channels) samples[i] = stored[at] / 32768;
  }
  return samples;
}

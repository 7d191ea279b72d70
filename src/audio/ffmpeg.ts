/**
 * @file Containers that are left to ffmpeg, where it is installed: M4A/MP4, AAC, AMR, AIFF, AU, CAF, Matroska, WMA,
 * WavPack, and what else comes in Ogg.
 *
 * `ffprobe` tells sample rate and channels, and the length where the container states it in samples; of plain M4A the
 * header is read here (`mp4-header.ts`), as starting a process for each file takes hours for a million. M4A states
 * samples: what the last AAC frame decodes to beyond it is the encoder's padding, which some versions of ffmpeg leave
 * in and which is cut here. Other containers state seconds or nothing, so those files are decoded to be probed, and may
 * be a quarter of a second shorter than they say. AAC and AMR without a container do not tell when they were cut
 * between two frames. The first audio stream is read.
 */
import { UserError } from '../errors.js';
import type { AudioFormat, AudioInfo, AudioSource } from './audio-format.js';
import { decodeByFfmpeg, probeByFfprobe } from './run-ffmpeg.js';
import { readMp4Sound } from './mp4-header.js';
import { splitOgg } from './ogg-pages.js';
import { type Channels, decodeOnce, readFromWhole } from './whole-file.js';

/** Two frames of HE-AAC: the most padding that a last frame can bring. */
const MOST_PADDING = 4096;

/** Seconds by which sound may be shorter than its container says. */
const SLACK = 0.25;

/** What files begin with. */
const beginnings: readonly [name: string, matches: (head: Buffer) => boolean][] = [
  ['m4a', (head) => head.toString('latin1', 4, 8) === 'ftyp'],
  ['aac', (head) => head[0] === 0xff && (head[1] & 0xf6) === 0xf0],
  ['amr', (head) => head.toString('latin1', 0, 5) === '#!AMR'],
  ['aiff', (head) => /^FORM.{4}AIF[FC]/s.test(head.toString('latin1', 0, 12))],
  ['au', (head) => head.toString('latin1', 0, 4) === '.snd'],
  ['caf', (head) => head.toString('latin1', 0, 4) === 'caff'],
  ['matroska', (head) => head.toString('hex', 0, 4) === '1a45dfa3'],
  ['wma', (head) => head.toString('hex', 0, 4) === '3026b275'],
  ['wavpack', (head) => head.toString('latin1', 0, 4) === 'wvpk'],
  ['ogg', (head) => head.toString('latin1', 0, 4) === 'OggS'],
];

const containerOf = (head: Uint8Array) => beginnings.find(([, matches]) => matches(Buffer.from(head)))?.[0];

export const throughFfmpeg: AudioFormat = {
  name: 'm4a and others through ffmpeg',
  extensions: ['.m4a', '.aac', '.amr', '.aif', '.aiff', '.aifc', '.au', '.caf', '.mka', '.spx', '.wma', '.wv'],
  matches: (head) => containerOf(head) !== undefined,
  probe: async (source) => (await describe(source)).info,
  checks: () => 'no error of ffmpeg',
  async readChannel(source, range) {
    const { info, decoded } = await describe(source);
    return readFromWhole(source, info, range, decoded);
  },
};

interface Description {
  info: AudioInfo;
  /** Gets the samples, trimmed to the length that the file states. */
  decoded: () => Promise<Channels>;
}

/** The file that was asked about last: starting ffprobe takes as long as decoding some seconds of sound. */
let latest: { key: string; description: Promise<Description> } | undefined;

const keyOf = ({ path, identity }: AudioSource) => `${path}\n${identity}`;

/** Interleaved samples of files that are about to be read. */
let decodedAhead = new Map<string, Buffer<ArrayBuffer>>();

/**
 * Keeps samples that ffmpeg has given for these files, in place of those of the call before, until the files are read.
 */
export function keepDecoded(decoded: readonly { source: AudioSource; bytes: Buffer<ArrayBuffer> }[]): void {
  decodedAhead = new Map(decoded.map(({ source, bytes }) => [keyOf(source), bytes]));
}

function describe(source: AudioSource): Promise<Description> {
  const key = keyOf(source);
  if (latest?.key === key) return latest.description;
  const entry = { key, description: ask(source) };
  latest = entry;
  entry.description.catch(() => {
    if (latest === entry) latest = undefined;
  });
  return entry.description;
}

async function ask(source: AudioSource): Promise<Description> {
  const format = containerOf(source.read(0, 64)) ?? 'unknown';
  // ffmpeg does not mind if Ogg pages are missing, or the last bytes of MP4.
  if (format === 'ogg') splitOgg(source.path, source.read(0, source.size));
  if (format === 'm4a') checkBoxes(source);
  const { sampleRate, channels, stated, seconds, codec } =
    (format === 'm4a' ? askBoxes(source) : undefined) ?? (await askFfprobe(source.path, format));
  const decoded = async () => trim(await decode(source, format, channels), stated);
  const frames = stated ?? (await decodeOnce(source, decoded))[0].length;
  if (frames / sampleRate < seconds - SLACK) {
    throw new UserError(
      `${source.path}: truncated ${format}: it states ${seconds} s, its sound decodes to ${(frames / sampleRate).toFixed(3)} s`,
    );
  }
  if (frames === 0) throw new UserError(`${source.path}: holds no audio (0 samples)`);
  return { info: { format, sampleRate, channels, frames, duration: frames / sampleRate, encoding: codec }, decoded };
}

/**
 * MP4 is a row of boxes: size (32 bits; 1: 64 bits follow the type; 0: to the end), type, content (ISO/IEC 14496-12,
 * 4.2).
 */
function checkBoxes({ path, size, read }: AudioSource): void {
  for (let at = 0; at < size;) {
    const head = read(at, 16);
    const short = head.length < 8 ? 8 : head.readUInt32BE(0);
    const length =
      short === 1 && head.length === 16 ? Number(head.readBigUInt64BE(8)) : short === 0 ? size - at : short;
    if (length < 8 || at + length > size) {
      throw new UserError(
        `${path}: truncated or damaged m4a: its box at byte ${at} takes ${length} bytes, ${size - at} are left`,
      );
    }
    at += length;
  }
}

function trim(channels: Channels, stated: number | undefined): Channels {
  const excess = stated === undefined ? 0 : channels[0].length - stated;
  return excess > 0 && excess <= MOST_PADDING ? channels.map((samples) => samples.slice(0, stated)) : channels;
}

/** The same as ffprobe says, a hundred times as fast; undefined where it is needed. */
function askBoxes(source: AudioSource): ProbedSound | undefined {
  const sound = readMp4Sound(source);
  return sound && { ...sound, stated: sound.frames, seconds: 0, codec: 'aac' };
}

interface ProbedSound {
  sampleRate: number;
  channels: number;
  /** Samples, where the container counts in samples. */
  stated: number | undefined;
  /** What the container says, 0 if nothing. */
  seconds: number;
  codec: string;
}

interface ProbedStream {
  codec_name?: string;
  sample_rate?: string;
  channels?: number;
  duration_ts?: number;
  time_base?: string;
}

async function askFfprobe(path: string, format: string): Promise<ProbedSound> {
  const entries = 'stream=codec_name,sample_rate,channels,duration_ts,time_base:format=duration';
  const options = ['-select_streams', 'a:0', '-show_entries', entries, '-of', 'json'];
  const output = await probeByFfprobe(options, path, format);
  const answer = JSON.parse(output.toString()) as { streams: ProbedStream[]; format?: { duration?: string } };
  const [stream] = answer.streams;
  const sampleRate = Number(stream?.sample_rate);
  const channels = stream?.channels;
  if (!(sampleRate > 0) || !channels) throw new UserError(`${path}: ffprobe finds no audio in this ${format} file`);
  const counts = stream.time_base === `1/${sampleRate}` && ['m4a', 'aiff', 'au', 'caf', 'wavpack'].includes(format);
  // ffprobe guesses where there is no container.
  const seconds = ['aac', 'amr'].includes(format) ? 0 : Number(answer.format?.duration ?? 0);
  const stated = counts ? stream.duration_ts : undefined;
  return { sampleRate, channels, stated, seconds, codec: stream.codec_name ?? format };
}

async function decode(source: AudioSource, format: string, count: number): Promise<Channels> {
  const bytes = decodedAhead.get(keyOf(source)) ?? (await decodeByFfmpeg(source.path, format));
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 4));
  const frames = Math.floor(values.length / count);
  return Array.from({ length: count }, (_, channel) => {
    const samples = new Float32Array(frames);
    for (let i = 0, at = channel; i < frames; i++, at += count) samples[i] = values[at];
    return samples;
  });
}

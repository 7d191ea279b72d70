/**
 * @file The audio formats, for the fuzzer: what is read has as many samples as are stated, all numbers, and pieces
 * agree.
 */
import type { AudioFormat, AudioSource } from '../../../src/audio/audio-format.js';
import { flac } from '../../../src/audio/flac.js';
import { formatOf } from '../../../src/audio/formats.js';
import { mp3 } from '../../../src/audio/mp3.js';
import { readMp4Sound } from '../../../src/audio/mp4-header.js';
import { oggFlac } from '../../../src/audio/ogg-flac.js';
import { oggOpus } from '../../../src/audio/ogg-opus.js';
import { oggVorbis } from '../../../src/audio/ogg-vorbis.js';
import { sphere } from '../../../src/audio/sphere.js';
import { wav } from '../../../src/audio/wav.js';
import { UserError } from '../../../src/errors.js';
import * as encoded from '../../audio/encoded-samples.js';
import { encodeFlac } from '../../audio/flac-encoder.js';
import { mono24, stereo16 } from '../../audio/flac-samples.js';
import { command, type BlockCoding, shortenOf, shortenStream } from '../../audio/shorten-encoder.js';
import { sphereBytes } from '../../audio/sphere-bytes.js';
import { chunk, rf64, wavBytes } from '../../audio/wav-bytes.js';
import { mutateFlac, mutateOgg } from './checksums.js';
import { mutateBytes } from './mutations.js';
import type { FuzzedParser } from './parser.js';

const pcm16 = (...values: number[]) => Buffer.from(Int16Array.from(values).buffer);
const wave = Array.from({ length: 500 }, (_, i) => Math.round(3000 * Math.sin(i / 9)) * 4);

function wavSeeds(): Buffer[] {
  const between = [chunk('LIST', pcm16(1))];
  return [
    wavBytes({ channels: 2, bits: 24, extensible: true, data: Buffer.alloc(60, 7), between }),
    wavBytes({ data: pcm16(...wave.slice(0, 50)), before: [chunk('bext', Buffer.alloc(10))] }),
    wavBytes({ tag: 3, bits: 32, data: Buffer.from(Float32Array.of(0, 0.5, -1).buffer) }),
    wavBytes({ tag: 7, bits: 8, data: Buffer.from('mulaw sound') }),
    rf64({ data: pcm16(1, 2, 3), table: [['bext', 6]] }),
  ];
}

function sphereSeeds(): Buffer[] {
  const coding = (block: number): BlockCoding =>
    block % 2 ? { command: 'QLPC', coefficients: [50, -20] } : { command: 'DIFF2' };
  const stereo = shortenOf([wave, wave], { coding, maxOrder: 2, shift: () => 2 });
  const silence = shortenStream({ type: 8 }, (writer) => {
    for (let i = 0; i < 30; i++)
      writer
        .unsigned(command.ZERO, 2)
        .unsigned(command.BITSHIFT, 2)
        .unsigned(i % 9, 2);
    writer.unsigned(command.QUIT, 2);
  });
  const fieldsOf = (count: number, more: Record<string, string>) => ({ sample_count: `-i ${count}`, ...more });
  const pcm = '-s26 pcm,embedded-shorten-v2.00';
  const ulaw = '-s27 ulaw,embedded-shorten-v2.00';
  return [
    sphereBytes({ data: pcm16(...wave), headerSize: 300 }),
    sphereBytes({
      data: stereo,
      fields: fieldsOf(500, { channel_count: '-i 2', sample_coding: pcm }),
      headerSize: 300,
    }),
    sphereBytes({
      data: silence,
      fields: fieldsOf(480, { sample_n_bytes: '-i 1', sample_coding: ulaw }),
      headerSize: 300,
    }),
  ];
}

const flacSeeds = (): Buffer[] => [
  stereo16.bytes,
  mono24.bytes,
  encodeFlac({
    channels: [Int32Array.from(wave), Int32Array.from(wave).fill(7, 0, 200)],
    ...{
      bits: 16,
      blocks: (index) => 100 + 16 * (index % 2),
      variable: true,
      md5: false,
      seekPoints: (points) => points,
    },
  }),
];

const anyBytes: FuzzedParser['mutate'] = (seed, random) =>
  mutateBytes(seed, random, { among: 400, keepLength: random.uniform() < 0.5 });

let identities = 0;

function sourceOf(bytes: Buffer): AudioSource {
  return {
    path: 'damaged',
    size: bytes.length,
    identity: `damaged ${(identities += 1)}`,
    read: (position, length) => {
      const piece = Uint8Array.from(bytes.subarray(position, Math.max(position, position + length)));
      return Buffer.from(piece.buffer);
    },
  };
}

/** Reads the last channel, whole and a third of it. @throws Error where the samples are other than stated */
async function readAll(expected: AudioFormat, bytes: Buffer): Promise<void> {
  const { format, source } = formatOf(sourceOf(bytes));
  if (format !== expected) throw new UserError('now of another format');
  const { frames, channels, sampleRate } = await format.probe(source);
  if (!(Number.isInteger(frames) && frames > 0 && channels > 0 && sampleRate > 0)) {
    throw new Error(`it states ${frames} samples × ${channels} channels at ${sampleRate} Hz`);
  }
  const channel = channels - 1;
  const whole = await format.readChannel(source, { from: 0, count: frames, channel });
  if (whole.length !== frames) throw new Error(`it states ${frames} samples and gives ${whole.length}`);
  const strange = whole.findIndex((sample) => !Number.isFinite(sample));
  if (strange >= 0) throw new Error(`sample ${strange} is ${whole[strange]}`);
  const [from, count] = [Math.floor(frames / 3), Math.ceil(frames / 3)];
  const piece = await format.readChannel(source, { from, count, channel });
  if (piece.length !== count || piece.some((sample, i) => sample !== whole[from + i])) {
    throw new Error(`samples ${from} to ${from + count} are others when they are read alone`);
  }
}

/** All of them. */
export function audioParsers(): FuzzedParser[] {
  const parser = (name: string, format: AudioFormat, more: Pick<FuzzedParser, 'seeds' | 'mutate' | 'weight'>) => ({
    name,
    ...more,
    read: (bytes: Buffer) => readAll(format, bytes),
  });
  const movieAt = encoded.m4a.indexOf('moov') - 4;
  return [
    parser('WAV', wav, { seeds: wavSeeds(), mutate: anyBytes, weight: 8 }),
    parser('SPHERE and shorten', sphere, { seeds: sphereSeeds(), mutate: anyBytes, weight: 8 }),
    parser('FLAC', flac, { seeds: flacSeeds(), mutate: mutateFlac }),
    parser('FLAC in Ogg', oggFlac, { seeds: [encoded.oggFlac], mutate: mutateOgg }),
    parser('Ogg Opus', oggOpus, { seeds: [encoded.oggOpus], mutate: mutateOgg }),
    parser('Ogg Vorbis', oggVorbis, { seeds: [encoded.oggVorbis], mutate: mutateOgg }),
    parser('MP3', mp3, { seeds: [encoded.mp3], mutate: anyBytes }),
    {
      name: 'MP4 header',
      seeds: [encoded.m4a, Buffer.concat([encoded.m4a.subarray(movieAt), encoded.m4a.subarray(0, movieAt)])],
      mutate: (seed, random) =>
        mutateBytes(seed, random, { among: encoded.m4a.length - movieAt, keepLength: random.uniform() < 0.5 }),
      read: (bytes) => {
        const sound = readMp4Sound(sourceOf(bytes));
        if (!sound) throw new UserError('left to ffprobe');
        // Its five blocks of 1024 samples are all that there is.
        if (!(Number.isSafeInteger(sound.frames) && sound.frames > 0 && sound.frames <= 5 * 1024)) {
          throw new Error(`it states ${sound.frames} samples`);
        }
      },
      weight: 4,
    },
  ];
}

/**
 * @file The audio formats that can be read. To add one: write its file, put it into this list.
 *
 * ID3v2 tags in front of the audio (of MP3, but some programs put them before FLAC too) are stepped over here.
 */
import { extname } from 'node:path';
import { UserError } from '../errors.js';
import { fileKind, KIND_BYTES } from '../storage/file-kinds.js';
import type { AudioFormat, AudioSource } from './audio-format.js';
import { throughFfmpeg } from './ffmpeg.js';
import { flac } from './flac.js';
import { id3Length } from './id3.js';
import { mp3 } from './mp3.js';
import { oggFlac } from './ogg-flac.js';
import { oggOpus } from './ogg-opus.js';
import { oggVorbis } from './ogg-vorbis.js';
import { sphere } from './sphere.js';
import { wav } from './wav.js';

const formats: readonly AudioFormat[] = [wav, flac, sphere, oggVorbis, oggOpus, oggFlac, mp3, throughFfmpeg];

/** Extensions of audio files, lower case, with the dot. */
export const audioExtensions: readonly string[] = formats.flatMap(({ extensions }) => extensions);

/** Whether a piece of a file is read without decoding all of it, as far as the file's name tells. */
export function readsPieces(path: string): boolean {
  const extension = extname(path).toLowerCase();
  return formats.some((format) => format.readsPieces === true && format.extensions.includes(extension));
}

/**
 * The format of an open file, by its content, and the part of the file that is of this format.
 * @throws UserError naming the file
 */
export function formatOf(file: AudioSource): { format: AudioFormat; source: AudioSource } {
  if (file.size === 0) throw new UserError(`${file.path}: the file is empty (0 bytes)`);
  const tags = id3Length(file);
  const source: AudioSource =
    tags === 0
      ? file
      : { ...file, size: file.size - tags, read: (position, length) => file.read(tags + position, length) };
  const head = source.read(0, 64);
  const format = formats.find(({ matches }) => matches(head));
  if (format) return { format, source };
  const kind = fileKind(source.read(0, KIND_BYTES), file.path);
  if (kind) throw new UserError(`${file.path}: expected audio, got ${kind.what}\n  ${kind.remedy}`);
  const start = Buffer.from(head.subarray(0, 16));
  const text = /^[\t\r\n\x20-\x7e]+$/.test(start.toString('latin1'));
  const shown = text
    ? JSON.stringify(start.toString('latin1'))
    : start.toString('hex', 0, 8).replace(/..(?=.)/g, '$& ');
  throw new UserError(
    `${file.path}: not audio of a known format (${formats.map(({ name }) => name).join(', ')}); ` +
      `it begins with ${shown}. Convert it to WAV or FLAC.`,
  );
}

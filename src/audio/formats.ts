/** @file The audio formats that can be read. To add one: write its file, put it into this list. */
import { UserError } from '../errors.js';
import type { AudioFormat, AudioSource } from './audio-format.js';
import { flac } from './flac.js';
import { wav } from './wav.js';

const formats: readonly AudioFormat[] = [wav, flac];

/** The format of an open file, by its content. Throws UserError naming the file. */
export function formatOf(source: AudioSource): AudioFormat {
  if (source.size === 0) throw new UserError(`${source.path}: the file is empty (0 bytes)`);
  const head = source.read(0, 64);
  const format = formats.find(({ matches }) => matches(head));
  if (format) return format;
  const shown = [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw new UserError(
    `${source.path}: not audio of a known format (${formats.map(({ name }) => name).join(', ')}); ` +
      `it begins with ${shown}. Convert it to WAV or FLAC.`,
  );
}

/**
 * @file What a file format has to offer to be read, and how a format is found: by the file's first bytes, never by its
 * name.
 *
 * A format is one file that exports an `AudioFormat`; `formats` in `formats.ts` lists them. Samples are float32 in
 * −1 … 1: an integer of b bits is divided by 2^(b−1), so that 16-bit audio is exactly int16/32768.
 */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { UserError, messageOf } from '../errors.js';
import { readAt } from '../storage/read-at.js';

/** What the header of an audio file says. `frames` counts samples of one channel; `duration` is in seconds. */
export interface AudioInfo {
  format: string;
  sampleRate: number;
  channels: number;
  frames: number;
  duration: number;
  /** For people: `PCM 16 bit`, `float 32 bit`, … */
  encoding: string;
}

/** What a format finds in a header. */
export interface FoundAudio extends AudioInfo {
  /** What decoding gives, where it is at another rate than the sound has: Opus is always decoded to 48 kHz. */
  decoded?: Pick<AudioInfo, 'sampleRate' | 'frames'>;
}

/** A file opened for reading. */
export interface AudioSource {
  path: string;
  /** Bytes in the file. */
  size: number;
  /** Changes when another file takes the name, or the file is written. */
  identity: string;
  /** Up to `length` bytes from `position`; fewer only at the end of the file. */
  read(position: number, length: number): Buffer;
}

export interface AudioFormat {
  name: string;
  /** Of files that are taken for audio where a folder is searched; lower case, with the dot. */
  extensions: readonly string[];
  /** Whether a piece is read without decoding what comes before and after it. Default: the whole file is decoded. */
  readsPieces?: boolean;
  /** Whether a file that starts with `head` (up to 64 bytes) is of this format. */
  matches(head: Uint8Array): boolean;
  /** Reads the header only, if that tells the length. Throws UserError naming the file. */
  probe(source: AudioSource): FoundAudio | Promise<FoundAudio>;
  /**
   * What is compared when all of a file is read, beside the number of samples, for people: `MD5`. Absent: nothing is,
   * and a piece is read without the rest.
   */
  checks?(source: AudioSource): string;
  /** One channel's samples [from, from + count) of what decoding gives, within the file. */
  readChannel(
    source: AudioSource,
    range: { from: number; count: number; channel: number },
  ): Promise<Float32Array<ArrayBuffer>>;
}

/** The first sample that is infinite or not a number; −1 if there is none. */
export function firstNotFinite(samples: Float32Array): number {
  // The difference is NaN for both. A loop, as `findIndex` calls a function for each sample.
  for (let i = 0; i < samples.length; i++) if (samples[i] - samples[i] !== 0) return i;
  return -1;
}

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file (a part of the path is a file, not a folder)',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
};

/** Opens `path`, hands it to `action` and closes it again. */
export async function withAudioSource<T>(path: string, action: (source: AudioSource) => T | Promise<T>): Promise<T> {
  let fd: number;
  try {
    // Without O_NONBLOCK, opening a named pipe waits for a writer. Windows does not have it.
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw new UserError(`${path}: cannot be read: ${reasons[code] ?? messageOf(error)}`, { cause: error });
  }
  try {
    const stat = fstatSync(fd, { bigint: true });
    if (stat.isDirectory()) throw new UserError(`${path}: expected an audio file, got a folder`);
    if (!stat.isFile())
      throw new UserError(`${path}: expected an audio file, got a pipe or a device; save it to a file first`);
    const size = Number(stat.size);
    return await action({
      path,
      size,
      identity: `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}`,
      read: (position, length) => readBytes(path, fd, position, Math.max(0, Math.min(length, size - position))),
    });
  } finally {
    closeSync(fd);
  }
}

function readBytes(path: string, fd: number, position: number, length: number): Buffer<ArrayBuffer> {
  try {
    return readAt(fd, position, length);
  } catch (error) {
    throw new UserError(`${path}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * @file What a file format has to offer to be read, and how a format is found: by the file's first bytes, never by its name.
 *
 * A format is one file that exports an `AudioFormat`; `formats` in `formats.ts` lists them. Samples are float32 in
 * −1 … 1: an integer of b bits is divided by 2^(b−1), so that 16-bit audio is exactly int16/32768.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { UserError, messageOf } from '../errors.js';

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

/** A file opened for reading. */
export interface AudioSource {
  path: string;
  /** Bytes in the file. */
  size: number;
  /** Up to `length` bytes from `position`; fewer only at the end of the file. */
  read(position: number, length: number): Buffer;
}

export interface AudioFormat {
  name: string;
  /** Whether a file that starts with `head` (up to 64 bytes) is of this format. */
  matches(head: Uint8Array): boolean;
  /** Reads the header only. Throws UserError naming the file. */
  probe(source: AudioSource): AudioInfo;
  /** One channel's samples [from, from + count), within the file. */
  readChannel(
    source: AudioSource,
    range: { from: number; count: number; channel: number },
  ): Promise<Float32Array<ArrayBuffer>>;
}

/** Opens `path`, hands it to `action` and closes it again. */
export async function withAudioSource<T>(path: string, action: (source: AudioSource) => T | Promise<T>): Promise<T> {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw new UserError(`${path}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw new UserError(`${path}: expected an audio file, got a folder`);
    return await action({
      path,
      size: stat.size,
      read: (position, length) => readBytes(path, fd, position, Math.max(0, Math.min(length, stat.size - position))),
    });
  } finally {
    closeSync(fd);
  }
}

function readBytes(path: string, fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  let done = 0;
  try {
    while (done < length) {
      const got = readSync(fd, bytes, done, length - done, position + done);
      if (got === 0) break;
      done += got;
    }
  } catch (error) {
    throw new UserError(`${path}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
  return bytes.subarray(0, done);
}

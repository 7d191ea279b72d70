/** @file Samples of audio files, for programs. */
import { readAudio as readSamples } from '../audio/read.js';

/** One channel of sound. */
export interface Audio {
  /** [samples], from −1 to 1. */
  readonly samples: Float32Array;
  /** Hz. */
  readonly sampleRate: number;
}

/** Which part of a file, and how. */
export interface AudioPart {
  /** Seconds from the beginning; default 0. */
  readonly offset?: number;
  /** Seconds; default: to the end. */
  readonly duration?: number;
  /** From 0; needed where the file has several. */
  readonly channel?: number;
  /** Hz to resample to; default: the file's own rate. */
  readonly sampleRate?: number;
}

/**
 * Reads WAV, FLAC, MP3, Ogg Opus and Vorbis, and NIST SPHERE; other formats where ffmpeg is installed. An integer of 16
 * bits is divided by 32768.
 * @throws UserError naming the file: not audio, damaged, a part that it does not have, a channel that must be chosen
 */
export async function readAudio(path: string, part: AudioPart = {}): Promise<Audio> {
  return readSamples(path, part);
}

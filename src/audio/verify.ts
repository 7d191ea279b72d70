/** @file Whether all of an audio file can be read, and agrees with what its header says. */
import { type AudioInfo, withAudioSource } from './audio-format.js';
import { formatOf } from './formats.js';

/** Samples that are read at a time of formats without anything to check; a file of hours does not fit into memory. */
const PIECE = 2 ** 22;

export interface VerifiedAudio extends AudioInfo {
  /** What was compared, for people. */
  verified: string;
}

/**
 * Reads all samples of all channels.
 * @throws UserError naming the file: what `probeAudio` throws, a checksum or length that does not hold, samples that
 *   are not numbers
 */
export function verifyAudio(path: string): Promise<VerifiedAudio> {
  return withAudioSource(path, async (file) => {
    const { format, source } = formatOf(file);
    const { decoded, ...info } = await format.probe(source);
    const { frames } = decoded ?? info;
    const piece = format.checks ? frames : PIECE;
    for (let channel = 0; channel < info.channels; channel++) {
      for (let from = 0; from < frames; from += piece) {
        await format.readChannel(source, { from, count: Math.min(piece, frames - from), channel });
      }
    }
    return { ...info, verified: ['number of samples', format.checks?.(source)].filter(Boolean).join(', ') };
  });
}

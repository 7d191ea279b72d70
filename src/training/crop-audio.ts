/**
 * @file Samples of crops: read by range where the format allows it, else cut from whole utterances, some of which are kept.
 *
 * Most compressed formats are decoded as a whole for any piece of them, so a crop of two seconds costs as much as its
 * utterance. Utterances are therefore kept once they are decoded, until `keptSamples` are: the first ones stay and none
 * is put out again, as epochs are in random order and the newest are no more likely to be wanted than the oldest.
 * What is kept changes the time only: a piece is to the bit what the whole has there.
 */
import { extname } from 'node:path';
import type { FeatureOptions } from '../features/options.js';
import { type AudioPiece, readFeatureAudio } from '../features/utterance-features.js';

/** Samples [from, to) of an utterance at the features' sample rate. Not to be changed. */
export type CropAudioReader = (
  piece: AudioPiece,
  range: { from: number; to: number },
) => Promise<Float32Array<ArrayBuffer>>;

/** @param keptSamples default: 256 MiB of them */
export function createCropAudioReader(
  options: Pick<FeatureOptions, 'sampleRate' | 'otherRates'>,
  { keptSamples = 2 ** 26, byRange = readsByRange }: { keptSamples?: number; byRange?: typeof readsByRange } = {},
): CropAudioReader {
  const kept = new Map<string, Float32Array<ArrayBuffer>>();
  let total = 0;
  return async (piece, { from, to }) => {
    if (byRange(piece)) return readFeatureAudio(piece, options, { range: { from, to } });
    const { path, offset = 0, duration, channel = 0, trailingSilence = 0 } = piece;
    const key = [path, offset, duration, channel, trailingSilence].join('\0');
    const known = kept.get(key);
    if (known) return known.subarray(from, to);
    const whole = await readFeatureAudio(piece, options);
    if (!kept.has(key) && total + whole.length <= keptSamples) {
      kept.set(key, whole);
      total += whole.length;
    }
    return whole.subarray(from, to);
  };
}

/** Whether a crop costs no more than its own samples, as the file's name has it. */
export function readsByRange({ path }: Pick<AudioPiece, 'path'>): boolean {
  return extname(path).toLowerCase() === '.wav';
}

/**
 * @file Samples of crops: read by range, or cut from whole utterances that are kept.
 *
 * Compressed audio costs more to decode than to keep, so utterances that are not WAV are kept once they are decoded,
 * until `keptSamples` are: the first ones stay and none is put out again, as epochs are in random order and the newest
 * are no more likely to be wanted than the oldest. All else is read by range: a few frames of FLAC, all of a file in
 * formats that are only decoded whole. Of FLAC one read in four decodes the whole utterance, for it to be kept: that
 * takes several times as long as a crop, and in every read it would starve the steps of the first epoch. What is kept
 * changes the time only: a piece is to the bit what the whole has there.
 */
import { extname } from 'node:path';
import type { FeatureOptions } from '../features/options.js';
import { type AudioPiece, readFeatureAudio, readsPieces } from '../features/utterance-features.js';

/** Samples [from, to) of an utterance at the features' sample rate. Not to be changed. */
export type CropAudioReader = (
  piece: AudioPiece,
  range: { from: number; to: number },
) => Promise<Float32Array<ArrayBuffer>>;

/** Reads by range, of formats that allow it, until one is of the whole utterance. */
const WHOLE_EVERY = 4;

/** @param keptSamples default: 256 MiB of them */
export function createCropAudioReader(
  options: Pick<FeatureOptions, 'sampleRate' | 'otherRates'>,
  {
    keptSamples = 2 ** 26,
    keeps = isCompressed,
    wholeEvery = WHOLE_EVERY,
  }: { keptSamples?: number; keeps?: typeof isCompressed; wholeEvery?: number } = {},
): CropAudioReader {
  const kept = new Map<string, Float32Array<ArrayBuffer>>();
  let total = 0;
  let reads = 0;
  return async (piece, { from, to }) => {
    const byRange = () => readFeatureAudio(piece, options, { range: { from, to } });
    if (!keeps(piece)) return byRange();
    const { path, offset = 0, duration, channel = 0, trailingSilence = 0 } = piece;
    const key = [path, offset, duration, channel, trailingSilence].join('\0');
    const known = kept.get(key);
    if (known) return known.subarray(from, to);
    const expected = ((duration ?? 0) + trailingSilence) * options.sampleRate;
    if (total + expected > keptSamples) return byRange();
    if (readsPieces(path) && ++reads % wholeEvery !== 0) return byRange();
    const whole = await readFeatureAudio(piece, options);
    // Another call may have read it meanwhile.
    if (!kept.has(key) && total + whole.length <= keptSamples) {
      kept.set(key, whole);
      total += whole.length;
    }
    return whole.subarray(from, to);
  };
}

/** Whether decoding costs more than reading, as far as the file's name tells. */
export function isCompressed({ path }: Pick<AudioPiece, 'path'>): boolean {
  return !['.wav', '.wave'].includes(extname(path).toLowerCase());
}

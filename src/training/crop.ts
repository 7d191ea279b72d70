/**
 * @file Fixed-length crops out of utterances of any length, and the batches made of them.
 *
 * A crop starts at a random frame keyed by (seed, epoch, utterance id, copy); it never depends on the other utterances.
 * Utterances shorter than a crop follow a policy: `wrap` repeats them from their first frame, `zero` appends zeros (the
 * mean, after mean normalisation), `skip` leaves them out of the list beforehand, by their length before a speed is
 * drawn on line. Features: [frames, bins], row-major.
 */
import { z } from 'zod';
import { UserError } from '../errors.js';
import type { Features } from '../features/fbank/fbank.js';
import type { AudioPiece } from '../features/utterance-features.js';
import { keyedRandom } from '../random.js';

/** What is done with an utterance shorter than a crop. */
export const padPolicy = z.enum(['wrap', 'zero', 'skip']);
export type PadPolicy = z.infer<typeof padPolicy>;

/** What crops are read from: an opened feature cache. */
export interface FeatureSource {
  readonly bins: number;
  frames(id: string): number;
  read(id: string, from?: number, count?: number): Features;
}

/** Every utterance is in exactly one of `full`, `wrapped`, `zeroPadded`, `skipped`. */
export interface ShortClipCounts {
  total: number;
  full: number;
  wrapped: number;
  zeroPadded: number;
  skipped: number;
}

/**
 * Applies the policy for short utterances to a list, before speakers get their classes.
 * @param frames length in frames of an utterance
 * @returns the utterances to train on, in the order given, and what happened to how many
 * @throws UserError if nothing is left, or if an utterance has no frame at all and is not to be skipped
 */
export function planShortClips<T extends { id: string }>(
  utterances: readonly T[],
  { frames, cropFrames, pad }: { frames: (utterance: T) => number; cropFrames: number; pad: PadPolicy },
): { utterances: T[]; counts: ShortClipCounts } {
  const isShort = (utterance: T) => frames(utterance) < cropFrames;
  const short = utterances.filter(isShort).length;
  const kept = pad === 'skip' ? utterances.filter((utterance) => !isShort(utterance)) : [...utterances];
  const empty = kept.filter((utterance) => frames(utterance) === 0);
  if (empty.length > 0) {
    throw new UserError(
      `${empty.length} training utterances are shorter than one frame and cannot be padded, the first: ${empty[0].id}\n` +
        'remove them from the corpus, or leave short clips out (pad: skip)',
    );
  }
  if (kept.length === 0) {
    throw new UserError(
      `no utterance to train on: expected some of at least ${cropFrames} frames, got ${utterances.length} utterances, all shorter\n` +
        'make the crops shorter, or pad short clips (pad: wrap)',
    );
  }
  const counts: ShortClipCounts = {
    total: utterances.length,
    full: utterances.length - short,
    wrapped: pad === 'wrap' ? short : 0,
    zeroPadded: pad === 'zero' ? short : 0,
    skipped: pad === 'skip' ? short : 0,
  };
  return { utterances: kept, counts };
}

export interface CropKey {
  seed: number;
  epoch: number;
  id: string;
  copy: number;
}

/** First frame of a crop: uniform over all places where it fits; 0 for an utterance that is no longer than a crop. */
export function cropStart({ seed, epoch, id, copy }: CropKey, frames: number, cropFrames: number): number {
  return frames <= cropFrames ? 0 : keyedRandom(seed, 'crop', epoch, id, copy).below(frames - cropFrames + 1);
}

/** What the network is fed with. */
export interface Batch {
  /** [B, cropFrames, bins] */
  features: Float32Array<ArrayBuffer>;
  /** [B] class indices */
  targets: Int32Array<ArrayBuffer>;
}

/** One crop to make, with all that a thread must know of it. */
export interface CropOrder {
  id: string;
  /** Class of the speaker. */
  target: number;
  /** Which crop of this utterance in this epoch it is. */
  copy: number;
  /** Where the utterance's audio lies, for crops that are made from it. */
  audio?: CropAudio;
}

export interface CropAudio {
  piece: AudioPiece;
  /** Frames of the utterance at its own speed, as in the cache. */
  frames: number;
  /** Factor on the speed of a variant. */
  speed: number;
  /** Whose voice it is. */
  speaker: string;
}

/** Gives the normalised features of a crop: `cropFrames` frames, or all of an utterance that has fewer. */
export type ReadCrop = (order: CropOrder, epoch: number) => Features | Promise<Features>;

/** Crops out of features that are there already. Reads no more frames than a crop needs. */
export function cachedCrops(
  source: FeatureSource,
  { seed, cropFrames }: { seed: number; cropFrames: number },
): ReadCrop {
  return ({ id, copy }, epoch) => {
    const frames = source.frames(id);
    const from = cropStart({ seed, epoch, id, copy }, frames, cropFrames);
    return source.read(id, from, Math.min(frames, cropFrames));
  };
}

/** Makes the crops of one batch and lays them side by side. */
export async function assembleBatch({
  readCrop,
  crops,
  epoch,
  bins,
  cropFrames,
  pad,
}: {
  readCrop: ReadCrop;
  crops: readonly CropOrder[];
  epoch: number;
  bins: number;
  cropFrames: number;
  pad: PadPolicy;
}): Promise<Batch> {
  const cropSize = cropFrames * bins;
  const features = new Float32Array(crops.length * cropSize);
  for (const [row, order] of crops.entries()) {
    const { data } = await readCrop(order, epoch);
    const crop = features.subarray(row * cropSize, (row + 1) * cropSize);
    crop.set(data);
    // Also where short utterances are left out: one that is long enough may be drawn at a speed at which it is not.
    if (pad !== 'zero') repeatToEnd(crop, data.length);
  }
  return { features, targets: Int32Array.from(crops, ({ target }) => target) };
}

/** Fills `values` with repetitions of its first `length` elements. */
function repeatToEnd(values: Float32Array, length: number): void {
  for (let at = length; at < values.length; at += length)
    values.copyWithin(at, 0, Math.min(length, values.length - at));
}

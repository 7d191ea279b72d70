/**
 * @file Whether a feature cache will fit on its disk, asked before hours are spent on it.
 *
 * The estimate follows the archive formats (Kaldi's float, 16-bit and 8-bit matrices) and the utterances' durations; it
 * is meant to be a little high, never low. NOTE: what others write to the disk meanwhile cannot be known, so a disk may
 * still fill up; then the finished shards stay.
 */
import { UserError } from '../errors.js';
import { gigabytes } from '../storage/free-space.js';
import { type FeatureOptions, featureSize } from './options.js';
import type { TrainingVariant } from './variants.js';

/** Key, type, dimensions, the record's line in `feats.scp` and its place in the shard's index. */
const RECORD_OVERHEAD = 320;

/**
 * Bytes that the features of these utterances take, archives and indices together.
 * @param slowest factor that an augmented copy's speed may be drawn as
 */
export function estimateCacheBytes(
  utterances: readonly Pick<TrainingVariant, 'duration' | 'trailingSilence' | 'variant'>[],
  options: FeatureOptions,
  { slowest = 1 }: { slowest?: number } = {},
): number {
  const bins = featureSize(options);
  const valueBytes = { none: 4, '16': 2, '8': 1 }[options.compression];
  const columnBytes = options.compression === '8' ? 8 * bins : 0;
  const statisticsBytes = 2 * bins * 4;
  return utterances.reduce((sum, { duration, trailingSilence = 0, variant }) => {
    const speed = (variant?.speed ?? 1) * (variant?.copy === undefined ? 1 : slowest);
    const frames = Math.ceil((1000 * (duration + trailingSilence)) / speed / options.frameShift) + 1;
    return sum + frames * bins * valueBytes + columnBytes + statisticsBytes + RECORD_OVERHEAD;
  }, 0);
}

/** @throws UserError if `bytes` more will not fit into the disk of `folder`, of which `free` are free */
export function checkFits(folder: string, bytes: number, free: number): void {
  if (bytes <= free) return;
  throw new UserError(
    `${folder}: expected room for about ${gigabytes(bytes)} of features, the disk has ${gigabytes(free)} left\n` +
      'Free some, choose another --work folder, or store fewer bits a value (features.compression: 16 or 8).',
  );
}

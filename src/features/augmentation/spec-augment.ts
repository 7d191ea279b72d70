/**
 * @file SpecAugment: masks over time and over frequency (Park et al., Interspeech 2019, without time warping).
 *
 * Applied last, after normalisation, as masked values become 0: the mean. Of each mask the width is uniform in
 * 0 … width, the place uniform; no mask is wider than the features. Layout: data[frame · bins + bin].
 */
import type { RandomStream } from '../../random.js';
import type { Features } from '../fbank/fbank.js';
import type { SpecAugmentOptions } from './options.js';

/** Masks normalised features in place. */
export function maskFeatures(
  { frames, bins, data }: Features,
  { time, frequency }: Pick<SpecAugmentOptions, 'time' | 'frequency'>,
  random: RandomStream,
): void {
  for (let mask = 0; mask < time.count; mask++) {
    const [start, end] = drawMask(time.width, frames, random);
    data.fill(0, start * bins, end * bins);
  }
  for (let mask = 0; mask < frequency.count; mask++) {
    const [start, end] = drawMask(frequency.width, bins, random);
    for (let frame = 0; frame < frames; frame++) data.fill(0, frame * bins + start, frame * bins + end);
  }
}

function drawMask(widest: number, size: number, random: RandomStream): [start: number, end: number] {
  const width = random.below(Math.min(widest, size) + 1);
  const start = random.below(size - width + 1);
  return [start, start + width];
}

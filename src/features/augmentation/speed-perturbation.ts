/**
 * @file Speed perturbation by resampling, as `sox speed`: tempo and pitch change together.
 *
 * Ko et al., "Audio augmentation for speech recognition", Interspeech 2015. A factor p/q is given in hundredths; the
 * samples are taken as if recorded at p·r Hz and converted to q·r Hz, so that 0.9 is a conversion from 9 to 10.
 * Lengths are exact: n samples become ⌈n·q/p⌉, computed in integers.
 */
import { resample, resampledLength } from '../../audio/resample.js';
import { internal } from '../../errors.js';

/** Samples that n samples are at `factor` times the speed: ⌈n / factor⌉. */
export function lengthAfterSpeed(n: number, factor: number): number {
  return resampledLength(n, hundredths(factor), 100);
}

/** The fewest samples that are at least n samples at `factor` times the speed; then one too many at most. */
export function lengthBeforeSpeed(n: number, factor: number): number {
  return n === 0 ? 0 : Math.floor(((n - 1) * hundredths(factor)) / 100) + 1;
}

/** Samples at `factor` times the speed; for factor 1 the given samples themselves. */
export function changeSpeed(samples: Float32Array<ArrayBuffer>, factor: number): Float32Array<ArrayBuffer> {
  return factor === 1 ? samples : resample(samples, hundredths(factor), 100);
}

function hundredths(factor: number): number {
  const count = Math.round(factor * 100);
  if (!(count > 0 && Math.abs(factor * 100 - count) < 1e-9)) throw internal(`speed factor ${factor}`);
  return count;
}

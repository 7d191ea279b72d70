/**
 * @file Dropped frequencies: narrow bands are taken out of the waveform, so that no band is relied on (SpeechBrain's
 * DropFreq).
 *
 * Each band is [f − width, f + width], as fractions of half the sample rate, f uniform over all places where it fits.
 * Bands that overlap are dropped once. The filter is steep enough that f itself lies 74 dB down. Level: not made up
 * for.
 */
import type { RandomStream } from '../../random.js';
import { type Band, filterSamples, stopBands } from './band-filter.js';

/** `count` random bands, overlapping ones merged, ascending. */
export function drawBands(count: number, width: number, random: RandomStream): Band[] {
  const centres = Array.from({ length: count }, () => width + (1 - 2 * width) * random.uniform()).sort((a, b) => a - b);
  const bands: [number, number][] = [];
  for (const centre of centres) {
    const last = bands.at(-1);
    if (last && centre - width <= last[1]) last[1] = centre + width;
    else bands.push([centre - width, centre + width]);
  }
  return bands;
}

/** The samples without the given bands; `width` sets the steepness. A new array of the same length. */
export function dropBands(samples: Float32Array, bands: readonly Band[], width: number): Float32Array<ArrayBuffer> {
  // Half the transition, 5.5/n, is half the band's half-width.
  const taps = 2 * Math.ceil(5.5 / width) + 1;
  return filterSamples(samples, stopBands(bands, taps));
}

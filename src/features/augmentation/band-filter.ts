/**
 * @file Linear-phase filters that pass or stop bands: ideal responses, windowed by Blackman's window.
 *
 * The low pass of cut-off c (a fraction of half the sample rate) has the taps sin(πck)/(πk); others are differences of
 * low passes. With n taps the transition from pass to stop, centred on the cut-off, is 11/n of half the sample rate
 * wide, and the stop band lies 74 dB down. Odd n; the delay is (n − 1)/2 samples, which `filter` takes out.
 */
import { convolve } from './convolution.js';

/** A band as fractions of half the sample rate. */
export type Band = readonly [low: number, high: number];

/** Taps of the filter that passes the bands, which must not overlap. */
export function passBands(bands: readonly Band[], taps: number): Float64Array {
  const middle = (taps - 1) / 2;
  const lowPass = (cutoff: number, k: number) => (k === 0 ? cutoff : Math.sin(Math.PI * cutoff * k) / (Math.PI * k));
  return Float64Array.from({ length: taps }, (_, index) => {
    const angle = (2 * Math.PI * (index + 1)) / (taps + 1);
    const window = 0.42 - 0.5 * Math.cos(angle) + 0.08 * Math.cos(2 * angle);
    const k = index - middle;
    return window * bands.reduce((sum, [low, high]) => sum + lowPass(high, k) - lowPass(low, k), 0);
  });
}

/** Taps of the filter that stops the bands, which must not overlap. */
export function stopBands(bands: readonly Band[], taps: number): Float64Array {
  const filter = passBands(bands, taps).map((tap) => -tap);
  filter[(taps - 1) / 2] += 1;
  return filter;
}

/** The samples filtered, without delay; a new array of the same length. */
export function filterSamples(samples: Float32Array, taps: Float64Array): Float32Array<ArrayBuffer> {
  return convolve(samples, taps, { from: (taps.length - 1) / 2, count: samples.length });
}

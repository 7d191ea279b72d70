/**
 * @file SpeechBrain's log mel filterbank (speechbrain.lobes.features.Fbank, without deltas and context).
 *
 * Short-time Fourier transform with a periodic Hamming window, frames centred on each shift with zeros beyond the ends (so
 * n samples give 1 + ⌊n/shift⌋ frames), power spectrum, mel filters, 10·log10 with floor 1e-10, and everything more than
 * `topDb` below the clip's maximum lifted to that bound. Arithmetic float64, output float32 [frames, bins].
 */
import type { Fbank } from './fbank.js';
import { createFourierTransform, powerSpectra } from './fourier-transform.js';
import { logMel, speechbrainFilterbank } from './mel-filterbank.js';
import { type SpeechBrainOptions, highFrequency } from './options.js';
import { periodicHamming } from './window.js';

/** Decibels of a power, through the natural logarithm. */
const DECIBEL = { floor: 1e-10, scale: 10 / Math.LN10 };

export function speechbrainFbank(options: SpeechBrainOptions): Fbank {
  const { sampleRate, bins, nFft, topDb } = options;
  const size = Math.round((sampleRate * options.frameLength) / 1000);
  const shift = Math.round((sampleRate * options.frameShift) / 1000);
  const window = periodicHamming(size, nFft);
  const transform = createFourierTransform(nFft);
  const spectrum = Math.floor(nFft / 2) + 1;
  const spectra = [new Float64Array(spectrum), new Float64Array(spectrum)];
  const high = highFrequency(sampleRate, options.highFreq);
  const filterbank = speechbrainFilterbank({ bins, sampleRate, nFft, low: options.lowFreq, high });

  return (samples) => {
    const frames = 1 + Math.floor((samples.length + 2 * Math.floor(nFft / 2) - nFft) / shift);
    const signal = new Float32Array((frames - 1) * shift + nFft);
    const before = Math.floor(nFft / 2);
    signal.set(samples.subarray(0, signal.length - before), before);
    const data = new Float32Array(frames * bins);
    for (let frame = 0; frame < frames; frame += 2) {
      const paired = frame + 1 < frames;
      multiply(signal, frame * shift, window, transform.re);
      if (paired) multiply(signal, (frame + 1) * shift, window, transform.im);
      else transform.im.fill(0);
      powerSpectra(transform.transform(), nFft, spectra[0], spectra[1]);
      logMel(filterbank, spectra[0], DECIBEL, data, frame * bins);
      if (paired) logMel(filterbank, spectra[1], DECIBEL, data, (frame + 1) * bins);
    }
    liftTo(data, topDb);
    return { frames, bins, data };
  };
}

function multiply(signal: Float32Array, start: number, window: Float64Array, target: Float64Array): void {
  for (let i = 0; i < window.length; i++) target[i] = signal[start + i] * window[i];
}

/** Raises everything to at least the maximum less `topDb`. */
function liftTo(data: Float32Array, topDb: number): void {
  let maximum = -Infinity;
  for (let i = 0; i < data.length; i++) if (data[i] > maximum) maximum = data[i];
  const bound = maximum - topDb;
  for (let i = 0; i < data.length; i++) if (data[i] < bound) data[i] = bound;
}

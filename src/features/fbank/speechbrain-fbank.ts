/**
 * @file SpeechBrain's log mel filterbank (speechbrain.lobes.features.Fbank, without deltas and context).
 *
 * Short-time Fourier transform with a periodic Hamming window, frames centred on each shift with zeros beyond the ends (so
 * n samples give 1 + ⌊n/shift⌋ frames), power spectrum, mel filters, 10·log10 with floor 1e-10, and everything more than
 * `topDb` below the clip's maximum lifted to that bound. Arithmetic and output float32 [frames, bins].
 */
import type { Fbank } from './fbank.js';
import { speechbrainFilterbank } from './mel-filterbank.js';
import { type SpeechBrainOptions, highFrequency } from '../options.js';
import { createFbankKernel } from './wasm/fbank-kernel.js';
import { periodicHamming } from './window.js';

/** Decibels of a power, through the natural logarithm. */
const DECIBEL = { floor: 1e-10, scale: 10 / Math.LN10 };

export function speechbrainFbank(options: SpeechBrainOptions): Fbank {
  const { sampleRate, bins, nFft, topDb } = options;
  const size = Math.round((sampleRate * options.frameLength) / 1000);
  const shift = Math.round((sampleRate * options.frameShift) / 1000);
  const high = highFrequency(sampleRate, options.highFreq);
  const kernel = createFbankKernel({
    ...{ size: nFft, shift, before: Math.floor(nFft / 2), nFft },
    window: periodicHamming(size, nFft),
    ...{ preemphasis: 0, removeMean: false, magnitude: false },
    filterbank: speechbrainFilterbank({ bins, sampleRate, nFft, low: options.lowFreq, high }),
    log: DECIBEL,
  });

  return (samples) => {
    const frames = 1 + Math.floor((samples.length + 2 * Math.floor(nFft / 2) - nFft) / shift);
    const data = kernel(samples, frames);
    liftTo(data, topDb);
    return { frames, bins, data };
  };
}

/** Raises everything to at least the maximum less `topDb`. */
function liftTo(data: Float32Array, topDb: number): void {
  let [minimum, maximum] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    if (data[i] > maximum) maximum = data[i];
    if (data[i] < minimum) minimum = data[i];
  }
  const bound = maximum - topDb;
  if (minimum >= bound) return;
  for (let i = 0; i < data.length; i++) if (data[i] < bound) data[i] = bound;
}

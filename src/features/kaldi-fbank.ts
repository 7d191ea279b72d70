/**
 * @file Kaldi's log mel filterbank: compute-fbank-feats, and torchaudio.compliance.kaldi.fbank, with dither 0.
 *
 * Each frame: subtract its mean, pre-emphasise within it, window, zero-pad to a power of two, power (or magnitude)
 * spectrum, mel filters, natural logarithm with float32's epsilon as floor. Two frames share one Fourier transform.
 * Arithmetic is float64 (the originals': float32), output float32 [frames, bins].
 */
import type { Fbank } from './fbank.js';
import { createFourierTransform, powerSpectra } from './fourier-transform.js';
import { kaldiFilterbank, logMel } from './mel-filterbank.js';
import { type KaldiOptions, featureSize, highFrequency } from './options.js';
import { kaldiWindow } from './window.js';

/** The smallest energy that is told from zero: float32's machine epsilon. */
const FLOAT_EPSILON = 2 ** -23;
/** Frames whose samples are prepared together; even. */
const BLOCK = 64;
const LOG = { floor: FLOAT_EPSILON, scale: 1 };

export function kaldiFbank(options: KaldiOptions): Fbank {
  const { sampleRate, bins, snipEdges, usePower, useEnergy, rawEnergy, inputScale, removeDcOffset } = options;
  const size = Math.floor((sampleRate * options.frameLength) / 1000);
  const shift = Math.floor((sampleRate * options.frameShift) / 1000);
  const nFft = 2 ** Math.ceil(Math.log2(size));
  const transform = createFourierTransform(nFft);
  const spectra = [new Float64Array(nFft / 2 + 1), new Float64Array(nFft / 2 + 1)];
  const filterbank = kaldiFilterbank({
    bins,
    sampleRate,
    nFft,
    low: options.lowFreq,
    high: highFrequency(sampleRate, options.highFreq),
  });
  // The scale of the input is put into the window: everything before it is linear.
  const window = kaldiWindow(options.window, size).map((weight) => weight * inputScale);
  const width = featureSize(options);
  const first = width - bins;
  const energyFloor = options.energyFloor > 0 ? Math.log(options.energyFloor) : -Infinity;
  const energies = new Float64Array(2);

  // What pre-emphasis and the subtraction of the mean do to a frame, written so that only the last step is done for each
  // frame: with e[i] = x[i] − c·x[i−1] and the frame's mean m, the windowed frame is w[i]·e[i] − m·(1 − c)·w[i].
  const span = (BLOCK - 1) * shift + size;
  const emphasised = new Float64Array(span);
  const sums = new Float64Array(span + 1); // sums[i] = x[0] + … + x[i − 1]
  const { preemphasis } = options;
  const meanWindow = window.map((weight) => weight * (1 - preemphasis));

  /** Prepares the samples from `start` on for the frames of one block. */
  const prepareBlock = (signal: Float32Array, start: number): void => {
    const length = Math.min(span, signal.length - start);
    let sum = 0;
    let previous = 0;
    for (let i = 0; i < length; i++) {
      const value = signal[start + i];
      emphasised[i] = value - preemphasis * previous;
      previous = value;
      sum += value;
      sums[i + 1] = sum;
    }
  };

  /** Puts the frame that starts `at` in the block, at sample `start` of the signal, into `target`; gives its log energy. */
  const prepareFrame = (signal: Float32Array, start: number, at: number, target: Float64Array): number => {
    const mean = removeDcOffset ? (sums[at + size] - sums[at]) / size : 0;
    for (let i = 0; i < size; i++) target[i] = window[i] * emphasised[at + i] - meanWindow[i] * mean;
    // A frame's first sample is its own predecessor.
    target[0] = meanWindow[0] * (signal[start] - mean);
    target.fill(0, size);
    if (!useEnergy) return 0;
    let energy = 0;
    if (rawEnergy) for (let i = 0; i < size; i++) energy += (inputScale * (signal[start + i] - mean)) ** 2;
    else for (let i = 0; i < size; i++) energy += target[i] ** 2;
    return Math.max(energyFloor, Math.log(Math.max(FLOAT_EPSILON, energy)));
  };

  return (samples) => {
    const { signal, frames } = snipEdges
      ? { signal: samples, frames: 1 + Math.floor((samples.length - size) / shift) }
      : reflectEdges(samples, size, shift);
    const data = new Float32Array(frames * width);
    for (let frame = 0; frame < frames; frame += 2) {
      const start = frame * shift;
      const at = (frame % BLOCK) * shift;
      if (at === 0) prepareBlock(signal, start);
      const count = Math.min(2, frames - frame);
      energies[0] = prepareFrame(signal, start, at, transform.re);
      if (count === 2) energies[1] = prepareFrame(signal, start + shift, at + shift, transform.im);
      else transform.im.fill(0);
      powerSpectra(transform.transform(), nFft, spectra[0], spectra[1]);
      for (let i = 0; i < count; i++) {
        if (!usePower) toMagnitude(spectra[i]);
        const offset = (frame + i) * width;
        if (useEnergy) data[offset] = energies[i];
        logMel(filterbank, spectra[i], LOG, data, offset + first);
      }
    }
    return { frames, bins: width, data };
  };
}

/** Without snipped edges a frame is centred on each shift, and the signal is mirrored at both ends (edge sample included). */
function reflectEdges(samples: Float32Array, size: number, shift: number) {
  const n = samples.length;
  const frames = Math.floor((n + Math.floor(shift / 2)) / shift);
  const before = Math.floor(size / 2) - Math.floor(shift / 2);
  const signal = Float32Array.from({ length: Math.max(0, frames - 1) * shift + size }, (_, index) => {
    let i = index - before;
    while (i < 0 || i >= n) i = i < 0 ? -i - 1 : 2 * n - 1 - i;
    return samples[i];
  });
  return { signal, frames };
}

function toMagnitude(spectrum: Float64Array): void {
  for (let k = 0; k < spectrum.length; k++) spectrum[k] = Math.sqrt(spectrum[k]);
}

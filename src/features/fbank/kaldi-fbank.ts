/**
 * @file Kaldi's log mel filterbank: compute-fbank-feats, and torchaudio.compliance.kaldi.fbank, with dither 0.
 *
 * Each frame: subtract its mean, pre-emphasise within it, window, zero-pad to a power of two, power (or magnitude)
 * spectrum, mel filters, natural logarithm with float32's epsilon as floor. Arithmetic is float32, as the originals' is;
 * output float32 [frames, bins].
 */
import type { Fbank } from './fbank.js';
import { kaldiFilterbank } from './mel-filterbank.js';
import { type KaldiOptions, highFrequency } from '../options.js';
import { createFbankKernel } from './wasm/fbank-kernel.js';
import { kaldiWindow } from './window.js';

/** The smallest energy that is told from zero: float32's machine epsilon. */
const FLOAT_EPSILON = 2 ** -23;

export function kaldiFbank(options: KaldiOptions): Fbank {
  const { sampleRate, bins, snipEdges, useEnergy, rawEnergy, inputScale } = options;
  const size = Math.floor((sampleRate * options.frameLength) / 1000);
  const shift = Math.floor((sampleRate * options.frameShift) / 1000);
  const nFft = 2 ** Math.ceil(Math.log2(size));
  const high = highFrequency(sampleRate, options.highFreq);
  const kernel = createFbankKernel({
    ...{ size, shift, nFft },
    // The scale of the input is put into the window: everything before it is linear.
    window: kaldiWindow(options.window, size).map((weight) => weight * inputScale),
    preemphasis: options.preemphasis,
    removeMean: options.removeDcOffset,
    magnitude: !options.usePower,
    ...(useEnergy && { energy: rawEnergy ? 'raw' : 'windowed' }),
    filterbank: kaldiFilterbank({ bins, sampleRate, nFft, low: options.lowFreq, high }),
    log: { floor: FLOAT_EPSILON, scale: 1 },
  });
  const energyScale = rawEnergy ? inputScale ** 2 : 1;
  const energyFloor = options.energyFloor > 0 ? Math.log(options.energyFloor) : -Infinity;
  const width = bins + (useEnergy ? 1 : 0);

  return (samples) => {
    const { signal, frames } = snipEdges
      ? { signal: samples, frames: 1 + Math.floor((samples.length - size) / shift) }
      : reflectEdges(samples, size, shift);
    const data = kernel(signal, frames);
    for (let at = 0; useEnergy && at < data.length; at += width) {
      data[at] = Math.max(energyFloor, Math.log(Math.max(FLOAT_EPSILON, energyScale * data[at])));
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

/**
 * @file Voice activity by energy: Kaldi's compute-vad (ComputeVadEnergy of ivector/voice-activity-detection).
 *
 * With e[t] the log energy of frame t and T frames, the bound is θ = threshold + meanScale · (1/T) Σ e[t]. A frame is
 * speech where, of the frames from t − context to t + context that exist, at least the share `proportion` has e > θ.
 * e[t] is the natural logarithm of Σ x² of the frame less its mean, before pre-emphasis and window, at int16 scale
 * (Kaldi's raw energy) whatever scale the features have, and floored at float32's epsilon. Frames are those of the
 * features. The defaults are those of Kaldi's VoxCeleb recipe. A clip at a constant level is all speech or none: speech
 * where e > threshold / (1 − meanScale), which is an RMS of −69 dB of full scale at the defaults and 400 samples a
 * frame.
 */
import { z } from 'zod';
import { type FbankOptions, framingOf } from './fbank.js';
import { type Features, frameCount, stretch } from './feature-type.js';

/** What a recipe may say. Energies are natural logarithms at int16 scale. */
export const vadOptions = z.strictObject({
  threshold: z.number().default(5.5),
  /** 0: the threshold holds by itself. */
  meanScale: z.number().min(0).default(0.5),
  /** Frames on each side. */
  context: z.int().min(0).default(2),
  proportion: z.number().gt(0).lt(1).default(0.12),
});
export type VadOptions = z.output<typeof vadOptions>;

const INT16_SCALE = 32768;
const FLOAT_EPSILON = 2 ** -23;

/** Whether each frame is speech (1) or not (0). */
export function energyVad(
  logEnergies: Float64Array,
  { threshold, meanScale, context, proportion }: VadOptions,
): Uint8Array {
  const frames = logEnergies.length;
  let sum = 0;
  for (let t = 0; t < frames; t++) sum += logEnergies[t];
  const bound = threshold + (meanScale * sum) / Math.max(1, frames);
  const isSpeech = new Uint8Array(frames);
  let loud = 0; // frames above the bound from `t − context` to `t + context`
  for (let t = 0; t < Math.min(context, frames); t++) if (logEnergies[t] > bound) loud++;
  for (let t = 0; t < frames; t++) {
    if (t + context < frames && logEnergies[t + context] > bound) loud++;
    if (t - context > 0 && logEnergies[t - context - 1] > bound) loud--;
    const present = Math.min(frames - 1, t + context) - Math.max(0, t - context) + 1;
    if (loud >= present * proportion) isSpeech[t] = 1;
  }
  return isSpeech;
}

/** Raw log energy of each frame of the features that `options` describe; samples in −1 … 1. */
export function frameLogEnergies(samples: Float32Array, options: FbankOptions): Float64Array {
  const framing = framingOf(options);
  const { shift, before, beyond } = framing;
  const { start, length: size, removeMean } = framing.window;
  const frames = frameCount(framing, samples.length);
  const signal = stretch(samples, start - before, Math.max(0, (frames - 1) * shift + size), beyond);
  return Float64Array.from({ length: frames }, (_, t) => {
    const from = t * shift;
    let mean = 0;
    if (removeMean) {
      for (let i = from; i < from + size; i++) mean += signal[i];
      mean /= size;
    }
    let energy = 0;
    for (let i = from; i < from + size; i++) energy += (signal[i] - mean) * (signal[i] - mean);
    return Math.log(Math.max(FLOAT_EPSILON, energy * INT16_SCALE * INT16_SCALE));
  });
}

/** The frames that are speech, in their order. */
export function speechFrames({ frames, bins, data }: Features, isSpeech: Uint8Array): Features {
  const kept = isSpeech.subarray(0, frames).reduce((sum, flag) => sum + flag, 0);
  const speech = new Float32Array(kept * bins);
  let at = 0;
  for (let t = 0; t < frames; t++) {
    if (isSpeech[t] === 0) continue;
    speech.set(data.subarray(t * bins, (t + 1) * bins), at);
    at += bins;
  }
  return { frames: kept, bins, data: speech };
}

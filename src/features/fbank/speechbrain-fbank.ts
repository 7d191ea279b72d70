/**
 * @file SpeechBrain's log mel filterbank (speechbrain.lobes.features.Fbank, without deltas and context).
 *
 * Short-time Fourier transform with a periodic Hamming window, frames centred on each shift with zeros beyond the ends
 * (so n samples give 1 + ⌊n/shift⌋ frames), power spectrum, mel filters, 10·log10 with floor 1e-10, and everything more
 * than `topDb` below the clip's maximum lifted to that bound. Arithmetic and output float32 [frames, bins].
 */
import { z } from 'zod';
import { type FeatureType, type FrameAnalysis, frameCount, type Framing, type OptionsOf } from './feature-type.js';
import { emptyBands, highFrequency, type MelRange, speechbrainFilterbank } from './mel-filterbank.js';
import { createFbankKernel } from './wasm/fbank-kernel.js';
import { periodicHamming } from './window.js';

const own = {
  /** Length of the Fourier transform; SpeechBrain's default is 400 at every sample rate. */
  nFft: z.int().positive().default(400),
  /** Each utterance is clipped this many dB below its maximum. */
  topDb: z.number().positive().default(80),
};

type SpeechBrainOptions = OptionsOf<'speechbrain', typeof own>;

export const speechbrain: FeatureType<SpeechBrainOptions> = {
  own,
  lowFreq: 0,
  problem(options) {
    const { length } = framing(options).window;
    // NOTE: not the lowest band: with SpeechBrain's usual options at 8 and 24 kHz it is empty, and its models know it
    // so.
    if (options.nFft >= length)
      return emptyBands(speechbrainFilterbank, melRange(options), { remedy: 'a larger nFft', first: 1 });
    return { option: 'nFft', message: `expected at least the frame's ${length} samples, got ${options.nFft}` };
  },
  size: ({ bins }) => bins,
  framing,
  analysis,
  create: createExtractor,
};

/** Decibels of a power, through the natural logarithm. */
const DECIBEL = { floor: 1e-10, scale: 10 / Math.LN10 };

/** Frames centred on each shift, zeros beyond the ends; the window lies in the middle of the transform. */
function framing({ sampleRate, frameLength, frameShift, nFft }: SpeechBrainOptions): Framing {
  const length = wholeSamples((sampleRate / 1000) * frameLength);
  const before = Math.floor(nFft / 2);
  return {
    ...{ size: nFft, shift: wholeSamples((sampleRate / 1000) * frameShift), before, beyond: 'zeros' },
    fewest: nFft - 2 * before,
    window: { start: Math.floor((nFft - length) / 2), length, removeMean: true },
  };
}

/** As Python rounds: a half goes to the even neighbour, so that 10 ms at 22,050 Hz are 220 samples. */
const wholeSamples = (samples: number): number =>
  samples - Math.floor(samples) === 0.5 ? 2 * Math.round(samples / 2) : Math.round(samples);

function melRange({ sampleRate, bins, nFft, lowFreq, highFreq }: SpeechBrainOptions): MelRange {
  return { bins, sampleRate, nFft, low: lowFreq, high: highFrequency(sampleRate, highFreq) };
}

function analysis(options: SpeechBrainOptions): FrameAnalysis {
  const { nFft, topDb } = options;
  const { size, shift, window } = framing(options);
  return {
    ...{ size, shift, nFft },
    window: periodicHamming(window.length, nFft),
    ...{ preemphasis: 0, removeMean: false, magnitude: false },
    filterbank: speechbrainFilterbank(melRange(options)),
    log: DECIBEL,
    liftBelowMaximum: topDb,
  };
}

function createExtractor(options: SpeechBrainOptions) {
  const { bins, topDb } = options;
  const frames = framing(options);
  const kernel = createFbankKernel({ ...analysis(options), before: frames.before });

  return (samples: Float32Array) => {
    const count = frameCount(frames, samples.length);
    const data = kernel(samples, count);
    liftTo(data, topDb);
    return { frames: count, bins, data };
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

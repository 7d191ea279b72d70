/**
 * @file Kaldi's log mel filterbank: compute-fbank-feats, and torchaudio.compliance.kaldi.fbank, with dither 0.
 *
 * Each frame: subtract its mean, pre-emphasise within it, window, zero-pad to a power of two, power (or magnitude)
 * spectrum, mel filters, natural logarithm with float32's epsilon as floor. Arithmetic is float32, as the originals'
 * is; output float32 [frames, bins].
 */
import { z } from 'zod';
import {
  type FeatureType,
  type FrameAnalysis,
  frameCount,
  type Framing,
  type OptionsOf,
  stretch,
} from './feature-type.js';
import { emptyBands, highFrequency, kaldiFilterbank, type MelRange } from './mel-filterbank.js';
import { createFbankKernel } from './wasm/fbank-kernel.js';
import { kaldiWindow, kaldiWindows } from './window.js';

const own = {
  window: z.enum(kaldiWindows).default('povey'),
  /** Samples are multiplied by this first: 32768 (Kaldi's int16 scale) or 1. */
  inputScale: z.union([z.literal(32768), z.literal(1)]).default(32768),
  preemphasis: z.number().min(0).max(1).default(0.97),
  removeDcOffset: z.boolean().default(true),
  /** Frames that would reach over an edge are left out (true) or filled by reflection (false). */
  snipEdges: z.boolean().default(true),
  /** Spectrum of power (true) or of magnitude (false). */
  usePower: z.boolean().default(true),
  /** Puts the frame's log energy before the bands. */
  useEnergy: z.boolean().default(false),
  /** That energy is taken before pre-emphasis and window. */
  rawEnergy: z.boolean().default(true),
  /** Lower bound of that energy, before the logarithm; 0: none. */
  energyFloor: z.number().min(0).default(1),
};

type KaldiOptions = OptionsOf<'kaldi', typeof own>;

export const kaldi: FeatureType<KaldiOptions> = {
  own,
  lowFreq: 20,
  problem: (options) => emptyBands(kaldiFilterbank, melRange(options), { remedy: 'a longer frame' }),
  size: ({ bins, useEnergy }) => bins + (useEnergy ? 1 : 0),
  framing,
  analysis,
  create: createExtractor,
};

/** The smallest energy that is told from zero: float32's machine epsilon. */
const FLOAT_EPSILON = 2 ** -23;

/** Without snipped edges a frame is centred on each shift, and the signal is mirrored at both ends. */
function framing({ sampleRate, frameLength, frameShift, snipEdges, removeDcOffset }: KaldiOptions): Framing {
  const size = Math.floor((sampleRate * frameLength) / 1000);
  const shift = Math.floor((sampleRate * frameShift) / 1000);
  const half = Math.floor(shift / 2);
  const common = { size, shift, window: { start: 0, length: size, removeMean: removeDcOffset } };
  return snipEdges
    ? { ...common, before: 0, beyond: 'zeros', fewest: size }
    : { ...common, before: Math.floor(size / 2) - half, beyond: 'mirror', fewest: shift - half };
}

function melRange(options: KaldiOptions): MelRange {
  const { sampleRate, bins, lowFreq, highFreq } = options;
  const nFft = 2 ** Math.ceil(Math.log2(framing(options).size));
  return { bins, sampleRate, nFft, low: lowFreq, high: highFrequency(sampleRate, highFreq) };
}

function analysis(options: KaldiOptions): FrameAnalysis {
  const { useEnergy, rawEnergy, inputScale, energyFloor } = options;
  const { size, shift } = framing(options);
  const range = melRange(options);
  return {
    ...{ size, shift, nFft: range.nFft },
    // The scale of the input is put into the window: everything before it is linear.
    window: kaldiWindow(options.window, size).map((weight) => weight * inputScale),
    preemphasis: options.preemphasis,
    removeMean: options.removeDcOffset,
    magnitude: !options.usePower,
    ...(useEnergy && {
      energy: rawEnergy ? 'raw' : 'windowed',
      energyBounds: {
        scale: rawEnergy ? inputScale ** 2 : 1,
        floor: energyFloor > 0 ? Math.log(energyFloor) : -Infinity,
      },
    }),
    filterbank: kaldiFilterbank(range),
    log: { floor: FLOAT_EPSILON, scale: 1 },
  };
}

function createExtractor(options: KaldiOptions) {
  const frames = framing(options);
  const { size, shift, before, beyond } = frames;
  const computed = analysis(options);
  const kernel = createFbankKernel(computed);
  const { energyBounds } = computed;
  const width = kaldi.size(options);

  return (samples: Float32Array) => {
    const count = frameCount(frames, samples.length);
    const data = kernel(stretch(samples, -before, (count - 1) * shift + size, beyond), count);
    for (let at = 0; energyBounds && at < data.length; at += width) {
      const { scale, floor } = energyBounds;
      data[at] = Math.max(floor, Math.log(Math.max(FLOAT_EPSILON, scale * data[at])));
    }
    return { frames: count, bins: width, data };
  };
}

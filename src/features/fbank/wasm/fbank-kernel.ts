/**
 * @file Log mel filterbank of four frames at once, one in each lane of WebAssembly's SIMD.
 *
 * Of each frame: subtract its mean, pre-emphasise within it, window, Fourier transform, power or magnitude, mel
 * filters, logarithm. The module is written for the given options when they are known: every length and address is a
 * constant in it. No lane ever meets another one, so features are the same bits wherever in a signal, and beside which
 * frames, a frame lies. Layout: value i of the four frames side by side at 16·i bytes. Arithmetic is float32, defined
 * to the bit on every machine.
 */
import { internal } from '../../../errors.js';
import { type FunctionSource, assembleModule, call, i32 } from '../../../wasm/assembler.js';
import { REAL_BYTES } from './complex-lanes.js';
import { fourierKernel } from './fourier-kernel.js';
import { type FrameOptions, prepareFrames } from './frame-preparation.js';
import { instantiate } from '../../../wasm/instantiate.js';
import { LANES, VALUE_BYTES } from './lanes.js';
import { type LogMelOptions, logMel } from './log-mel.js';
import { createMemoryLayout } from '../../../wasm/memory-layout.js';
import { powerSpectrum } from './power-spectrum.js';

export interface FbankKernelOptions extends FrameOptions, LogMelOptions {
  /** How many samples before the signal the first frame begins; default 0. */
  before?: number;
  /** Spectra of magnitudes in place of powers. */
  magnitude: boolean;
}

/**
 * Features [frames, values]: frame t begins at sample t·shift − before and has `size` samples; there are zeros on both
 * sides of the signal.
 */
export type FbankKernel = (signal: Float32Array, frames: number) => Float32Array<ArrayBuffer>;

/** Frames that go through the module's memory at once. */
const BLOCK = 64;

/** Places of the functions in the module. */
const [PREPARE, TRANSFORM, SPECTRUM, FILTER, RUN] = [0, 1, 2, 3, 4];

export function createFbankKernel(options: FbankKernelOptions): FbankKernel {
  const { size, shift, before = 0, nFft, filterbank } = options;
  if (!(size >= 1 && size <= nFft && shift >= 1)) throw internal(`frames of ${size} in ${nFft}, ${shift} apart`);
  const width = filterbank.bins + (options.energy ? 1 : 0);
  const layout = createMemoryLayout();
  const span = (BLOCK - 1) * shift + size;
  const samples = layout.reserve(VALUE_BYTES * span);
  const features = layout.reserve(VALUE_BYTES * BLOCK * width);
  const power = layout.reserve(REAL_BYTES * (Math.floor(nFft / 2) + 1));
  const fourier = fourierKernel(nFft % 2 === 0 ? nFft / 2 : nFft, layout);
  const functions: FunctionSource[] = [];
  functions[PREPARE] = prepareFrames(options, { input: fourier.input, width, layout });
  functions[TRANSFORM] = fourier.source;
  functions[SPECTRUM] = powerSpectrum({ nFft, magnitude: options.magnitude, z: fourier.output, power, layout });
  functions[FILTER] = logMel(options, { power, width, layout });
  functions[RUN] = processGroups({ shift, width, samples, features });

  const { memory, run } = instantiate(assembleModule(functions, layout.bytes()));
  layout.fill(memory);
  const input = new Float32Array(memory, samples, span);
  const output = new Float32Array(memory, features, BLOCK * width);

  return (signal, frames) => {
    const data = new Float32Array(frames * width);
    for (let first = 0; first < frames; first += BLOCK) {
      const count = Math.min(BLOCK, frames - first);
      const start = first * shift - before;
      const silent = Math.min(span, Math.max(0, -start));
      const part = signal.subarray(Math.max(0, start), Math.max(0, start + span));
      input.fill(0, 0, silent);
      input.set(part, silent);
      input.fill(0, silent + part.length);
      run(Math.ceil(count / LANES));
      data.set(output.subarray(0, count * width), first * width);
    }
    return data;
  };
}

/** All that is done, for so many groups of four frames, from the first one on. */
function processGroups({
  shift,
  width,
  samples,
  features,
}: {
  shift: number;
  width: number;
  /** Addresses. */
  samples: number;
  features: number;
}): FunctionSource {
  return {
    parameters: 1,
    exported: 'run',
    write(body, [groups]) {
      const [from, to, group] = [body.variable('i32'), body.variable('i32'), body.variable('i32')];
      from.set(i32.const(samples));
      to.set(i32.const(features));
      body.repeat(
        () => {
          body.emit(call(PREPARE, from.get, to.get));
          body.emit(call(TRANSFORM));
          body.emit(call(SPECTRUM));
          body.emit(call(FILTER, to.get));
          from.advance(LANES * VALUE_BYTES * shift);
          to.advance(LANES * VALUE_BYTES * width);
          group.advance(1);
        },
        () => i32.lt(group.get, groups),
      );
    },
  };
}

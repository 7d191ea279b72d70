/**
 * @file What is transformed of four frames: their samples less the mean, pre-emphasised, windowed, zeros after them.
 */
import { type Code, type FunctionSource, f32x4, i32, v128 } from '../../../wasm/assembler.js';
import { COMPLEX_BYTES, REAL_BYTES } from './complex-lanes.js';
import { LANES, VALUE_BYTES, loadLanes, storeLanes, transposeLanes } from './lanes.js';
import type { MemoryLayout } from '../../../wasm/memory-layout.js';

/** Lengths are samples. */
export interface FrameOptions {
  size: number;
  shift: number;
  /** Length of the Fourier transform; frames are followed by zeros up to it. */
  nFft: number;
  /** `size` weights. */
  window: Float64Array;
  /** c in x[i] − c·x[i − 1]; a frame's first sample is its own predecessor. */
  preemphasis: number;
  removeMean: boolean;
  /** Puts Σ x² of each frame before its bands: before (`raw`) or after pre-emphasis and window. */
  energy?: 'raw' | 'windowed';
}

/**
 * A function (address of the first frame's samples, address of the first frame's features), which writes to `input`,
 * and energies to the features, `width` values a frame. Layout: where n is even, n real values, halved: the power
 * spectrum is made of sums of two. Where it is odd, n complex ones.
 */
export function prepareFrames(
  { size, shift, nFft, preemphasis, removeMean, energy, window: weights }: FrameOptions,
  { input, width, layout }: { input: number; width: number; layout: MemoryLayout },
): FunctionSource {
  const [factor, step] = nFft % 2 === 0 ? [0.5, REAL_BYTES] : [1, COMPLEX_BYTES];
  const window = layout.table(Float32Array.from(weights, (weight) => factor * weight));
  const rowBytes = VALUE_BYTES * shift;
  const whole = size - (size % LANES);

  return {
    parameters: 2,
    write(body, [from, to]) {
      const [at, sample, weight] = Array.from({ length: 3 }, () => body.variable('i32'));
      const [sum, previous, total] = Array.from({ length: 3 }, () => body.variable('v128'));
      const before = (index: number) => i32.lt(at.get, i32.const(input + step * index));

      // From rows to lanes, four samples of each frame at a time, then the last ones, one by one; and their sum.
      at.set(i32.const(input));
      sample.set(from);
      const transposeFour = () => {
        const rows = [0, 1, 2, 3].map((lane) => body.keep(v128.load(sample.get, rowBytes * lane)));
        const [a, b, c, d] = transposeLanes(body, rows);
        [a, b, c, d].forEach((values, i) => body.emit(v128.store(at.get, step * i, values)));
        sum.set(f32x4.add(sum.get, f32x4.add(f32x4.add(a, b), f32x4.add(c, d))));
        sample.advance(VALUE_BYTES * LANES);
        at.advance(step * LANES);
      };
      if (whole > 0) body.repeat(transposeFour, () => before(whole));
      for (let i = 0; i < size - whole; i++) {
        const values = loadLanes(body, sample.get, VALUE_BYTES * i, rowBytes);
        body.emit(v128.store(at.get, step * i, values));
        sum.set(f32x4.add(sum.get, values));
      }

      // In place: less the mean, pre-emphasised, windowed.
      const mean = body.keep(f32x4.mul(sum.get, f32x4.const(1 / size)));
      const centred = (address: Code) => (removeMean ? f32x4.sub(v128.load(address, 0), mean) : v128.load(address, 0));
      const prepareOne = () => {
        const value = body.keep(centred(at.get));
        const subtracted = f32x4.mul(f32x4.const(preemphasis), previous.get);
        const emphasised = preemphasis === 0 ? value : f32x4.sub(value, subtracted);
        const windowed = body.keep(f32x4.mul(v128.load32Splat(weight.get, 0), emphasised));
        body.emit(v128.store(at.get, 0, windowed));
        if (step === COMPLEX_BYTES) body.emit(v128.store(at.get, REAL_BYTES, f32x4.const(0)));
        const counted = energy === 'raw' ? value : windowed;
        if (energy) total.set(f32x4.add(total.get, f32x4.mul(counted, counted)));
        previous.set(value);
        at.advance(step);
        weight.advance(VALUE_BYTES);
      };
      at.set(i32.const(input));
      weight.set(i32.const(window));
      previous.set(centred(at.get));
      body.repeat(prepareOne, () => before(size));
      if (energy === 'windowed') total.set(f32x4.mul(total.get, f32x4.const(factor ** -2)));
      if (energy) storeLanes(body, to, 0, VALUE_BYTES * width, total.get);

      const addZero = () => {
        body.emit(v128.store(at.get, 0, f32x4.const(0)));
        at.advance(REAL_BYTES);
      };
      if (size < nFft) body.repeat(addZero, () => before(nFft));
    },
  };
}

/** @file The logarithms of what mel filters take of the spectra of four frames. */
import { type FunctionSource, f32x4, i32, v128 } from '../../../wasm/assembler.js';
import { REAL_BYTES } from './complex-lanes.js';
import { VALUE_BYTES, storeLanes } from './lanes.js';
import { logarithm } from './logarithm.js';
import type { MemoryLayout } from '../../../wasm/memory-layout.js';

/** Filter b has weights[starts[b] … starts[b+1]) for the spectrum's bins firstBins[b], firstBins[b] + 1, … */
export interface MelFilterbank {
  readonly bins: number;
  readonly firstBins: Int32Array;
  readonly starts: Int32Array;
  readonly weights: Float64Array;
}

export interface LogMelOptions {
  filterbank: MelFilterbank;
  /** scale · ln(max(floor, value)) of every band; the floor also where a value is not a number. */
  log: { floor: number; scale: number };
}

/**
 * A function (address of the first frame's features), `width` values a frame, of which the bands are the last ones.
 * `power` is the address of the spectra.
 */
export function logMel(
  { filterbank, log }: LogMelOptions,
  { power, width, layout }: { power: number; width: number; layout: MemoryLayout },
): FunctionSource {
  const { bins, firstBins, starts } = filterbank;
  const weights = layout.table(Float32Array.from(filterbank.weights));
  // Of each filter: where its first bin is, and where its weights end.
  const filters = layout.table(
    Int32Array.from({ length: 2 * bins }, (_, i) =>
      i % 2 === 0 ? power + REAL_BYTES * firstBins[i >> 1] : weights + VALUE_BYTES * starts[(i >> 1) + 1],
    ),
  );
  return {
    parameters: 1,
    write(body, [to]) {
      const [filter, bin, weight, target] = Array.from({ length: 4 }, () => body.variable('i32'));
      const sum = body.variable('v128');
      filter.set(i32.const(filters));
      weight.set(i32.const(weights));
      target.set(to);
      body.repeat(
        () => {
          bin.set(i32.load(filter.get, 0));
          const end = body.keep(i32.load(filter.get, 4), 'i32');
          sum.set(f32x4.const(0));
          body.unless(i32.ge(weight.get, end), () =>
            body.repeat(
              () => {
                sum.set(f32x4.add(sum.get, f32x4.mul(v128.load(bin.get, 0), v128.load32Splat(weight.get, 0))));
                bin.advance(REAL_BYTES);
                weight.advance(VALUE_BYTES);
              },
              () => i32.lt(weight.get, end),
            ),
          );
          const floored = body.keep(f32x4.pmax(f32x4.const(log.floor), sum.get));
          const value = logarithm(body, floored, log.scale);
          storeLanes(body, target.get, VALUE_BYTES * (width - bins), VALUE_BYTES * width, value);
          target.advance(VALUE_BYTES);
          filter.advance(8);
        },
        () => i32.lt(filter.get, i32.const(filters + 8 * bins)),
      );
    },
  };
}

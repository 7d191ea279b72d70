/**
 * @file Change of sample rate by band-limited interpolation: a sinc, windowed by a squared cosine, at each output
 * instant.
 *
 * J. O. Smith, "Digital Audio Resampling" (https://ccrma.stanford.edu/~jos/resample/), with the filter of torchaudio's
 * `sinc_interp_hann`: 6 zero crossings a side, cut off at 0.99 of the lower Nyquist frequency. With the rates divided
 * by their greatest common divisor, f → g, and c = 0.99·min(f, g), output sample m is
 *
 *   y[m] = Σ_n x[n] · (c/f) · sinc(u) · cos²(πu/12),   u = c·(n/f − m/g),   |u| < 6,
 *
 * x being 0 outside its range. The weights depend on m mod g only: they are computed once for each of the g phases and
 * kept. Sums are in double precision and always in the same order, so a slice of the output is the same to the bit
 * whether it was computed alone or as part of the whole.
 */
import { UserError } from '../errors.js';

const ZERO_CROSSINGS = 6;
const ROLLOFF = 0.99;

interface Filter {
  /** Rates without common divisor: `f` input samples become `g` output samples. */
  f: number;
  g: number;
  /** Weights a phase, the same number for all. */
  taps: number;
  /** [g, taps] */
  weights: Float64Array;
  /** [g]: input sample, relative to the beginning of the period, that a phase's first weight belongs to. */
  first: Int32Array;
}

/** Samples of the output of `resample` for `count` samples at `from` Hz: ⌈count·to/from⌉. */
export function resampledLength(count: number, from: number, to: number): number {
  const { f, g } = reduce(from, to);
  return Math.ceil((count * g) / f);
}

/**
 * One channel at another sample rate; `resampledLength` samples, without delay. At equal rates the samples themselves.
 * @throws UserError if a rate is not a whole number above 0, or they are so far apart that the filter would not fit
 */
export function resample<Samples extends Float32Array>(
  samples: Samples,
  from: number,
  to: number,
): Samples | Float32Array<ArrayBuffer> {
  if (from === to) return samples;
  return resamplePiece({ samples, start: 0 }, { from, to, start: 0, count: resampledLength(samples.length, from, to) });
}

export interface ResampledRange {
  /** Sample rates in Hz. */
  from: number;
  to: number;
  /** Output samples [start, start + count). */
  start: number;
  count: number;
}

/** The input samples, of `frames`, that a range of the output is made of. */
export function neededSamples({ from, to, start, count }: ResampledRange, frames: number) {
  const { f, g } = reduce(from, to);
  const reach = Math.ceil((ZERO_CROSSINGS * f) / (ROLLOFF * Math.min(f, g))) + 1;
  const begin = Math.max(0, Math.floor((start * f) / g) - reach);
  const end = Math.min(frames, Math.ceil(((start + count) * f) / g) + reach);
  return { from: begin, count: Math.max(0, end - begin) };
}

/**
 * A range of the output from a piece of the input that holds its `neededSamples`; `start` is where the piece begins.
 */
export function resamplePiece(
  piece: { samples: Float32Array; start: number },
  { from, to, start, count }: ResampledRange,
): Float32Array<ArrayBuffer> {
  const filter = filterFor(from, to);
  const { f, g, taps } = filter;
  const output = new Float32Array(count);
  const reach = Math.max(-filter.first[0], filter.first[g - 1] + taps - f, 0);
  // Blocks of whole periods, small enough for the processor's caches.
  const periods = Math.max(1, Math.floor(BLOCK / f));
  const block = new Float64Array(periods * f + 2 * reach);
  for (let period = Math.floor(start / g); period * g < start + count; period += periods) {
    fillBlock(block, piece, period * f - reach);
    resampleBlock(filter, block, reach, output, period * g - start, periods);
  }
  return output;
}

/** Input samples that are worked on at a time. */
const BLOCK = 8192;

/** Copies the piece's samples from input position `position` on; zeros where there are none. */
function fillBlock(
  block: Float64Array,
  { samples, start }: { samples: Float32Array; start: number },
  position: number,
) {
  const begin = Math.min(block.length, Math.max(0, start - position));
  const end = Math.max(begin, Math.min(block.length, start + samples.length - position));
  block.fill(0, 0, begin);
  block.set(samples.subarray(begin + position - start, end + position - start), begin);
  block.fill(0, end);
}

/** Output of `periods` periods, the first of which begins at `at` of `output`; what falls outside of it is left out. */
function resampleBlock(
  { f, g, taps, weights, first }: Filter,
  block: Float64Array,
  reach: number,
  output: Float32Array,
  at: number,
  periods: number,
): void {
  for (let phase = 0; phase < g; phase++) {
    const row = phase * taps;
    // Periods whose sample of this phase is within the output.
    let period = Math.max(0, Math.ceil((-at - phase) / g));
    const end = Math.min(periods, Math.ceil((output.length - at - phase) / g));
    let x = period * f + reach + first[phase];
    let y = at + phase + period * g;
    // Four periods side by side: the weights are loaded once, and the sums do not wait for each other.
    for (; period + 4 <= end; period += 4, x += 4 * f, y += 4 * g) {
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let k = 0, i = x, j = x + f, m = x + 2 * f, n = x + 3 * f; k < taps; k++, i++, j++, m++, n++) {
        const w = weights[row + k];
        a += w * block[i];
        b += w * block[j];
        c += w * block[m];
        d += w * block[n];
      }
      output[y] = a;
      output[y + g] = b;
      output[y + 2 * g] = c;
      output[y + 3 * g] = d;
    }
    for (; period < end; period++, x += f, y += g) {
      let a = 0;
      for (let k = 0; k < taps; k++) a += weights[row + k] * block[x + k];
      output[y] = a;
    }
  }
}

/** Filters in use; a corpus has a few rates, a run a few speed factors. */
const filters = new Map<string, Filter>();
const MAX_FILTERS = 16;
/** 256 MiB; 44,101 Hz to 16,000 Hz takes 4 MiB. */
const MAX_WEIGHTS = 2 ** 25;

function filterFor(from: number, to: number): Filter {
  const { f, g } = reduce(from, to);
  const key = `${f}:${g}`;
  const known = filters.get(key);
  if (known) return known;
  const filter = designFilter(f, g);
  if (filters.size >= MAX_FILTERS) filters.delete(filters.keys().next().value!);
  filters.set(key, filter);
  return filter;
}

function designFilter(f: number, g: number): Filter {
  const cutoff = ROLLOFF * Math.min(f, g);
  // |u| < 6 of the formula above, in input samples.
  const halfWidth = (ZERO_CROSSINGS * f) / cutoff;
  const taps = Math.floor(2 * halfWidth) + 1;
  if (g * taps > MAX_WEIGHTS) {
    throw new UserError(
      `cannot resample by ${g}/${f}: the filter would have ${g * taps} weights; choose sample rates with a common divisor`,
    );
  }
  const weights = new Float64Array(g * taps);
  const first = new Int32Array(g);
  for (let phase = 0; phase < g; phase++) {
    const instant = (phase * f) / g;
    first[phase] = Math.ceil(instant - halfWidth);
    for (let k = 0; k < taps; k++) {
      // n/f − m/g with one rounding.
      const u = (cutoff * ((first[phase] + k) * g - phase * f)) / (f * g);
      if (Math.abs(u) >= ZERO_CROSSINGS) continue;
      const sinc = u === 0 ? 1 : Math.sin(Math.PI * u) / (Math.PI * u);
      weights[phase * taps + k] = (cutoff / f) * sinc * Math.cos((Math.PI * u) / (2 * ZERO_CROSSINGS)) ** 2;
    }
  }
  return { f, g, taps, weights, first };
}

function reduce(from: number, to: number): { f: number; g: number } {
  for (const rate of [from, to]) {
    if (!(Number.isSafeInteger(rate) && rate > 0)) {
      throw new UserError(`expected a sample rate in whole Hz, got ${rate}`);
    }
  }
  let [a, b] = [from, to];
  while (b > 0) [a, b] = [b, a % b];
  return { f: from / a, g: to / a };
}

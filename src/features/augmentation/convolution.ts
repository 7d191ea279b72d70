/**
 * @file Convolution of a long signal with a finite impulse response, by the fast Fourier transform.
 *
 * Partitioned overlap-save (Stockham, "High-speed convolution and correlation", 1966; partitions: Kulp, AES 1988).
 * The output is computed in blocks of S samples by transforms of N. A response of more than N/2 taps is cut into K
 * partitions of S = N/2: block j is Σ_k H_k · X_{j−k}, with the spectra of the last K input blocks at hand. So every
 * transform stays small enough for the processor's caches, where a point takes less than half the time.
 * The response is real, hence one complex transform carries two blocks, j in its real and j + M in its imaginary part,
 * and they come out apart by themselves. Arithmetic is float64; x and h are 0 outside their ranges.
 */
import { type FourierTransform, createFourierTransform } from './fourier-transform.js';

interface Complex {
  re: Float64Array;
  im: Float64Array;
}

interface Plan {
  transform: FourierTransform;
  sum: Complex;
  /** Of the response's partitions, and of the newest input blocks; as many as have been needed so far. */
  response: Complex[];
  blocks: Complex[];
}

/** What is done for L taps and a number of output samples. */
interface Layout {
  /** N. */
  size: number;
  /** S. */
  step: number;
  /** K. */
  partitions: number;
  /** M: half the number of blocks. */
  pairs: number;
}

/** Five times a power of two is faster here than a power of two, whose strides fall on each other in the caches. */
const SIZES = [320, 1280, 5120];
/** A complex product and sum, in the unit of transform time where one point takes log2 N. */
const PRODUCT_COST = 4;

const plans = new Map<number, Plan>();

/**
 * Samples [from, from + count) of y[n] = Σ_k h[k] · x[n − k].
 * To undo a response's delay d: `from: d, count: x.length`.
 */
export function convolve(
  signal: Float32Array,
  response: Float32Array | Float64Array,
  { from, count }: { from: number; count: number },
): Float32Array<ArrayBuffer> {
  const output = new Float32Array(count);
  // What lies further back than the last output sample is never reached; zeros at the end add nothing.
  let taps = Math.max(0, Math.min(response.length, from + count));
  while (taps > 0 && response[taps - 1] === 0) taps--;
  if (taps === 0 || count === 0) return output;
  const { size, step, partitions, pairs } = layoutFor(taps, count);
  const plan = planFor(size, partitions);
  const { transform, sum, blocks } = plan;
  loadResponse(plan, response.subarray(0, taps), partitions > 1 ? step : taps);
  for (let j = 1 - partitions; j < pairs; j++) {
    // Its last S samples are those at which the block's output begins.
    const start = from + (j + 1) * step - size;
    copyBlock(signal, start, transform.re);
    copyBlock(signal, start + pairs * step, transform.im);
    keep(transform.transform(), blocks[slot(j, partitions)]);
    if (j < 0) continue;
    const blockOf = (k: number) => blocks[slot(j - k, partitions)];
    if (partitions % 2 === 1) setProduct(sum, plan.response[0], blockOf(0));
    else setProducts(sum, plan.response[0], blockOf(0), plan.response[1], blockOf(1));
    for (let k = 2 - (partitions % 2); k < partitions; k += 2) {
      addProducts(sum, plan.response[k], blockOf(k), plan.response[k + 1], blockOf(k + 1));
    }
    // The inverse transform is the forward one with real and imaginary parts exchanged, before and after.
    transform.re.set(sum.im);
    transform.im.set(sum.re);
    const { re: second, im: first } = transform.transform();
    takeBlock(first, step, output, j * step);
    takeBlock(second, step, output, (j + pairs) * step);
  }
  return output;
}

/** The layout with the fewest operations. */
function layoutFor(taps: number, count: number): Layout {
  let best: Layout | undefined;
  let lowest = Infinity;
  for (const size of SIZES) {
    const whole = taps <= size / 2;
    const step = whole ? size - taps + 1 : size / 2;
    const partitions = whole ? 1 : Math.ceil(taps / step);
    const pairs = Math.ceil(count / (2 * step));
    const transforms = 2 * pairs + 2 * partitions - 1;
    const cost = size * (transforms * Math.log2(size) + PRODUCT_COST * pairs * partitions);
    if (cost >= lowest) continue;
    lowest = cost;
    best = { size, step, partitions, pairs };
  }
  return best!;
}

/** Where the spectrum of block j is kept: the newest K blocks, the oldest overwritten. */
const slot = (j: number, partitions: number) => (j + partitions) % partitions;

function planFor(size: number, partitions: number): Plan {
  let plan = plans.get(size);
  if (!plan) {
    plan = { transform: createFourierTransform(size), sum: complex(size), response: [], blocks: [] };
    plans.set(size, plan);
  }
  while (plan.blocks.length < partitions) {
    plan.response.push(complex(size));
    plan.blocks.push(complex(size));
  }
  return plan;
}

const complex = (size: number): Complex => ({ re: new Float64Array(size), im: new Float64Array(size) });

/** Spectra of the partitions of `length` taps, divided by N. */
function loadResponse(
  { transform, response: spectra }: Plan,
  response: Float32Array | Float64Array,
  length: number,
): void {
  for (let at = 0, k = 0; at < response.length; at += length, k++) {
    const end = Math.min(length, response.length - at);
    for (let i = 0; i < end; i++) transform.re[i] = response[at + i] / transform.n;
    transform.re.fill(0, end);
    transform.im.fill(0);
    keep(transform.transform(), spectra[k]);
  }
}

function keep({ re, im }: Complex, target: Complex): void {
  target.re.set(re);
  target.im.set(im);
}

/** Fills `block` with the signal from `position` on, which may lie outside of it. */
function copyBlock(signal: Float32Array, position: number, block: Float64Array): void {
  const begin = Math.min(block.length, Math.max(0, -position));
  const end = Math.max(begin, Math.min(block.length, signal.length - position));
  block.fill(0, 0, begin);
  if (end > begin) block.set(signal.subarray(position + begin, position + end), begin);
  block.fill(0, end);
}

function setProduct({ re, im }: Complex, { re: ar, im: ai }: Complex, { re: br, im: bi }: Complex): void {
  for (let i = 0; i < re.length; i++) {
    re[i] = ar[i] * br[i] - ai[i] * bi[i];
    im[i] = ar[i] * bi[i] + ai[i] * br[i];
  }
}

/** Two products at a time: the sum is loaded and stored half as often. */
function setProducts({ re, im }: Complex, a: Complex, b: Complex, c: Complex, d: Complex): void {
  const { re: ar, im: ai } = a;
  const { re: br, im: bi } = b;
  const { re: cr, im: ci } = c;
  const { re: dr, im: di } = d;
  for (let i = 0; i < re.length; i++) {
    re[i] = ar[i] * br[i] - ai[i] * bi[i] + (cr[i] * dr[i] - ci[i] * di[i]);
    im[i] = ar[i] * bi[i] + ai[i] * br[i] + (cr[i] * di[i] + ci[i] * dr[i]);
  }
}

function addProducts({ re, im }: Complex, a: Complex, b: Complex, c: Complex, d: Complex): void {
  const { re: ar, im: ai } = a;
  const { re: br, im: bi } = b;
  const { re: cr, im: ci } = c;
  const { re: dr, im: di } = d;
  for (let i = 0; i < re.length; i++) {
    re[i] += ar[i] * br[i] - ai[i] * bi[i] + (cr[i] * dr[i] - ci[i] * di[i]);
    im[i] += ar[i] * bi[i] + ai[i] * br[i] + (cr[i] * di[i] + ci[i] * dr[i]);
  }
}

/** The last `step` samples of a block, as far as they are within the output. */
function takeBlock(block: Float64Array, step: number, output: Float32Array, at: number): void {
  const start = block.length - step;
  const end = Math.min(step, output.length - at);
  for (let i = 0; i < end; i++) output[at + i] = block[start + i];
}

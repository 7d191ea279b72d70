/**
 * @file Features as operators in a graph: samples [1, N] in −1 … 1 → features [1, T, values], not normalised, frames
 * without speech left out where the model's training left them out.
 *
 * What `features/fbank` computes in WebAssembly, in ONNX's plainest operators: frames are gathered by index, the
 * Fourier transform is a product with tables of cosines and sines, the mel filters are another. Limits: float32, as
 * the original, with other orders of summation. Clips shorter than a frame are errors of whoever runs the file.
 */
import type { Value } from '../../engine/trace/graph.js';
import { UserError } from '../../errors.js';
import type { VadOptions } from '../../features/fbank/energy-vad.js';
import { featureTypeOf, framingOf } from '../../features/fbank/fbank.js';
import type { FrameAnalysis, Framing } from '../../features/fbank/feature-type.js';
import type { FeatureOptions } from '../../features/options.js';
import type { GraphWriter } from './graph-writer.js';

/** @throws UserError for features that are not a filterbank */
export function featureGraph(write: GraphWriter, samples: Value, options: FeatureOptions): Value {
  const analysis = featureTypeOf(options).analysis?.(options);
  if (!analysis) {
    throw new UserError(
      `features of type ${options.type} cannot be written into the file\n  export with --input fbank`,
    );
  }
  const framing = framingOf(options);
  const frames = frameGraph(write, samples, framing); // [T, size]
  const values = bandsGraph(write, frames, analysis); // [T, values]
  const kept = options.vad ? speechGraph(write, values, { frames, framing, vad: options.vad }) : values;
  return write.op('Unsqueeze', [kept, write.sizes(0)], {}, { rank: 3 });
}

/** The samples of each frame, with what stands beyond the ends. */
function frameGraph(write: GraphWriter, samples: Value, { size, shift, before, beyond, fewest }: Framing): Value {
  const { op, sizes } = write;
  const flat = op('Reshape', [samples, sizes(-1)], {}, { rank: 1 });
  const n = write.sizeOf(flat, 0);
  const count = op('Add', [op('Div', [op('Sub', [n, sizes(fewest)]), sizes(shift)]), sizes(1)]);
  const starts = op('Mul', [write.range(count), sizes(shift)]);
  const column = op('Unsqueeze', [starts, sizes(1)], {}, { rank: 2 });
  const within = sizes(...Array.from({ length: size }, (_, i) => (beyond === 'mirror' ? i - before : i)));
  let place = op('Add', [column, within]);
  let signal = flat;
  if (beyond === 'mirror') {
    const mirrored = op('Sub', [sizes(-1), place]);
    place = op('Where', [op('Less', [place, sizes(0)], {}, { dtype: 'bool' }), mirrored, place], {}, { dtype: 'int64', rank: 2 }); // prettier-ignore
    const last = op('Sub', [op('Mul', [n, sizes(2)]), sizes(1)]);
    const tooFar = op('GreaterOrEqual', [place, n], {}, { dtype: 'bool' });
    place = op('Where', [tooFar, op('Sub', [last, place]), place], {}, { dtype: 'int64', rank: 2 });
  } else if (before > 0) {
    signal = op('Pad', [flat, sizes(before, before + size), write.number(0)]);
  }
  return op('Gather', [signal, place], { axis: 0 }, { rank: 2 });
}

function bandsGraph(write: GraphWriter, frames: Value, analysis: FrameAnalysis): Value {
  const { op, number, reduce } = write;
  const { size, nFft, preemphasis, removeMean, magnitude, filterbank, log, energy, energyBounds } = analysis;
  const centred = removeMean ? op('Sub', [frames, reduce('ReduceMean', frames, 1)]) : frames;
  const previous = () =>
    op('Concat', [write.slice(centred, 1, 0, 1), write.slice(centred, 1, 0, size - 1)], { axis: 1 });
  const emphasised =
    preemphasis === 0 ? centred : op('Sub', [centred, op('Mul', [previous(), number(Math.fround(preemphasis))])]);
  const windowed = op('Mul', [emphasised, write.floats(Float32Array.from(analysis.window), [size])]);
  const points = Math.floor(nFft / 2) + 1;
  const part = (wave: (angle: number) => number) => {
    const product = op('MatMul', [windowed, write.floats(waves(size, nFft, points, wave), [size, points])]);
    return op('Mul', [product, product]);
  };
  const power = op('Add', [part(Math.cos), part(Math.sin)]);
  const spectrum = magnitude ? op('Sqrt', [power]) : power;
  const bands = op('MatMul', [spectrum, write.floats(filters(filterbank, points), [points, filterbank.bins])]);
  const logarithms = op('Log', [op('Max', [bands, number(Math.fround(log.floor))])]);
  let values = log.scale === 1 ? logarithms : op('Mul', [logarithms, number(Math.fround(log.scale))]);
  if (energy && energyBounds) {
    const squares = reduce('ReduceSumSquare', energy === 'raw' ? centred : windowed, 1); // [T, 1]
    const floored = op('Max', [op('Mul', [squares, number(energyBounds.scale)]), number(FLOAT_EPSILON)]);
    const logEnergy = op('Log', [floored]);
    const bounded = energyBounds.floor > -Infinity ? op('Max', [logEnergy, number(energyBounds.floor)]) : logEnergy;
    values = op('Concat', [bounded, values], { axis: 1 });
  }
  if (analysis.liftBelowMaximum === undefined) return values;
  const highest = reduce('ReduceMax', reduce('ReduceMax', values, 0), 1);
  return op('Max', [values, op('Sub', [highest, number(analysis.liftBelowMaximum)])]);
}

const FLOAT_EPSILON = 2 ** -23;

/** wave(2π·i·k / nFft) of sample i and point k: [size, points]. */
function waves(size: number, nFft: number, points: number, wave: (angle: number) => number): Float32Array {
  return Float32Array.from({ length: size * points }, (_, at) => {
    const [i, k] = [Math.floor(at / points), at % points];
    return wave((2 * Math.PI * ((i * k) % nFft)) / nFft);
  });
}

/** The mel filters as a matrix [points, bins]. */
function filters({ bins, firstBins, starts, weights }: FrameAnalysis['filterbank'], points: number): Float32Array {
  const matrix = new Float32Array(points * bins);
  for (let band = 0; band < bins; band++) {
    for (let i = starts[band]; i < starts[band + 1]; i++) {
      matrix[(firstBins[band] + i - starts[band]) * bins + band] = weights[i];
    }
  }
  return matrix;
}

const INT16_SCALE = 32768;

/** The frames that `energyVad` takes for speech: [T, values] → [speech frames, values]. */
function speechGraph(
  write: GraphWriter,
  values: Value,
  { frames, framing, vad }: { frames: Value; framing: Framing; vad: VadOptions },
): Value {
  const { op, number, reduce } = write;
  const { start, length, removeMean } = framing.window;
  const heard = length === framing.size ? frames : write.slice(frames, 1, start, start + length);
  const centred = removeMean ? op('Sub', [heard, reduce('ReduceMean', heard, 1)]) : heard;
  const squares = op('Mul', [reduce('ReduceSumSquare', centred, 1), number(INT16_SCALE ** 2)]); // [T, 1]
  const energies = op('Log', [op('Max', [squares, number(FLOAT_EPSILON)])]);
  const mean = reduce('ReduceMean', energies, 0);
  const bound = op('Add', [op('Mul', [mean, number(vad.meanScale)]), number(vad.threshold)]);
  const isLoud = write.toFloat(op('Greater', [energies, bound], {}, { dtype: 'bool' })); // [T, 1]
  // How many of the frames around each are loud, and how many there are: convolutions with ones.
  const width = 2 * vad.context + 1;
  const ones = write.floats(new Float32Array(width).fill(1), [1, 1, width]);
  const around = (flags: Value) => {
    const line = op('Reshape', [flags, write.sizes(1, 1, -1)], {}, { rank: 3 });
    return op('Conv', [line, ones], { pads: [vad.context, vad.context] });
  };
  const present = op('Mul', [around(op('Add', [op('Mul', [isLoud, number(0)]), number(1)])), number(vad.proportion)]);
  const isSpeech = op('GreaterOrEqual', [around(isLoud), present], {}, { dtype: 'bool' });
  const flat = op('Reshape', [isSpeech, write.sizes(-1)], {}, { rank: 1 });
  return op('Compress', [values, flat], { axis: 0 });
}

/**
 * @file Normalisation of features as operators in a graph: what `features/normalization.ts` does, [B, T, values] →
 * [B, T, values]. It stands in the exported file, so that nobody has to know of it who uses the file.
 */
import { ONNX_TYPE } from '../../engine/lower/shapes.js';
import type { Value } from '../../engine/trace/graph.js';
import type { Normalization } from '../../features/options.js';
import { internal } from '../../errors.js';
import type { GraphWriter } from './graph-writer.js';

const SMALLEST_STD = 1e-10;

export function normalizationGraph(
  write: GraphWriter,
  features: Value,
  { mode, globalMean }: { mode: Normalization; globalMean?: readonly number[] },
): Value {
  const { op, reduce } = write;
  if (mode === 'none') return features;
  if (mode === 'global') {
    if (!globalMean) throw internal('global normalisation without the global mean');
    return op('Sub', [features, write.floats(globalMean, [globalMean.length])]);
  }
  if (typeof mode === 'object') return op('Sub', [features, windowMeans(write, features, mode.window)]);
  const centred = op('Sub', [features, reduce('ReduceMean', features, 1)]);
  if (mode === 'mean') return centred;
  const variance = reduce('ReduceMean', op('Mul', [centred, centred]), 1);
  return op('Div', [centred, op('Max', [op('Sqrt', [variance]), write.number(SMALLEST_STD)])]);
}

/** The mean over the window of each frame, from sums in double precision. */
function windowMeans(write: GraphWriter, features: Value, window: number): Value {
  const { op, sizes } = write;
  const count = write.sizeOf(features, 1);
  const t = write.range(count);
  const inside = op('Min', [op('Sub', [t, sizes(Math.floor(window / 2))]), op('Sub', [count, sizes(window)])]);
  const from = op('Max', [inside, sizes(0)]);
  const to = op('Min', [op('Add', [from, sizes(window)]), count]);
  // sums[t]: over all frames before t, one more than there are frames.
  const longer = op('Pad', [features, sizes(0, 0, 0, 0, 1, 0), write.number(0)]);
  const double = op('Cast', [longer], { to: ONNX_TYPE.float64 });
  const axis = write.graph.splat(1, [], 'int64');
  const sums = op('CumSum', [double, axis], { exclusive: 1 });
  const sum = op('Sub', [op('Gather', [sums, to], { axis: 1 }), op('Gather', [sums, from], { axis: 1 })]);
  const frames = op('Cast', [op('Unsqueeze', [op('Sub', [to, from]), sizes(1)], {}, { rank: 2 })], { to: ONNX_TYPE.float64 }); // prettier-ignore
  return write.toFloat(op('Div', [sum, frames]));
}

/**
 * @file Lowerings of sums, means, maxima and softmax.
 *
 * A sum over leading axes is a product with a row of ones: ONNX Runtime's ReduceSum over axis 0 runs at about 0.3 of
 * the speed of PyTorch's, the matrix product at par.
 */
import { sizeOf } from '../program/host-tensor.js';
import type { GraphBuilder, Value } from '../trace/graph.js';
import { lower } from '../trace/trace-backend.js';
import { cast, positiveAxis, reshape } from './shapes.js';

type ReduceOp = 'ReduceSum' | 'ReduceMean' | 'ReduceMax';

/** Reduces over `axis` (default: all axes). */
function reduce(
  graph: GraphBuilder,
  op: ReduceOp,
  x: Value,
  axis: number | number[] | null | undefined,
  keepDims = false,
): Value {
  const rank = x.shape.length;
  const axes =
    axis === null || axis === undefined ? [...x.shape.keys()] : [axis].flat().map((a) => positiveAxis(a, rank));
  axes.sort((a, b) => a - b);
  const shape = keepDims
    ? x.shape.map((size, i) => (axes.includes(i) ? 1 : size))
    : x.shape.filter((_, i) => !axes.includes(i));
  if (axes.every((a) => x.shape[a] === 1)) return reshape(graph, x, shape);

  const count = sizeOf(axes.map((a) => x.shape[a]));
  const rest = sizeOf(x.shape) / count;
  const areLeading = axes.every((a, i) => a === i);
  if (areLeading && op !== 'ReduceMax' && x.dtype === 'float32' && count > 64 && rest > 8) {
    const weights = graph.splat(op === 'ReduceSum' ? 1 : Math.fround(1 / count), [1, count], 'float32');
    const attributes = { transA: 0, transB: 0 };
    const sums = graph.emit({ op: 'Gemm', inputs: [weights, reshape(graph, x, [count, rest])], attributes }, [1, rest]);
    return reshape(graph, sums, shape);
  }
  const attributes = { keepdims: Number(keepDims) };
  return graph.emit({ op, inputs: [x, graph.int64(axes)], attributes }, shape, x.dtype);
}

interface ReduceAttrs {
  axis?: number | number[];
  keepDims?: boolean;
}

lower<ReduceAttrs>('Sum', (graph, { x }, { axis, keepDims }) => reduce(graph, 'ReduceSum', x, axis, keepDims));
lower<ReduceAttrs>('Mean', (graph, { x }, { axis, keepDims }) =>
  reduce(graph, 'ReduceMean', cast(graph, x, 'float32'), axis, keepDims),
);
lower<{ reductionIndices?: number | number[]; keepDims?: boolean }>('Max', (graph, { x }, attrs) =>
  reduce(graph, 'ReduceMax', x, attrs.reductionIndices, attrs.keepDims),
);

lower<{ dim: number }>('Softmax', (graph, { logits }, { dim }) =>
  graph.emit({ op: 'Softmax', inputs: [logits], attributes: { axis: dim } }, logits.shape),
);

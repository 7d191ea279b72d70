/** @file Lowerings that move values without changing them: reshape, transpose, slice, concatenate, pad, tile, cast. */
import { sizeOf } from '../program/host-tensor.js';
import type { DType } from '../program/host-tensor.js';
import { constantData, sameShape, splatOf } from '../trace/graph.js';
import type { GraphBuilder, Value } from '../trace/graph.js';
import * as tf from '../tfjs.js';
import { lower, unsupported } from '../trace/trace-backend.js';

/** ONNX's TensorProto.DataType numbers. */
export const ONNX_TYPE = { float32: 1, int8: 3, int32: 6, int64: 7, bool: 9, float64: 11 } as const;

/** `value` under another shape; chains of reshapes become one. */
export function reshape(graph: GraphBuilder, value: Value, shape: readonly number[]): Value {
  if (sameShape(value.shape, shape)) return value;
  const splat = splatOf(value);
  if (splat !== undefined) return graph.splat(splat, shape, value.dtype);
  if (value.constant) return graph.constant(constantData(value), shape, value.dtype);
  if (value.producer?.op === 'Reshape') return reshape(graph, value.producer.inputs[0], shape);
  return graph.emit({ op: 'Reshape', inputs: [value, graph.int64(shape)] }, shape, value.dtype);
}

/** `value` repeated along its axes of size 1 until it has `shape`. */
export function expand(graph: GraphBuilder, value: Value, shape: readonly number[]): Value {
  if (sameShape(value.shape, shape)) return value;
  const splat = splatOf(value);
  if (splat !== undefined) return graph.splat(splat, shape, value.dtype);
  return graph.emit({ op: 'Expand', inputs: [value, graph.int64(shape)] }, shape, value.dtype);
}

/** `value` with its axes permuted; a permutation that only moves axes of size 1 is a reshape. */
export function transpose(graph: GraphBuilder, value: Value, perm: readonly number[]): Value {
  const shape = perm.map((axis) => value.shape[axis]);
  if (perm.every((axis, i) => axis === i)) return value;
  const moved = perm.filter((axis) => value.shape[axis] !== 1);
  if (moved.every((axis, i) => i === 0 || axis > moved[i - 1])) return reshape(graph, value, shape);
  if (value.producer?.op === 'Transpose') {
    const first = value.producer.attributes.perm as readonly number[];
    return transpose(
      graph,
      value.producer.inputs[0],
      perm.map((axis) => first[axis]),
    );
  }
  return graph.emit({ op: 'Transpose', inputs: [value], attributes: { perm: [...perm] } }, shape, value.dtype);
}

export function cast(graph: GraphBuilder, value: Value, dtype: DType): Value {
  if (value.dtype === dtype) return value;
  const splat = splatOf(value);
  if (splat !== undefined) {
    const converted = { float32: splat, int32: Math.trunc(splat), bool: Number(splat !== 0) }[dtype];
    return graph.splat(converted, value.shape, dtype);
  }
  return graph.emit({ op: 'Cast', inputs: [value], attributes: { to: ONNX_TYPE[dtype] } }, value.shape, dtype);
}

/** The part of `value` from `begin`, of the given size. */
function slice(graph: GraphBuilder, value: Value, begin: readonly number[], size: readonly number[]): Value {
  if (sameShape(size, value.shape)) return value;
  const splat = splatOf(value);
  if (splat !== undefined) return graph.splat(splat, size, value.dtype);
  const axes = [...size.keys()].filter((axis) => size[axis] !== value.shape[axis]);
  const starts = graph.int64(axes.map((axis) => begin[axis]));
  const ends = graph.int64(axes.map((axis) => begin[axis] + size[axis]));
  return graph.emit({ op: 'Slice', inputs: [value, starts, ends, graph.int64(axes)] }, size, value.dtype);
}

/** Like an array index: negative axes count from the end. */
export const positiveAxis = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

lower('Identity', (_graph, { x }) => x);

lower<{ shape: number[] }>('Reshape', (graph, { x }, { shape }) => {
  const known = sizeOf(shape.filter((size) => size !== -1));
  return reshape(
    graph,
    x,
    shape.map((size) => (size === -1 ? sizeOf(x.shape) / known : size)),
  );
});

lower<{ dim: number }>('ExpandDims', (graph, { input }, { dim }) =>
  reshape(graph, input, input.shape.toSpliced(positiveAxis(dim, input.shape.length + 1), 0, 1)),
);

lower<{ perm: number[] }>('Transpose', (graph, { x }, { perm }) => transpose(graph, x, perm));

lower<{ dtype: DType }>('Cast', (graph, { x }, { dtype }) => cast(graph, x, dtype));

lower<{ begin: number | number[]; size?: number | number[] }>('Slice', (graph, { x }, { begin, size }) => {
  const [starts, sizes] = tf.slice_util.parseSliceParams(x as unknown as tf.TensorInfo, begin, size) as number[][];
  return slice(graph, x, starts, sizes);
});

lower<{ axis: number }>('Concat', (graph, inputs, { axis: given }) => {
  const parts = Object.values(inputs);
  const axis = positiveAxis(given, parts[0].shape.length);
  const total = parts.reduce((sum, part) => sum + part.shape[axis], 0);
  return graph.emit(
    { op: 'Concat', inputs: parts, attributes: { axis } },
    parts[0].shape.with(axis, total),
    parts[0].dtype,
  );
});

lower<{ numOrSizeSplits: number | number[]; axis: number }>(
  'SplitV',
  (graph, { x }, { numOrSizeSplits, axis: given }) => {
    const axis = positiveAxis(given, x.shape.length);
    const asked = Array.isArray(numOrSizeSplits) ? [...numOrSizeSplits] : numOrSizeSplits;
    const sizes = tf.backend_util.prepareSplitSize(x as unknown as tf.Tensor, asked, axis);
    return graph.emitMany(
      { op: 'Split', inputs: [x, graph.int64(sizes)], attributes: { axis } },
      sizes.map((size) => ({ shape: x.shape.with(axis, size), dtype: x.dtype })),
    );
  },
);

lower<{ axis: number; batchDims?: number }>('GatherV2', (graph, { x, indices }, { axis: given, batchDims = 0 }) => {
  if (batchDims !== 0) throw unsupported(`gathers without batch axes only, got ${batchDims}`);
  const axis = positiveAxis(given, x.shape.length);
  const shape = x.shape.toSpliced(axis, 1, ...indices.shape);
  return graph.emit({ op: 'Gather', inputs: [x, indices], attributes: { axis } }, shape, x.dtype);
});

type Paddings = [number, number][];
const paddedShape = (shape: readonly number[], paddings: Paddings) =>
  shape.map((size, axis) => paddings[axis][0] + size + paddings[axis][1]);
const onnxPads = (graph: GraphBuilder, paddings: Paddings) =>
  graph.int64([...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]);

lower<{ paddings: Paddings; constantValue: number }>('PadV2', (graph, { x }, { paddings, constantValue }) => {
  const fill = graph.splat(constantValue, [], x.dtype);
  return graph.emit(
    { op: 'Pad', inputs: [x, onnxPads(graph, paddings), fill] },
    paddedShape(x.shape, paddings),
    x.dtype,
  );
});

lower<{ paddings: Paddings; mode: 'reflect' | 'symmetric' }>('MirrorPad', (graph, { x }, { paddings, mode }) => {
  if (mode !== 'reflect') throw unsupported(`pads with 'reflect' only, got '${mode}'`);
  return graph.emit(
    { op: 'Pad', inputs: [x, onnxPads(graph, paddings)], attributes: { mode } },
    paddedShape(x.shape, paddings),
    x.dtype,
  );
});

lower<{ reps: number[] }>('Tile', (graph, { x }, { reps }) => {
  const shape = x.shape.map((size, axis) => size * reps[axis]);
  if (x.shape.every((size, axis) => size === 1 || reps[axis] === 1)) return expand(graph, x, shape);
  return graph.emit({ op: 'Tile', inputs: [x, graph.int64(reps)] }, shape, x.dtype);
});

lower<{ dims?: number | number[] }>('Reverse', (graph, { x }, { dims }) => {
  const axes = tf.util.parseAxisParam(dims!, [...x.shape]).filter((axis) => x.shape[axis] > 1); // none given: all
  if (axes.length === 0) return x;
  const all = (value: number) => graph.int64(axes.map(() => value));
  // ONNX slices backwards from the last element to before the first.
  const inputs = [x, all(-1), all(-(2 ** 31)), graph.int64(axes), all(-1)];
  return graph.emit({ op: 'Slice', inputs }, x.shape, x.dtype);
});

lower<{ shape: number[]; value: number; dtype?: DType }>(
  'Fill',
  (graph, _inputs, { shape, value, dtype = 'float32' }) => graph.splat(value, shape, dtype),
);
lower('ZerosLike', (graph, { x }) => graph.splat(0, x.shape, x.dtype));
lower('OnesLike', (graph, { x }) => graph.splat(1, x.shape, x.dtype));

/**
 * @file A graph written operator by operator, for what stands before a model in an exported file. Sizes that vary are
 * computed in the graph, so the shapes that are noted down here matter for their rank alone.
 */
import { ONNX_TYPE } from '../../engine/lower/shapes.js';
import { type Attributes, GraphBuilder, type GraphDType, type Value } from '../../engine/trace/graph.js';

/** Operators as functions of values. */
export interface GraphWriter {
  readonly graph: GraphBuilder;
  /** Any operator. `rank` and `dtype` of its result: by default those of its first input. */
  op(name: string, inputs: Value[], attributes?: Attributes, result?: { rank?: number; dtype?: GraphDType }): Value;
  /** A table, a vector or a number of float32. */
  floats(values: Float32Array | readonly number[], shape: readonly number[]): Value;
  number(value: number): Value;
  /** A vector of int64. */
  sizes(...values: number[]): Value;
  /** The size of an axis, as a vector of one. */
  sizeOf(value: Value, axis: number): Value;
  /** 0, 1, … below `count`, a vector of one: [count]. */
  range(count: Value): Value;
  /** Over one axis, which stays with size 1. */
  reduce(name: 'ReduceMean' | 'ReduceMax' | 'ReduceSumSquare', value: Value, axis: number): Value;
  slice(value: Value, axis: number, from: number, to: number): Value;
  toFloat(value: Value): Value;
}

export function createGraphWriter(prefix: string): GraphWriter {
  const graph = new GraphBuilder(prefix);
  const op: GraphWriter['op'] = (name, inputs, attributes = {}, result = {}) => {
    const { rank = inputs[0].shape.length, dtype = inputs[0].dtype } = result;
    return graph.emit({ op: name, inputs, attributes }, Array(rank).fill(1), dtype);
  };
  const sizes = (...values: number[]) => graph.int64(values);
  const scalar = (value: Value) => op('Reshape', [value, graph.constant(new BigInt64Array(0), [0], 'int64')], {}, { rank: 0 }); // prettier-ignore
  return {
    graph,
    op,
    sizes,
    floats: (values, shape) => graph.constant(Float32Array.from(values), shape, 'float32'),
    number: (value) => graph.scalar(value),
    sizeOf: (value, axis) => op('Shape', [value], { start: axis, end: axis + 1 }, { rank: 1, dtype: 'int64' }),
    range: (count) => {
      const [zero, one] = [0, 1].map((value) => graph.splat(value, [], 'int64'));
      return op('Range', [zero, scalar(count), one], {}, { rank: 1 });
    },
    reduce: (name, value, axis) => op(name, [value, sizes(axis)], { keepdims: 1 }),
    slice: (value, axis, from, to) => op('Slice', [value, sizes(from), sizes(to), sizes(axis)]),
    toFloat: (value) => op('Cast', [value], { to: ONNX_TYPE.float32 }, { dtype: 'float32' }),
  };
}

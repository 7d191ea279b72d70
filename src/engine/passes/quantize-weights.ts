/**
 * @file Weights of products and convolutions as 8-bit integers, a quarter of their bytes: w ≈ scale · q, with one scale
 * for each row (or column, whichever loses less) and q in −127 … 127, so that zero stays zero.
 *
 * In the graph a `DequantizeLinear` stands behind the integers, as ONNX's quantised models have it ("QDQ"), so every
 * program that runs the file computes in float32 on rounded weights. What is added to activations or multiplied with
 * them value by value (biases, normalisations) keeps its precision: it is small, and errors in it do not average out.
 */
import { sizeOf } from '../program/host-tensor.js';
import { constantData, type Graph, type GraphNode, splatOf, type Value } from '../trace/graph.js';
import { replaceValues } from './rewrite.js';

/** Smaller weights are left as they are: there is little to gain. */
const LEAST_VALUES = 1024;
const LARGEST = 127;

/** Operators that multiply matrices, and those that only move values. */
const PRODUCTS = new Set(['MatMul', 'Gemm', 'FusedMatMul', 'Conv']);
const MOVES = new Set(['Reshape', 'Transpose', 'Split', 'Slice', 'Squeeze', 'Unsqueeze']);

export interface QuantizedWeights {
  /** Tensors and values that are now integers. */
  readonly tensors: number;
  readonly values: number;
}

export function quantizeWeights(graph: Graph): QuantizedWeights {
  const isFactor = factorsOf(graph);
  const weights = new Set(graph.nodes.flatMap(({ inputs }) => inputs).filter(isFactor));
  const restored = new Map<Value, Value>();
  const made: GraphNode[] = [];
  let values = 0;
  for (const weight of weights) {
    const { constant, dtype, shape } = weight;
    if (!constant || splatOf(weight) !== undefined || dtype !== 'float32') continue;
    if (shape.length < 2 || sizeOf(shape) < LEAST_VALUES) continue;
    const node = integersOf(weight);
    made.push(node);
    restored.set(weight, node.outputs[0]);
    values += sizeOf(shape);
  }
  replaceValues(graph, restored);
  graph.nodes = [...made, ...graph.nodes];
  return { tensors: made.length, values };
}

/** Tells values that are nothing but factors of products, moved about or not. */
function factorsOf({ nodes, outputs }: Graph): (value: Value) => boolean {
  const no = new Set<Value>(outputs.map(({ value }) => value));
  for (const { op, inputs, outputs: results } of nodes.toReversed()) {
    const moved = MOVES.has(op) && results.every((result) => !no.has(result));
    inputs.forEach((value, slot) => {
      const fits = PRODUCTS.has(op) ? slot < 2 : moved && slot === 0;
      if (!fits) no.add(value);
    });
  }
  return (value) => !no.has(value);
}

interface Integers {
  axis: number;
  scales: Float32Array;
  integers: Int8Array;
  /** Sum of squared errors. */
  error: number;
}

function integersOf(weight: Value): GraphNode {
  const { name, shape } = weight;
  const data = constantData(weight) as Float32Array;
  const [first, second] = [0, 1].map((axis) => roundAlong(data, shape, axis));
  const { axis, scales, integers } = second.error < first.error ? second : first;
  const quantized: Value = { name: `${name}_int8`, shape, dtype: 'int8', constant: { data: integers } };
  const scale: Value = { name: `${name}_scale`, shape: [shape[axis]], dtype: 'float32', constant: { data: scales } };
  const node: GraphNode = { op: 'DequantizeLinear', domain: '', inputs: [quantized, scale], attributes: { axis }, outputs: [] }; // prettier-ignore
  node.outputs.push({ name: `${name}_restored`, shape, dtype: 'float32', producer: node });
  return node;
}

/** With a scale for each place along `axis`. */
function roundAlong(data: Float32Array, shape: readonly number[], axis: number): Integers {
  const inner = sizeOf(shape.slice(axis + 1));
  const channelOf = (i: number) => Math.floor(i / inner) % shape[axis];
  const scales = new Float32Array(shape[axis]);
  data.forEach((value, i) => (scales[channelOf(i)] = Math.max(scales[channelOf(i)], Math.abs(value) / LARGEST)));
  scales.forEach((scale, channel) => (scales[channel] = scale || 1));
  const integers = Int8Array.from(data, (value, i) => Math.max(-LARGEST, Math.min(LARGEST, Math.round(value / scales[channelOf(i)])))); // prettier-ignore
  const error = integers.reduce((sum, integer, i) => sum + (integer * scales[channelOf(i)] - data[i]) ** 2, 0);
  return { axis, scales, integers, error };
}

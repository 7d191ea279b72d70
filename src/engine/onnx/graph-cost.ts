/**
 * @file What an ONNX graph costs, counted: parameters from its weights, multiply-accumulate operations from the shapes
 * that its values have for a given input.
 *
 * Parameters are the values of all weights of real numbers with at least one dimension, and of quantised ones, but not
 * the running statistics of a batch normalisation: as in PyTorch's count. What an exporter has folded together (a batch
 * normalisation into a convolution, a table that was computed) is counted as it stands.
 * MACs are those of convolutions, products and recurrent layers, as for acanet's own models. Sums, activations and
 * Fourier transforms are not counted.
 */
import { sizeOf } from '../program/host-tensor.js';
import type { OnnxModel, OnnxNode } from './read-onnx.js';

const COUNTED_TYPES = new Set(['float32', 'float64', 'float16', 'bfloat16', 'int8', 'uint8']);

export function countParameters({ weights, nodes }: Pick<OnnxModel, 'weights' | 'nodes'>): number {
  const statistics = new Set(
    nodes.filter(({ op }) => op === 'BatchNormalization').flatMap(({ inputs }) => inputs.slice(3, 5)),
  );
  return weights
    .filter(({ name, type, shape }) => COUNTED_TYPES.has(type) && shape.length > 0 && !statistics.has(name))
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** The shape of a value by its name; undefined where it is not known. */
export type ShapeOf = (name: string) => readonly number[] | undefined;

/** Operators that multiply: MACs from the shapes of what goes in and comes out. */
const COUNTS: Readonly<Record<string, (node: OnnxNode, shapeOf: ShapeOf) => number>> = {
  Conv: (node, shapeOf) => convolution(node, shapeOf, 1),
  FusedConv: (node, shapeOf) => convolution(node, shapeOf, 1),
  ConvInteger: (node, shapeOf) => convolution(node, shapeOf, 1),
  QLinearConv: (node, shapeOf) => convolution(node, shapeOf, 3),
  // Each value that goes in meets a whole kernel [in, out / groups, …].
  ConvTranspose: ({ inputs }, shapeOf) => sizeIn(inputs[0], shapeOf) * sizeOf(required(inputs[1], shapeOf).slice(1)),
  MatMul: (node, shapeOf) => product(node, shapeOf),
  MatMulInteger: (node, shapeOf) => product(node, shapeOf),
  FusedMatMul: (node, shapeOf) => product(node, shapeOf),
  QLinearMatMul: (node, shapeOf) => product(node, shapeOf),
  Gemm: (node, shapeOf) => product(node, shapeOf),
  FusedGemm: (node, shapeOf) => product(node, shapeOf),
  Einsum: einsum,
  LSTM: (node, shapeOf) => recurrent(node, shapeOf),
  GRU: (node, shapeOf) => recurrent(node, shapeOf),
  RNN: (node, shapeOf) => recurrent(node, shapeOf),
};

/** Operators that multiply inside and are not counted: attention as one operator, convolution of another kind. */
const UNCOUNTED = new Set([
  'Attention',
  'MultiHeadAttention',
  'GroupQueryAttention',
  'DeformConv',
  'NhwcConv',
  'DynamicQuantizeMatMul',
  'MatMulNBits',
  'DynamicQuantizeLSTM',
]);

/** The values whose shapes `countMacs` asks for. */
export function valuesToMeasure({ nodes, weights }: Pick<OnnxModel, 'nodes' | 'weights'>): string[] {
  const known = new Set(weights.map(({ name }) => name));
  const counted = nodes.filter(({ op, nested }) => op in COUNTS && !nested);
  const names = counted.flatMap(({ inputs, outputs }) => [...inputs.slice(0, 4), outputs[0]]);
  return [...new Set(names)].filter((name) => name !== '' && name !== undefined && !known.has(name));
}

export interface MacCount {
  readonly macs: number;
  /** Operators that multiply and are not in the count, by name. */
  readonly uncounted: readonly string[];
}

/** @param measured the shapes of `valuesToMeasure` */
export function countMacs(
  { nodes, weights }: Pick<OnnxModel, 'nodes' | 'weights'>,
  measured: ReadonlyMap<string, readonly number[]>,
): MacCount {
  const shapes = new Map([...weights.map(({ name, shape }) => [name, shape] as const), ...measured]);
  let macs = 0;
  const uncounted = new Set<string>();
  for (const node of nodes) {
    const count = COUNTS[node.op];
    if (UNCOUNTED.has(node.op)) uncounted.add(node.op);
    if (!count) continue;
    if (node.nested) uncounted.add(`${node.op} in a branch, loop or function`);
    else macs += count(node, (name) => shapes.get(name));
  }
  return { macs, uncounted: [...uncounted] };
}

function required(name: string, shapeOf: ShapeOf): readonly number[] {
  const shape = shapeOf(name);
  if (!shape) throw new RangeError(`the shape of ${name} is not known`);
  return shape;
}

const sizeIn = (name: string, shapeOf: ShapeOf) => sizeOf(required(name, shapeOf));

/** Each value that comes out has met one kernel [in / groups, …]; its kernels are input number `weight`. */
function convolution({ inputs, outputs }: OnnxNode, shapeOf: ShapeOf, weight: number): number {
  return sizeIn(outputs[0], shapeOf) * sizeOf(required(inputs[weight], shapeOf).slice(1));
}

/** Each value that comes out is a sum over the inner dimension. */
function product({ inputs, outputs, numbers }: OnnxNode, shapeOf: ShapeOf): number {
  const left = required(inputs[0], shapeOf);
  const inner = left.length > 1 && numbers.transA === 1 ? left.at(-2)! : left.at(-1)!;
  return sizeIn(outputs[0], shapeOf) * inner;
}

/** Each combination of the letters is one product. */
function einsum({ inputs, text }: OnnxNode, shapeOf: ShapeOf): number {
  const [given] = (text.equation ?? '').replaceAll(/\s/g, '').split('->');
  const sizes = new Map<string, number>();
  given.split(',').forEach((letters, i) => {
    const shape = required(inputs[i], shapeOf);
    [...letters].forEach((letter, axis) => sizes.set(letter, Math.max(sizes.get(letter) ?? 1, shape[axis] ?? 1)));
  });
  return inputs.length < 2 ? 0 : [...sizes.values()].reduce((total, size) => total * size, 1);
}

/** In every step and direction, the weights W [D, G·H, I] and R [D, G·H, H] once. */
function recurrent({ inputs }: OnnxNode, shapeOf: ShapeOf): number {
  const [first, second] = required(inputs[0], shapeOf); // [T, B, I], or with layout 1 [B, T, I]: the product is the same
  return first * second * (sizeIn(inputs[1], shapeOf) + sizeIn(inputs[2], shapeOf));
}

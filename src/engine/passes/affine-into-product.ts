/**
 * @file Folds constant factors s ≥ 0 and shifts t behind a product's ReLU (a batch normalisation in evaluation) into the
 * product's own constants: max(A·W + c, 0)·s + t is max(A·(W·s) + (c·s + t), t), two passes over the result less.
 *
 * Needs constants that are plain numbers (`fold-constants.ts`). Where a factor is negative, all stays as it is.
 */
import { sizeOf } from '../program/host-tensor.js';
import { constantData, type Graph, type GraphNode, splatOf, type Value } from '../trace/graph.js';
import { countUses, removeDeadNodes, replaceValues } from './rewrite.js';

export function foldAffineIntoProducts(graph: Graph): void {
  const uses = countUses(graph);
  const readers = new Map(graph.nodes.flatMap((node) => node.inputs.map((input) => [input, node])));
  const onlyReader = (value: Value | undefined, op: string) => {
    const reader = value && uses.get(value) === 1 ? readers.get(value) : undefined;
    return reader?.op === op ? reader : undefined;
  };
  const replacements = new Map<Value, Value>();
  for (const product of graph.nodes) {
    const relu = product.op === 'Gemm' ? onlyReader(product.outputs[0], 'Relu') : undefined;
    const scaling = onlyReader(relu?.outputs[0], 'Mul');
    if (!relu || !scaling) continue;
    const sum = onlyReader(scaling.outputs[0], 'Add');
    const shifting = sum && otherInput(sum, scaling.outputs[0]).constant ? sum : undefined;
    const scale = otherInput(scaling, relu.outputs[0]);
    const shift = shifting && otherInput(shifting, scaling.outputs[0]);
    if (fold(product, relu, { scale, shift })) replacements.set((shifting ?? scaling).outputs[0], relu.outputs[0]);
  }
  replaceValues(graph, replacements);
  removeDeadNodes(graph);
}

const otherInput = ({ inputs }: GraphNode, value: Value) => inputs[inputs[0] === value ? 1 : 0];

/** Whether it could. */
function fold(product: GraphNode, relu: GraphNode, { scale, shift }: { scale: Value; shift?: Value }): boolean {
  const [left, right, addend] = product.inputs;
  const [result] = product.outputs;
  const { transA, transB, alpha, beta } = product.attributes;
  if (alpha !== undefined || beta !== undefined) return false;
  const isLeft = left.constant !== undefined; // then a channel is a row of the result
  const weight = isLeft ? left : right;
  const channels = result.shape[isLeft ? 0 : 1];
  const perChannel = isLeft ? [channels, 1] : [channels];
  const [factors, shifts, addends] = [scale, shift, addend].map((value) =>
    value ? perChannelNumbers(value, perChannel) : new Float32Array(channels),
  );
  if (!weight.constant || !factors?.every((factor) => factor >= 0) || !shifts || !addends) return false;

  const constant = (what: string, shape: readonly number[], data: Float32Array): Value => {
    return { name: `${result.name}_${what}`, shape, dtype: 'float32', constant: { data } };
  };
  const isFirstAxis = isLeft ? transA !== 1 : transB === 1;
  const stride = isFirstAxis ? weight.shape[1] : 1;
  const scaled = (constantData(weight) as Float32Array).map((w, i) => w * factors[Math.floor(i / stride) % channels]);
  const folded = constant('weight', weight.shape, scaled);
  const moved = constant('addend', perChannel, addends.map((value, channel) => value * factors[channel] + shifts[channel])); // prettier-ignore
  product.inputs = isLeft ? [folded, right, moved] : [left, folded, moved];
  if (shift) Object.assign(relu, { op: 'Max', inputs: [result, constant('floor', perChannel, shifts)] });
  return true;
}

/** A constant's number for each channel; undefined if it has others, or is none. */
function perChannelNumbers(value: Value, perChannel: readonly number[]): Float32Array | undefined {
  const [channels] = perChannel;
  if (!value.constant || value.dtype !== 'float32') return undefined;
  const splat = splatOf(value);
  if (splat !== undefined) return new Float32Array(channels).fill(splat);
  const data = constantData(value) as Float32Array;
  if (data.length === 1) return new Float32Array(channels).fill(data[0]);
  const axis = -perChannel.length;
  return value.shape.at(axis) === channels && sizeOf(value.shape) === channels ? data : undefined;
}

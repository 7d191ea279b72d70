/**
 * @file Folds `Gemm(A, B) + C` into `Gemm(A, B, C)`: gradient accumulation and biases cost no pass of their own.
 *
 * The sum's other operand must have the sum's shape, or be a row or column that Gemm itself broadcasts. The sum's
 * node becomes the new Gemm, so the nodes stay in topological order. Where reshapes lie between product and sum, the
 * addend is reshaped instead. Where sizes are fixed, large sums are left: ONNX Runtime copies the addend into the result
 * on one thread before it multiplies on all, where an Add of its own runs on all and in place.
 */
import { sizeOf } from '../program/host-tensor.js';
import { sameShape } from '../trace/graph.js';
import type { Graph, GraphNode, Value } from '../trace/graph.js';
import { countUses, removeDeadNodes, throughReshapes } from './rewrite.js';

/** Elements of a sum from which on it is better a node of its own: half a megabyte. */
export const LARGE_SUM = 2 ** 17;

/** @param smallerThan elements of the sums to fold; with sizes that vary, all must be folded alike */
export function foldSumsIntoGemms(graph: Graph, smallerThan = Infinity): void {
  const uses = countUses(graph);
  const folds = ({ op, outputs: [{ shape }] }: GraphNode) => op === 'Add' && sizeOf(shape) < smallerThan;
  graph.nodes = graph.nodes.flatMap((node) => (folds(node) ? foldSum(node, uses) : [node]));
  removeDeadNodes(graph);
}

function foldSum(sum: GraphNode, uses: ReadonlyMap<Value, number>): GraphNode[] {
  const [result] = sum.outputs;
  for (const [operand, addend] of [sum.inputs, sum.inputs.toReversed()]) {
    if (!sameShape(operand.shape, result.shape)) continue;
    const product = throughReshapes(operand, uses);
    const gemm = product?.producer;
    if (!product || gemm?.op !== 'Gemm' || gemm.inputs.length !== 2) continue;
    const direct = sameShape(product.shape, result.shape);
    if (direct && (sameShape(addend.shape, result.shape) || gemmBroadcasts(addend, product))) {
      Object.assign(sum, { op: 'Gemm', inputs: [...gemm.inputs, addend], attributes: gemm.attributes });
      return [sum];
    }
    if (direct || !sameShape(addend.shape, result.shape)) continue;
    const flatAddend: Value = { name: `${result.name}_addend`, shape: product.shape, dtype: addend.dtype };
    const flatSum: Value = { name: `${result.name}_flat`, shape: product.shape, dtype: addend.dtype };
    const toFlat: GraphNode = { op: 'Reshape', domain: '', inputs: [], attributes: {}, outputs: [flatAddend] };
    const folded: GraphNode = { ...gemm, inputs: [...gemm.inputs, flatAddend], outputs: [flatSum] };
    flatAddend.producer = toFlat;
    flatSum.producer = folded;
    makeReshape(toFlat, addend);
    makeReshape(sum, flatSum);
    return [toFlat, folded, sum];
  }
  return [sum];
}

function gemmBroadcasts(addend: Value, { shape: [rows, columns] }: Value): boolean {
  return [[rows, 1], [1, columns], [columns]].some((shape) => sameShape(addend.shape, shape));
}

/** Makes `node` the reshape of `from` to the node's own output shape. */
function makeReshape(node: GraphNode, from: Value): void {
  const [{ name, shape }] = node.outputs;
  const data = BigInt64Array.from(shape, BigInt);
  const target: Value = { name: `${name}_shape`, shape: [shape.length], dtype: 'int64', constant: { data } };
  Object.assign(node, { op: 'Reshape', inputs: [from, target], attributes: {} });
}

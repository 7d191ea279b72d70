/**
 * @file Splits a value into few parts at a time, and those again: WebGPU binds each part as a buffer of its own, of which
 * a shader may have few. (Parts that are joined need no such thing: ONNX Runtime joins few at a time by itself.)
 */
import { internal } from '../../errors.js';
import type { Graph, GraphNode, Value } from '../trace/graph.js';

/** WebGPU promises a shader 8 buffers; what is split is one of them. */
const MOST_PARTS = 7;

/** @param most parts of one node */
export function splitIntoFew(graph: Graph, most = MOST_PARTS): void {
  graph.nodes = graph.nodes.flatMap((node) => {
    if (node.op !== 'Split' || node.outputs.length <= most) return [node];
    if (!node.inputs[1]?.constant) throw internal(`a split into ${node.outputs.length} parts of sizes that vary`);
    return splitInTurn(node.inputs[0], node.outputs, node.attributes.axis as number, most);
  });
}

function splitInTurn(whole: Value, parts: readonly Value[], axis: number, most: number): GraphNode[] {
  const each = Math.ceil(parts.length / most);
  if (each === 1) return [splitNode(whole, [...parts], axis)];
  const groups: Value[][] = [];
  for (let start = 0; start < parts.length; start += each) groups.push(parts.slice(start, start + each));
  const together = groups.map((group): Value => {
    const [first] = group;
    if (group.length === 1) return first;
    const size = group.reduce((sum, { shape }) => sum + shape[axis], 0);
    return { ...first, name: `${first.name}_to_${group.at(-1)!.name}`, shape: first.shape.with(axis, size) };
  });
  const rest = groups.flatMap((group, i) => (group.length > 1 ? splitInTurn(together[i], group, axis, most) : []));
  return [splitNode(whole, together, axis), ...rest];
}

function splitNode(whole: Value, outputs: Value[], axis: number): GraphNode {
  const data = BigInt64Array.from(outputs, ({ shape }) => BigInt(shape[axis]));
  const sizes: Value = { name: `${outputs[0].name}_sizes_of_${data.length}`, shape: [data.length], dtype: 'int64', constant: { data } }; // prettier-ignore
  const node: GraphNode = { op: 'Split', domain: '', inputs: [whole, sizes], attributes: { axis }, outputs };
  for (const output of outputs) output.producer = node;
  return node;
}

/** @file What the graph passes share: who uses a value, replacing values, removing nodes that nobody needs. */
import type { Graph, GraphNode, Value } from '../trace/graph.js';

/** How often each value is used, by nodes and as a graph output. */
export function countUses({ nodes, outputs }: Graph): Map<Value, number> {
  const uses = new Map<Value, number>();
  const use = (value: Value) => uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const node of nodes) node.inputs.forEach(use);
  for (const { value } of outputs) use(value);
  return uses;
}

/** Lets every user of a key use its value instead. */
export function replaceValues({ nodes, outputs }: Graph, replacements: ReadonlyMap<Value, Value>): void {
  const resolve = (value: Value): Value => {
    const replacement = replacements.get(value);
    return replacement ? resolve(replacement) : value;
  };
  for (const node of nodes) node.inputs = node.inputs.map(resolve);
  for (const output of outputs) output.value = resolve(output.value);
}

/** Removes nodes that no output needs, keeping the order. */
export function removeDeadNodes(graph: Graph): void {
  const needed = new Set<Value>(graph.outputs.map(({ value }) => value));
  const live: GraphNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((value) => needed.has(value))) continue;
    live.push(node);
    for (const value of node.inputs) needed.add(value);
  }
  graph.nodes = live.reverse();
}

/** The value under a chain of reshapes. */
export function withoutReshapes(value: Value): Value {
  return value.producer?.op === 'Reshape' ? withoutReshapes(value.producer.inputs[0]) : value;
}

/** The value under a chain of reshapes that are used once, itself used once; undefined otherwise. */
export function throughReshapes(value: Value, uses: ReadonlyMap<Value, number>): Value | undefined {
  let inner = value;
  while (uses.get(inner) === 1 && inner.producer?.op === 'Reshape') inner = inner.producer.inputs[0];
  return uses.get(inner) === 1 ? inner : undefined;
}

/** `value` under another shape, by a node at the end of the graph. */
export function reshapeTo(graph: Graph, value: Value, shape: readonly number[]): Value {
  const name = `${value.name}_reshaped`;
  const target: Value = {
    name: `${name}_shape`,
    shape: [shape.length],
    dtype: 'int64',
    constant: { data: BigInt64Array.from(shape, BigInt) },
  };
  const result: Value = { name, shape, dtype: value.dtype };
  const node: GraphNode = { op: 'Reshape', domain: '', inputs: [value, target], attributes: {}, outputs: [result] };
  result.producer = node;
  graph.nodes.push(node);
  return result;
}

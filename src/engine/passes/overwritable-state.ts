/**
 * @file Which state a step may overwrite as it computes the new one, so that it is kept once and not twice.
 *
 * Safe is a state whose old value is read only on the way to its own new value: by the elementwise node that writes
 * it, or by elementwise nodes that nothing else uses (`new = old·β + g·(1 − β)`, as in moments and running
 * statistics). Whatever order and fusions ONNX Runtime chooses, an element is then read before it is written. A
 * parameter is no such state: the gradient of what comes before its layer reads it as well.
 */
import { sameShape } from '../trace/graph.js';
import type { Graph, GraphNode, Value } from '../trace/graph.js';
import { countUses } from './rewrite.js';

const ELEMENTWISE = new Set(['Add', 'Sub', 'Mul', 'Div']);

/** Names of inputs of `graph` that the output under the name `outputOf` gives may overwrite. */
export function overwritableState(graph: Graph, names: readonly string[], outputOf: (name: string) => string) {
  const uses = countUses(graph);
  const readers = new Map<Value, GraphNode[]>();
  for (const node of graph.nodes) {
    for (const value of new Set(node.inputs)) readers.set(value, [...(readers.get(value) ?? []), node]);
  }
  const inputs = new Map(graph.inputs.map((value) => [value.name, value]));
  const outputs = new Map(graph.outputs.map(({ name, value }) => [name, value]));
  return names.filter((name) => {
    const [old, fresh] = [inputs.get(name), outputs.get(outputOf(name))];
    const writer = fresh?.producer;
    if (!old || !writer || !isElementwise(writer, old) || graph.outputs.some(({ value }) => value === old))
      return false;
    return (readers.get(old) ?? []).every(
      (node) =>
        node === writer ||
        (isElementwise(node, old) && uses.get(node.outputs[0]) === 1 && writer.inputs.includes(node.outputs[0])),
    );
  });
}

const isElementwise = ({ op, outputs: [result] }: GraphNode, { shape }: Value) =>
  ELEMENTWISE.has(op) && sameShape(result.shape, shape);

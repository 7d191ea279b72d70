/**
 * @file Computes what a graph computes from constants alone, once, before it is written down: weights that are split,
 * turned or multiplied by a normalisation's factors become plain weights.
 *
 * ONNX Runtime does so whenever it loads a file; here it is asked for the results. What only repeats values (`Expand`)
 * stays an operator, as its result is larger than its input.
 */
import { encodeOnnx } from './onnx/encode.js';
import { replaceValues } from './passes/rewrite.js';
import { openOnnxFile } from './run-onnx.js';
import type { Graph, GraphData, GraphNode, Value } from './trace/graph.js';

const REPEAT = new Set(['Expand', 'Tile', 'Range', 'ConstantOfShape']);

export async function foldConstants(graph: Graph): Promise<void> {
  const known = new Set<Value>();
  const folded = new Set<GraphNode>();
  for (const node of graph.nodes) {
    if (REPEAT.has(node.op) || !node.inputs.every((value) => value.constant || known.has(value))) continue;
    folded.add(node);
    for (const output of node.outputs) known.add(output);
  }
  const rest = graph.nodes.filter((node) => !folded.has(node));
  const needed = new Set([...rest.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ value }) => value)]);
  const results = [...known].filter((value) => needed.has(value));
  if (results.length === 0) return;
  const outputs = results.map((value, i) => ({ name: `folded_${i}`, value }));
  const ports = outputs.map(({ name, value: { shape, dtype } }) => ({ name, shape, dtype }));
  const part: Graph = { inputs: [], nodes: [...folded], outputs };
  const file = await openOnnxFile(encodeOnnx(part, { inputs: [], outputs: ports }), { threads: 1 });
  const computed = await file.run({});
  await file.close();
  const constants = outputs.map(({ name, value: { shape, dtype } }): Value => {
    const data = computed[name].data.slice() as GraphData;
    return { name, shape, dtype, constant: { data } };
  });
  replaceValues(graph, new Map(results.map((value, i) => [value, constants[i]])));
  graph.nodes = rest;
}

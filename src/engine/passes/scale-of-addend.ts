/**
 * @file Folds `A·B + number × C` into Gemm's factor beta: weight decay costs no pass of its own.
 *
 * Only for graphs of fixed sizes: a number that varies with a size could not be an attribute.
 */
import { sameShape, splatOf } from '../trace/graph.js';
import type { Graph } from '../trace/graph.js';
import { countUses, removeDeadNodes } from './rewrite.js';

export function foldScalesOfAddends(graph: Graph): void {
  const uses = countUses(graph);
  for (const node of graph.nodes) {
    if (node.op !== 'Gemm' || node.inputs.length !== 3) continue;
    const [a, b, addend] = node.inputs;
    if (uses.get(addend) !== 1 || addend.producer?.op !== 'Mul') continue;
    const [scaled, factor] = addend.producer.inputs;
    const scale = factor.shape.length === 0 ? splatOf(factor) : undefined;
    if (scale === undefined || !sameShape(scaled.shape, addend.shape)) continue;
    node.inputs = [a, b, scaled];
    node.attributes = { ...node.attributes, beta: { float: scale } };
  }
  removeDeadNodes(graph);
}

/** @file Folds `(A·B) × number` into the product's own factor alpha: one pass over the result less. */
import { splatOf } from '../trace/graph.js';
import type { Graph, GraphNode, Value } from '../trace/graph.js';
import { countUses, removeDeadNodes, replaceValues, throughReshapes } from './rewrite.js';

export function foldScalesIntoProducts(graph: Graph): void {
  const uses = countUses(graph);
  const replacements = new Map<Value, Value>();
  for (const node of graph.nodes) {
    if (node.op !== 'Mul') continue;
    for (const [operand, factor] of [node.inputs, node.inputs.toReversed()]) {
      const scale = factor.shape.length === 0 ? splatOf(factor) : undefined;
      if (scale === undefined || replacements.has(operand)) continue;
      const product = throughReshapes(operand, uses)?.producer;
      if (!product || !scaleProduct(product, scale)) continue;
      replacements.set(node.outputs[0], operand);
      break;
    }
  }
  replaceValues(graph, replacements);
  removeDeadNodes(graph);
}

function scaleProduct(node: GraphNode, scale: number): boolean {
  if (node.op === 'MatMul') {
    node.op = 'FusedMatMul';
    node.domain = 'com.microsoft';
    node.attributes = { alpha: { float: scale } };
    return true;
  }
  if (node.op !== 'FusedMatMul' && !(node.op === 'Gemm' && node.inputs.length === 2)) return false;
  const { alpha = { float: 1 } } = node.attributes as { alpha?: { float: number } };
  node.attributes = { ...node.attributes, alpha: { float: Math.fround(alpha.float * scale) } };
  return true;
}

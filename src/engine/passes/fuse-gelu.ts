/**
 * @file Writes x · Φ(x) as ONNX's Gelu, which ONNX Runtime computes in one go. For inference: a training step needs
 * Φ(x) for the gradient.
 */
import { type Graph, splatOf, type Value } from '../trace/graph.js';
import { countUses, removeDeadNodes } from './rewrite.js';

export function fuseGelu(graph: Graph): void {
  const uses = countUses(graph);
  const once = (value: Value | undefined, op: string) =>
    value?.producer?.op === op && uses.get(value) === 1 ? value.producer : undefined;
  for (const node of graph.nodes) {
    if (node.op !== 'Mul') continue;
    for (const [x, cdf] of [node.inputs, node.inputs.toReversed()]) {
      // As `lower/extensions.ts` writes it: HardSigmoid(Erf(x · √½)).
      const scaled = once(once(once(cdf, 'HardSigmoid')?.inputs[0], 'Erf')?.inputs[0], 'Mul');
      if (scaled?.inputs[0] !== x || splatOf(scaled.inputs[1]) !== Math.SQRT1_2) continue;
      Object.assign(node, { op: 'Gelu', inputs: [x] });
      break;
    }
  }
  removeDeadNodes(graph);
}

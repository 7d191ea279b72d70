/** @file What a graph needs so that all of it runs on WebGPU: nodes that cannot would go back and forth over the bus. */
import { splitIntoFew } from './passes/split-into-few.js';
import { useStandardOperators } from './passes/standard-operators.js';
import type { Graph } from './trace/graph.js';

export function fitWebgpu(graph: Graph): void {
  useStandardOperators(graph);
  splitIntoFew(graph);
}

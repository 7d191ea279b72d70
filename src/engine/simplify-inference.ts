/**
 * @file What makes the graph of an inference faster on a processor, and is the same within rounding: constants are
 * computed beforehand, normalisations move into weights, and GELU is one operator.
 */
import { foldConstants } from './fold-constants.js';
import { foldAffineIntoProducts } from './passes/affine-into-product.js';
import { fuseGelu } from './passes/fuse-gelu.js';
import { useRangeForTables } from './passes/range-for-table.js';
import type { Graph } from './trace/graph.js';

export async function simplifyInference(graph: Graph): Promise<void> {
  useRangeForTables(graph);
  await foldConstants(graph);
  foldAffineIntoProducts(graph);
  fuseGelu(graph);
}

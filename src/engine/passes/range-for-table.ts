/**
 * @file Counts frames by ONNX's `Range` in place of a table 0, 1, 2, … of which the first ones are cut: the table is
 * megabytes of a file, and ends somewhere.
 */
import { ONNX_TYPE } from '../lower/shapes.js';
import { constantData, type Graph, type GraphNode, splatOf, type Value } from '../trace/graph.js';

/** Shorter tables may stay. */
const LEAST_VALUES = 4096;

export function useRangeForTables(graph: Graph): void {
  graph.nodes = graph.nodes.flatMap((node) => {
    if (node.op !== 'Slice') return [node];
    const [table, starts, ends] = node.inputs;
    return counts(table) && splatOf(starts) === 0 ? rangeTo(ends, node) : [node];
  });
}

function counts({ constant, dtype, shape, ...rest }: Value): boolean {
  if (!constant || !('data' in constant) || dtype !== 'float32' || shape.length !== 1 || shape[0] < LEAST_VALUES) {
    return false;
  }
  const data = constantData({ constant, dtype, shape, ...rest });
  return data.every((value: number | bigint, i: number) => value === i);
}

/** @param end a vector of one */
function rangeTo(end: Value, node: GraphNode): GraphNode[] {
  const [result] = node.outputs;
  const int64 = (name: string, data: bigint[], shape: number[]): Value => ({
    ...{ name: `${result.name}_${name}`, shape, dtype: 'int64' },
    constant: { data: BigInt64Array.from(data) },
  });
  const made = (op: string, inputs: Value[], name: string, shape: readonly number[]): GraphNode => {
    const made: GraphNode = { op, domain: '', inputs, attributes: {}, outputs: [] };
    made.outputs.push({ name: `${result.name}_${name}`, shape, dtype: 'int64', producer: made });
    return made;
  };
  const count = made('Squeeze', [end], 'count', []);
  const range = made(
    'Range',
    [int64('zero', [0n], []), count.outputs[0], int64('one', [1n], [])],
    'range',
    result.shape,
  );
  Object.assign(node, { op: 'Cast', inputs: [range.outputs[0]], attributes: { to: ONNX_TYPE.float32 } });
  return [count, range, node];
}

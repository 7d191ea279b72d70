/**
 * @file Writes ONNX Runtime's own operators in ONNX's, for programs and devices that know no others. On a processor, ONNX
 * Runtime fuses them again as it loads the file.
 */
import { internal } from '../../errors.js';
import type { Attributes, Graph, GraphNode, Value } from '../trace/graph.js';

/** `FusedMatMul` becomes transposes, a product and a factor. */
export function useStandardOperators(graph: Graph): void {
  graph.nodes = graph.nodes.flatMap((node) => {
    if (node.domain === '') return [node];
    if (node.op !== 'FusedMatMul') throw internal(`${node.op} has no form in ONNX's own operators`);
    return unfuse(node);
  });
}

function unfuse(node: GraphNode): GraphNode[] {
  const {
    transA = 0,
    transB = 0,
    alpha = { float: 1 },
  } = node.attributes as {
    transA?: number;
    transB?: number;
    alpha?: { float: number };
  };
  const [result] = node.outputs;
  const before: GraphNode[] = [];
  const add = (op: string, inputs: Value[], { name, shape }: Pick<Value, 'name' | 'shape'>, attributes: Attributes) => {
    const made: GraphNode = { op, domain: '', inputs, attributes, outputs: [] };
    const output: Value = { name, shape, dtype: result.dtype, producer: made };
    made.outputs.push(output);
    before.push(made);
    return output;
  };
  const turned = (value: Value, side: string) => {
    const rank = value.shape.length;
    const perm = [...Array(rank - 2).keys(), rank - 1, rank - 2];
    const shape = perm.map((axis) => value.shape[axis]);
    return add('Transpose', [value], { name: `${result.name}_${side}`, shape }, { perm });
  };
  const [left, right] = node.inputs;
  const factors = [transA ? turned(left, 'left') : left, transB ? turned(right, 'right') : right];
  if (alpha.float === 1) {
    Object.assign(node, { op: 'MatMul', domain: '', inputs: factors, attributes: {} });
    return [...before, node];
  }
  const product = add('MatMul', factors, { name: `${result.name}_product`, shape: result.shape }, {});
  const factor: Value = {
    name: `${result.name}_factor`,
    shape: [],
    dtype: result.dtype,
    constant: { splat: alpha.float },
  };
  Object.assign(node, { op: 'Mul', domain: '', inputs: [product, factor], attributes: {} });
  return [...before, node];
}

/**
 * @file Lowerings of matrix products to Gemm (two matrices, with bias) and to (Fused)MatMul (batches).
 *
 * A batched product with one matrix on the right is a single Gemm over the flattened rows. A product Aᵀ·B with a
 * narrow B is slow in ONNX Runtime's matrix kernels: it is computed as (Bᵀ·A)ᵀ; the transpose is often absorbed.
 */
import { sizeOf } from '../program/host-tensor.js';
import { sameShape } from '../trace/graph.js';
import type { GraphBuilder, Value } from '../trace/graph.js';
import { lower, unsupported } from '../trace/trace-backend.js';
import { arithmetic, broadcastShape, unary } from './elementwise.js';
import { reshape, transpose } from './shapes.js';

const leading = (value: Value) => value.shape.slice(0, -2);

/** Swaps the last two axes. */
function transposeMatrices(graph: GraphBuilder, value: Value): Value {
  const rank = value.shape.length;
  return transpose(graph, value, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
}

interface ProductOptions {
  transposeA?: boolean;
  transposeB?: boolean;
  bias?: Value;
}

/** `a · b (+ bias)` over the last two axes, leading axes broadcast. */
function matmul(
  graph: GraphBuilder,
  a: Value,
  b: Value,
  { transposeA = false, transposeB = false, bias }: ProductOptions = {},
): Value {
  const rows = a.shape.at(transposeA ? -1 : -2)!;
  const inner = a.shape.at(transposeA ? -2 : -1)!;
  const columns = b.shape.at(transposeB ? -2 : -1)!;
  const shape = [...broadcastShape(leading(a), leading(b)), rows, columns];
  const addBias = (product: Value) => (bias ? arithmetic(graph, 'Add', product, bias) : product);
  const gemm = (x: Value, y: Value, transA: boolean) => {
    const attributes = { transA: Number(transA), transB: Number(transposeB) };
    const size = [x.shape[transA ? 1 : 0], columns];
    const isRow = bias && sizeOf(bias.shape) === (bias.shape.at(-1) ?? 1);
    if (!bias || !(isRow || sameShape(bias.shape, size))) {
      return addBias(reshape(graph, graph.emit({ op: 'Gemm', inputs: [x, y], attributes }, size), shape));
    }
    const addend = isRow ? reshape(graph, bias, bias.shape.slice(-1)) : bias;
    return reshape(graph, graph.emit({ op: 'Gemm', inputs: [x, y, addend], attributes }, size), shape);
  };
  if (sizeOf(leading(b)) === 1) {
    const right = reshape(graph, b, b.shape.slice(-2));
    if (sizeOf(leading(a)) === 1) return gemm(reshape(graph, a, a.shape.slice(-2)), right, transposeA);
    if (!transposeA) return gemm(reshape(graph, a, [sizeOf(leading(a)) * rows, inner]), right, false);
  }
  if (transposeA && !transposeB && !bias && columns * 2 <= rows) {
    const swapped = fusedMatmul(graph, b, a, [...shape.slice(0, -2), columns, rows], true, false);
    return transposeMatrices(graph, swapped);
  }
  const product =
    transposeA || transposeB
      ? fusedMatmul(graph, a, b, shape, transposeA, transposeB)
      : graph.emit({ op: 'MatMul', inputs: [a, b] }, shape);
  return addBias(product);
}

function fusedMatmul(
  graph: GraphBuilder,
  a: Value,
  b: Value,
  shape: number[],
  transA: boolean,
  transB: boolean,
): Value {
  const attributes = { transA: Number(transA), transB: Number(transB), alpha: { float: 1 } };
  return graph.emit({ op: 'FusedMatMul', inputs: [a, b], attributes, domain: 'com.microsoft' }, shape);
}

interface MatmulAttrs {
  transposeA: boolean;
  transposeB: boolean;
}

lower<MatmulAttrs>('BatchMatMul', (graph, { a, b }, { transposeA, transposeB }) =>
  matmul(graph, a, b, { transposeA, transposeB }),
);

lower<MatmulAttrs & { activation?: string }>('_FusedMatMul', (graph, { a, b, bias }, attrs) => {
  const { transposeA, transposeB, activation = 'linear' } = attrs;
  const product = matmul(graph, a, b, { transposeA, transposeB, bias });
  if (activation === 'linear') return product;
  if (activation === 'relu') return unary(graph, 'Relu', product);
  throw unsupported(`fuses matMul with 'linear' or 'relu', got '${activation}'`);
});

/**
 * @file Lowerings that work on each element: arithmetic, comparisons, functions, selection.
 *
 * Sums with zero, products with zero or one and operations on two splats are decided here, since tfjs's gradients
 * make many of them; a division by a number becomes a product, which is faster.
 */
import { sameShape, splatOf } from '../trace/graph.js';
import type { GraphBuilder, GraphDType, Value } from '../trace/graph.js';
import { lower, unsupported } from '../trace/trace-backend.js';
import { cast, expand, reshape } from './shapes.js';
import type { DType } from '../program/host-tensor.js';

/** NumPy's broadcasting of two shapes. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    return x === 1 ? y : x;
  });
}

type ArithmeticOp = 'Add' | 'Sub' | 'Mul' | 'Div';
const evaluate: Record<ArithmeticOp, (x: number, y: number) => number> = {
  Add: (x, y) => x + y,
  Sub: (x, y) => x - y,
  Mul: (x, y) => x * y,
  Div: (x, y) => x / y,
};

/** `a op b`, broadcast. */
export function arithmetic(graph: GraphBuilder, op: ArithmeticOp, a: Value, b: Value): Value {
  const shape = broadcastShape(a.shape, b.shape);
  const x = splatOf(a);
  const y = splatOf(b);
  if (x !== undefined && y !== undefined && a.dtype === 'float32') {
    return graph.splat(Math.fround(evaluate[op](x, y)), shape, a.dtype);
  }
  if (op === 'Add' && x === 0) return expand(graph, b, shape);
  if ((op === 'Add' || op === 'Sub') && y === 0) return expand(graph, a, shape);
  if (op === 'Mul' && x === 1) return expand(graph, b, shape);
  if ((op === 'Mul' || op === 'Div') && y === 1) return expand(graph, a, shape);
  if (op === 'Mul' && (x === 0 || y === 0)) return graph.splat(0, shape, a.dtype);
  if (op === 'Div' && y !== undefined && a.dtype === 'float32') {
    return arithmetic(graph, 'Mul', a, graph.splat(Math.fround(1 / y), b.shape, b.dtype));
  }
  return binary(graph, op, a, b, a.dtype);
}

/**
 * Records a binary operator; a splat operand that only repeats itself becomes a scalar. Last axes of size 1 are left
 * out, because ONNX Runtime would broadcast a scalar over them element by element, some twenty times slower.
 */
export function binary(graph: GraphBuilder, op: string, a: Value, b: Value, dtype: GraphDType): Value {
  const shape = broadcastShape(a.shape, b.shape);
  if (shape.length > 1 && shape.at(-1) === 1) {
    const shorten = (value: Value) =>
      value.shape.length > 0 ? reshape(graph, value, value.shape.slice(0, -1)) : value;
    return reshape(graph, binary(graph, op, shorten(a), shorten(b), dtype), shape);
  }
  const asScalar = (value: Value, other: Value) => {
    const splat = splatOf(value);
    return splat !== undefined && sameShape(other.shape, shape) ? graph.splat(splat, [], value.dtype) : value;
  };
  const right = asScalar(b, a);
  const left = right === b ? asScalar(a, b) : a;
  return graph.emit({ op, inputs: [left, right] }, shape, dtype);
}

/**
 * Records a function of one operand. It comes before a reshape that makes the operand: so it stands beside the product,
 * and ONNX Runtime can compute both at once.
 */
export function unary(graph: GraphBuilder, op: string, x: Value, dtype: GraphDType = x.dtype): Value {
  if (x.producer?.op === 'Reshape') return reshape(graph, unary(graph, op, x.producer.inputs[0], dtype), x.shape);
  return graph.emit({ op, inputs: [x] }, x.shape, dtype);
}

for (const [kernel, op] of Object.entries({ Add: 'Add', Sub: 'Sub', Multiply: 'Mul', RealDiv: 'Div' })) {
  lower(kernel, (graph, { a, b }) => arithmetic(graph, op as ArithmeticOp, a, b));
}
for (const [kernel, op] of Object.entries({ Pow: 'Pow', Maximum: 'Max', Minimum: 'Min' })) {
  lower(kernel, (graph, { a, b }) => binary(graph, op, a, b, a.dtype));
}
const comparisons = {
  Greater: 'Greater',
  GreaterEqual: 'GreaterOrEqual',
  Less: 'Less',
  LessEqual: 'LessOrEqual',
  Equal: 'Equal',
  LogicalAnd: 'And',
  LogicalOr: 'Or',
};
for (const [kernel, op] of Object.entries(comparisons)) {
  lower(kernel, (graph, { a, b }) => binary(graph, op, a, b, 'bool'));
}
lower('NotEqual', (graph, { a, b }) => unary(graph, 'Not', binary(graph, 'Equal', a, b, 'bool')));
lower('LogicalNot', (graph, { x }) => unary(graph, 'Not', x));

const functions = ['Relu', 'Sqrt', 'Exp', 'Log', 'Tanh', 'Sigmoid', 'Neg', 'Abs', 'Erf', 'Sin', 'Cos', 'Floor', 'Sign'];
for (const op of [...functions, 'Reciprocal', 'Softplus']) lower(op, (graph, { x }) => unary(graph, op, x));
lower('Rsqrt', (graph, { x }) => unary(graph, 'Reciprocal', unary(graph, 'Sqrt', x)));
lower('Square', (graph, { x }) => arithmetic(graph, 'Mul', x, x));
lower('SquaredDifference', (graph, { a, b }) => {
  const difference = arithmetic(graph, 'Sub', a, b);
  return arithmetic(graph, 'Mul', difference, difference);
});
lower<{ alpha: number }>('Step', (graph, { x }, { alpha }) => {
  if (alpha !== 0) throw unsupported(`lowers step(x) with slope 0 only, got ${alpha}`);
  return cast(graph, binary(graph, 'Greater', x, graph.scalar(0), 'bool'), 'float32');
});
lower<{ clipValueMin: number; clipValueMax: number }>('ClipByValue', (graph, { x }, { clipValueMin, clipValueMax }) =>
  graph.emit(
    { op: 'Clip', inputs: [x, ...[clipValueMin, clipValueMax].map((bound) => graph.splat(bound, [], x.dtype))] },
    x.shape,
    x.dtype,
  ),
);
lower('Select', (graph, { condition, t, e }) =>
  graph.emit({ op: 'Where', inputs: [condition, t, e] }, broadcastShape(t.shape, e.shape), t.dtype),
);
lower<{ depth: number; onValue: number; offValue: number; dtype?: DType }>(
  'OneHot',
  (graph, { indices }, { depth, onValue, offValue, dtype = 'int32' }) => {
    if (onValue !== 1 || offValue !== 0) throw unsupported('lowers oneHot with values 1 and 0 only');
    const classes = graph.constant(
      Int32Array.from({ length: depth }, (_, i) => i),
      [depth],
      'int32',
    );
    const column = reshape(graph, indices, [...indices.shape, 1]);
    return cast(graph, binary(graph, 'Equal', column, classes, 'bool'), dtype);
  },
);

/**
 * @file The part of a graph that computes sizes: operators that read the shapes of values and work out formulas.
 *
 * Every operator and constant is made once, however often it is asked for. Sizes are int64 vectors, numbers are
 * scalars.
 */
import { ONNX_TYPE } from '../lower/shapes.js';
import type { Attributes, GraphDType, GraphNode, Value } from '../trace/graph.js';
import { type Across, type Atom, equal, solveNumber, solveSize } from './formulas.js';

/** A size that the graph can read, and how. */
interface ReadableSize extends Atom {
  read(): Value;
}

/** Makes values of sizes. Those that no formula gives are undefined. */
export interface SizeGraph {
  /** Lets formulas read this size: the axis of a value. Sizes that never change, or are known, add nothing. */
  addReadable(sizes: Across, value: Value, axis: number): void;
  isKnown(sizes: Across): boolean;
  /** A vector of sizes. */
  shape(vector: readonly Across[]): Value | undefined;
  /** A number that differs between the traces, as a scalar of the given type. */
  number(numbers: Across, dtype: GraphDType): Value | undefined;
  constant(numbers: readonly number[], shape: readonly number[], dtype: GraphDType): Value;
  emit(op: string, inputs: Value[], shape: readonly number[], dtype: GraphDType, attributes?: Attributes): Value;
}

/** @param nodes where the operators are put, each behind those that it needs */
export function createSizeGraph(nodes: GraphNode[]): SizeGraph {
  const made = new Map<string, Value>();
  const readable: ReadableSize[] = [];

  const once = (key: string, make: () => Value) => {
    const value = made.get(key) ?? make();
    made.set(key, value);
    return value;
  };
  const constant: SizeGraph['constant'] = (numbers, shape, dtype) =>
    once(`${dtype}|${shape}|${numbers.join()}`, () => {
      const Typed = { float32: Float32Array, int32: Int32Array, bool: Uint8Array, int8: Int8Array };
      const data = dtype === 'int64' ? BigInt64Array.from(numbers, BigInt) : Typed[dtype].from(numbers);
      return { name: `%size_constant${made.size}`, shape, dtype, constant: { data } };
    });
  const emit: SizeGraph['emit'] = (op, inputs, shape, dtype, attributes = {}) =>
    once(`${op}|${JSON.stringify(attributes)}|${inputs.map((value) => value.name).join()}`, () => {
      const node: GraphNode = { op, domain: '', inputs, attributes, outputs: [] };
      const output: Value = { name: `%size${made.size}`, shape, dtype, producer: node };
      node.outputs.push(output);
      nodes.push(node);
      return output;
    });

  const scalarOf = (value: Value) => emit('Reshape', [value, constant([], [0], 'int64')], [], value.dtype);
  const combine = (op: string, a: Value, b: Value) => emit(op, [a, b], [1], 'int64');
  const productOf = (factors: readonly ReadableSize[]) =>
    factors.map((factor) => factor.read()).reduce((a, b) => combine('Mul', a, b));

  /** A vector of one size. */
  function sizeValue(sizes: Across): Value | undefined {
    if (equal(sizes)) return constant([sizes[0]], [1], 'int64');
    const formula = solveSize(sizes, readable);
    if (!formula) return undefined;
    let value = productOf(formula.factors);
    if (formula.scale !== 1) value = combine('Mul', value, constant([formula.scale], [1], 'int64'));
    if (formula.offset !== 0) value = combine('Add', value, constant([formula.offset], [1], 'int64'));
    return value;
  }

  function floatValue(numbers: Across): Value | undefined {
    const formula = solveNumber(numbers, readable);
    if (!formula) return undefined;
    const { factors, offset, scale, operators } = formula;
    const float = (op: string, ...inputs: Value[]) => emit(op, inputs, [1], 'float32');
    let value = emit('Cast', [productOf(factors)], [1], 'float32', { to: ONNX_TYPE.float32 });
    if (offset !== 0) value = float('Add', value, constant([offset], [], 'float32'));
    if (scale !== 1) value = float('Mul', value, constant([scale], [], 'float32'));
    for (const op of operators) value = float(op, value);
    return scalarOf(value);
  }

  return {
    addReadable(sizes, value, axis) {
      if (equal(sizes) || readable.some((known) => known.sizes.every((size, t) => size === sizes[t]))) return;
      const read = () => emit('Shape', [value], [1], 'int64', { start: axis, end: axis + 1 });
      readable.push({ sizes, read });
    },
    isKnown: (sizes) => equal(sizes) || solveSize(sizes, readable) !== undefined,
    shape(vector) {
      if (vector.every(equal)) {
        const fixed = vector.map(([size]) => size);
        return constant(fixed, [fixed.length], 'int64');
      }
      const parts = vector.map(sizeValue);
      const known = parts.filter((part) => part !== undefined);
      if (known.length < parts.length) return undefined;
      return known.length === 1 ? known[0] : emit('Concat', known, [known.length], 'int64', { axis: 0 });
    },
    number(numbers, dtype) {
      if (dtype === 'float32') return floatValue(numbers);
      const size = dtype === 'int32' ? sizeValue(numbers) : undefined;
      return size && scalarOf(emit('Cast', [size], [1], 'int32', { to: ONNX_TYPE.int32 }));
    },
    ...{ constant, emit },
  };
}

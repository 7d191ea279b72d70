/**
 * @file The graph that tracing records: ONNX operators over values of known shape.
 *
 * Nodes are hash-consed: the same operator with the same inputs and attributes is recorded once. Constants that
 * repeat one number ("splats") stay symbolic, so that sums with zero, products with one and scalar folds are seen
 * by the lowerings; they are only written out when the graph is encoded.
 */
import { internal } from '../../errors.js';
import type { DType } from '../program/host-tensor.js';
import { sizeOf } from '../program/host-tensor.js';

/** Inside graphs only: ONNX's int64 (shapes, indices), and int8 (weights that are written in fewer bits). */
export type GraphDType = DType | 'int64' | 'int8';
export type GraphData = Float32Array | Int32Array | Uint8Array | Int8Array | BigInt64Array;

/** A constant's content: one number everywhere, or all values. */
export type Constant = { readonly splat: number } | { readonly data: GraphData };

export interface Value {
  name: string;
  readonly shape: readonly number[];
  readonly dtype: GraphDType;
  /** The node that computes it; neither a graph input nor a constant has one. */
  producer?: GraphNode;
  readonly constant?: Constant;
}

/** ONNX attributes: integers are plain numbers, floats are marked. */
export type Attribute = number | { readonly float: number } | string | readonly number[];
export type Attributes = Readonly<Record<string, Attribute>>;

export interface GraphNode {
  op: string;
  /** '' is ONNX's own operator set, 'com.microsoft' that of ONNX Runtime. */
  domain: '' | 'com.microsoft';
  inputs: Value[];
  attributes: Attributes;
  outputs: Value[];
}

export interface Graph {
  inputs: Value[];
  nodes: GraphNode[];
  outputs: { name: string; value: Value }[];
}

type Emission = { op: string; inputs: Value[]; attributes?: Attributes; domain?: GraphNode['domain'] };

/** Collects the nodes of one trace. */
export class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  readonly inputs: Value[] = [];
  private readonly known = new Map<string, GraphNode>();
  private readonly constants = new Map<string | GraphData, Value>();
  private counter = 0;

  /** @param prefix of the names that it gives: no name that a program gives its inputs begins with it */
  constructor(private readonly prefix = '%') {}

  input(name: string, shape: readonly number[], dtype: GraphDType): Value {
    const value = { name, shape, dtype };
    this.inputs.push(value);
    return value;
  }

  constant(data: GraphData, shape: readonly number[], dtype: GraphDType): Value {
    if (data.length > 0 && data.every((x: number | bigint) => x === data[0])) {
      return this.splat(Number(data[0]), shape, dtype);
    }
    const make = () => ({ name: this.freshName(), shape, dtype, constant: { data } });
    if (data.length <= 64) return this.shared(`${dtype}|${shape}|${data.join()}`, make);
    const known = this.constants.get(data); // the same table, handed over again
    return known && !sameShape(known.shape, shape) ? make() : this.shared(data, make);
  }

  splat(splat: number, shape: readonly number[], dtype: GraphDType): Value {
    const key = `${dtype}|${shape}|=${Object.is(splat, -0) ? '-0' : splat}`;
    return this.shared(key, () => ({ name: this.freshName(), shape, dtype, constant: { splat } }));
  }

  /** A scalar float constant. */
  scalar(value: number): Value {
    return this.splat(value, [], 'float32');
  }

  /** A vector of sizes or indices. */
  int64(values: readonly number[]): Value {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length], 'int64');
  }

  /** Records a node with one output. */
  emit(node: Emission, shape: readonly number[], dtype: GraphDType = 'float32'): Value {
    return this.emitMany(node, [{ shape, dtype }])[0];
  }

  /** Records a node with several outputs. */
  emitMany(
    { op, inputs, attributes = {}, domain = '' }: Emission,
    outputs: { shape: readonly number[]; dtype: GraphDType }[],
  ): Value[] {
    const key = `${op}|${JSON.stringify(attributes)}|${inputs.map((value) => value.name).join()}`;
    let node = this.known.get(key);
    if (!node) {
      node = { op, domain, inputs, attributes, outputs: [] };
      node.outputs = outputs.map(({ shape, dtype }) => ({ name: this.freshName(), shape, dtype, producer: node }));
      this.nodes.push(node);
      this.known.set(key, node);
    }
    return node.outputs;
  }

  private shared(key: string | GraphData, make: () => Value): Value {
    const known = this.constants.get(key);
    if (known) return known;
    const value = make();
    this.constants.set(key, value);
    return value;
  }

  private freshName(): string {
    return `${this.prefix}${this.counter++}`;
  }
}

/** The number that a constant repeats, or undefined. */
export function splatOf(value: Value): number | undefined {
  return value.constant && 'splat' in value.constant ? value.constant.splat : undefined;
}

/** All values of a constant. */
export function constantData(value: Value): GraphData {
  const { constant, dtype, shape } = value;
  if (!constant) throw internal(`${value.name} is not a constant`);
  if ('data' in constant) return constant.data;
  if (dtype === 'int64') return new BigInt64Array(sizeOf(shape)).fill(BigInt(constant.splat));
  const Typed = { float32: Float32Array, int32: Int32Array, bool: Uint8Array, int8: Int8Array }[dtype];
  return new Typed(sizeOf(shape)).fill(constant.splat);
}

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i]);

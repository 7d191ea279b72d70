/** @file Writes a graph as an ONNX model: opset 20 and ONNX Runtime's own operators. */
import { internal } from '../../errors.js';
import { ONNX_TYPE } from '../lower/shapes.js';
import { constantData } from '../trace/graph.js';
import type { Attribute, Graph, GraphDType, GraphNode, Value } from '../trace/graph.js';
import { ATTRIBUTE_TYPE, ModelProto } from './onnx-schema.js';

/** A graph's input or output as the model declares it; sizes that vary are names. */
export interface Port {
  readonly name: string;
  readonly shape: readonly (number | string)[];
  readonly dtype: GraphDType;
}

/** What a graph takes in and gives out, as a model or the body of a loop declares it. */
interface Ports {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

interface ModelOptions {
  /** Kept in the file under these names, for whoever loads it. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Its first output is `NOT_GIVEN`: for `runInPlace`. */
  readonly writesInPlace?: boolean;
}

export interface EncodeOptions extends Ports, ModelOptions {}

/** An output that onnxruntime-node cannot give: an empty sequence. */
export const NOT_GIVEN = 'not given';

/** Encodes `graph` as a model. */
export const encodeOnnx = (graph: Graph, { metadata, writesInPlace, ...ports }: EncodeOptions): Uint8Array =>
  encodeModel(encodeGraph(graph, ports), { metadata, writesInPlace, extended: usesExtensions(graph) });

/** Whether ONNX Runtime's own operators are among the graph's. */
export const usesExtensions = ({ nodes }: Graph): boolean => nodes.some(({ domain }) => domain !== '');

/** A model around an encoded graph; `extended` where it uses ONNX Runtime's own operators. */
export const encodeModel = (
  graph: GraphMessage,
  { metadata = {}, writesInPlace = false, extended }: ModelOptions & { extended: boolean },
): Uint8Array =>
  ModelProto.encode({
    irVersion: 9,
    producerName: 'acanet',
    opsetImport: [{ domain: '', version: 20 }, ...(extended ? [{ domain: 'com.microsoft', version: 1 }] : [])],
    graph: writesInPlace ? withOutputNotGiven(graph) : graph,
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  }).finish();

interface GraphMessage {
  readonly name: string;
  readonly node: readonly object[];
  readonly initializer?: readonly object[];
  readonly input: readonly object[];
  readonly output: readonly object[];
}

function withOutputNotGiven(graph: GraphMessage): GraphMessage {
  const node = { opType: 'SequenceEmpty', name: NOT_GIVEN, output: [NOT_GIVEN] };
  const type = { sequenceType: { elemType: { tensorType: { elemType: ONNX_TYPE.float32 } } } };
  return { ...graph, node: [...graph.node, node], output: [{ name: NOT_GIVEN, type }, ...graph.output] };
}

/**
 * The graph's message. Its outputs are written under their own names: a node's result takes the output's name, while an
 * input, a constant, or a result that is two outputs at once is copied by Identity.
 */
export function encodeGraph(graph: Graph, { inputs, outputs }: Ports): GraphMessage {
  const taken = new Set(inputs.map(({ name }) => name));
  for (const { name } of outputs) if (taken.has(name)) throw internal(`the output ${name} has the name of an input`);
  const names = new Map<Value, string>(graph.inputs.map((value) => [value, value.name]));
  const copies: object[] = [];
  for (const { name, value } of graph.outputs) {
    if (value.producer && !names.has(value)) names.set(value, name);
    else copies.push({ input: [names.get(value) ?? value.name], output: [name], name, opType: 'Identity' });
  }
  const nameOf = (value: Value) => names.get(value) ?? value.name;
  const constants = new Map<string, Value>();
  for (const value of [...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs.map((output) => output.value)]) {
    if (value.constant) constants.set(nameOf(value), value);
  }
  return {
    name: 'acanet',
    node: [...graph.nodes.map((node) => encodeNode(node, nameOf)), ...copies],
    initializer: [...constants].map(([name, value]) => encodeTensor(name, value)),
    input: inputs.map(encodePort),
    output: outputs.map(encodePort),
  };
}

function encodeNode({ op, domain, inputs, outputs, attributes }: GraphNode, nameOf: (value: Value) => string): object {
  return {
    input: inputs.map(nameOf),
    output: outputs.map(nameOf),
    name: nameOf(outputs[0]),
    opType: op,
    domain,
    attribute: Object.entries(attributes).map(([name, value]) => encodeAttribute(name, value)),
  };
}

function encodeAttribute(name: string, value: Attribute): object {
  if (typeof value === 'number') return { name, i: value, type: ATTRIBUTE_TYPE.int };
  if (typeof value === 'string') return { name, s: Buffer.from(value), type: ATTRIBUTE_TYPE.string };
  if ('float' in value) return { name, f: value.float, type: ATTRIBUTE_TYPE.float };
  return { name, ints: value, type: ATTRIBUTE_TYPE.ints };
}

function encodeTensor(name: string, value: Value): object {
  const { buffer, byteOffset, byteLength } = constantData(value);
  return {
    name,
    dims: value.shape,
    dataType: ONNX_TYPE[value.dtype],
    rawData: new Uint8Array(buffer, byteOffset, byteLength),
  };
}

export function encodePort({ name, shape, dtype }: Port): object {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: ONNX_TYPE[dtype], shape: { dim } } } };
}

/**
 * @file What an ONNX file says of itself, read without running it: inputs, outputs, weights by name, type and size,
 * operators, metadata, and the files beside it that hold its weights (external data).
 *
 * External files are found by the paths that the model gives, which must lead to files inside the model's own folder: a
 * model from elsewhere does not get to read others.
 */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, sep } from 'node:path';
import { messageOf, UserError } from '../../errors.js';
import { EXTERNAL, ModelProto, TENSOR_TYPES } from './onnx-schema.js';

/** A size of an input or output: a number, a name for one that varies, or null for one that is not said. */
export type OnnxSize = number | string | null;

export interface OnnxPort {
  readonly name: string;
  /** `float32`, `int64` …; undefined where it is not a tensor or not said. */
  readonly type?: string;
  /** undefined where not even the number of dimensions is said. */
  readonly shape?: readonly OnnxSize[];
}

export interface OnnxWeight {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
}

export interface OnnxNode {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Whole numbers, and lists of such; others are not needed. */
  readonly numbers: Readonly<Record<string, number | readonly number[]>>;
  readonly text: Readonly<Record<string, string>>;
  /** It stands in a branch or loop of another node, or in a function. */
  readonly nested: boolean;
}

export interface OnnxModel {
  readonly path: string;
  /** Without the weights that old exporters list among them. */
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  readonly weights: readonly OnnxWeight[];
  readonly nodes: readonly OnnxNode[];
  readonly metadata: Readonly<Record<string, string>>;
  /** The program that wrote it. */
  readonly producer: string;
  /** Files beside it, as the model names them: relative to its folder. */
  readonly externalFiles: readonly string[];
}

interface Entry {
  key?: string;
  value?: string;
}
interface Tensor {
  name?: string;
  dims?: unknown[];
  dataType?: number;
  externalData?: Entry[];
  dataLocation?: number;
}
interface AttributeMessage {
  name?: string;
  i?: unknown;
  ints?: unknown[];
  s?: Uint8Array;
  t?: Tensor;
  g?: GraphMessage;
  graphs?: GraphMessage[];
  type?: number;
}
interface NodeMessage {
  input?: string[];
  output?: string[];
  opType?: string;
  domain?: string;
  attribute?: AttributeMessage[];
}
interface PortMessage {
  name?: string;
  type?: { tensorType?: { elemType?: number; shape?: { dim?: { dimValue?: unknown; dimParam?: string }[] } } };
}
interface GraphMessage {
  node?: NodeMessage[];
  initializer?: Tensor[];
  input?: PortMessage[];
  output?: PortMessage[];
}
interface ModelMessage {
  irVersion?: unknown;
  producerName?: string;
  graph?: GraphMessage;
  metadataProps?: Entry[];
  functions?: { node?: NodeMessage[] }[];
}

/** A protobuf message is no longer. */
const MOST_BYTES = 2 ** 31 - 1;

/** @throws UserError naming the file: no ONNX model, damaged, or with weights in files that are not there or not beside it */
export function readOnnx(path: string): OnnxModel {
  const { graph, ...model } = decode(path);
  const nodes: OnnxNode[] = [];
  const tensors: Tensor[] = [];
  if (graph) collect(graph, { nodes, tensors, nested: false });
  for (const { node = [] } of model.functions ?? []) collect({ node }, { nodes, tensors, nested: true });
  if (!graph || nodes.length === 0) throw new UserError(`${path}: expected an ONNX model, got a file without a graph`);
  const weights = tensors.map(({ name = '', dataType, dims = [] }) => ({
    name,
    type: typeName(dataType),
    shape: dims.map(Number),
  }));
  const names = new Set(weights.map(({ name }) => name));
  return {
    path,
    inputs: (graph.input ?? []).map(portOf).filter(({ name }) => !names.has(name)),
    outputs: (graph.output ?? []).map(portOf),
    weights,
    nodes,
    metadata: entriesOf(model.metadataProps),
    producer: model.producerName ?? '',
    externalFiles: externalFiles(path, tensors),
  };
}

function decode(path: string): ModelMessage {
  let bytes: Buffer;
  try {
    const { size } = statSync(path);
    if (size > MOST_BYTES) throw new Error(`${size} bytes, more than a protobuf file may have`);
    bytes = readFileSync(path);
  } catch (error) {
    throw new UserError(`${path}: cannot read the model: ${messageOf(error)}`, { cause: error });
  }
  try {
    const model = ModelProto.decode(bytes) as unknown as ModelMessage;
    if (model.irVersion !== undefined && Number(model.irVersion) > 0) return model;
  } catch (cause) {
    throw new UserError(`${path}: not an ONNX model, or damaged: ${messageOf(cause)}`, { cause });
  }
  throw new UserError(`${path}: not an ONNX model: it states no version of the format`);
}

const entriesOf = (entries: readonly Entry[] = []) =>
  Object.fromEntries(entries.map(({ key = '', value = '' }) => [key, value]));

const typeName = (type = 0) => TENSOR_TYPES[type] ?? `type ${type}`;

function portOf({ name = '', type }: PortMessage): OnnxPort {
  const tensor = type?.tensorType;
  if (!tensor) return { name };
  const shape = tensor.shape && (tensor.shape.dim ?? []).map(sizeOf);
  return { name, ...(tensor.elemType && { type: typeName(tensor.elemType) }), ...(shape && { shape }) };
}

/** protobufjs gives unset fields their default, so a size of 0 is one that is not said. */
const sizeOf = ({ dimValue, dimParam }: { dimValue?: unknown; dimParam?: string }): OnnxSize =>
  dimParam ? dimParam : Number(dimValue ?? 0) > 0 ? Number(dimValue) : null;

/** Nodes and weights of a graph and of all graphs within it. */
function collect(
  { node = [], initializer = [] }: GraphMessage,
  found: { nodes: OnnxNode[]; tensors: Tensor[]; nested: boolean },
): void {
  found.tensors.push(...initializer);
  for (const { input = [], output = [], opType = '', domain = '', attribute = [] } of node) {
    const numbers: Record<string, number | number[]> = {};
    const text: Record<string, string> = {};
    for (const { name = '', i, ints = [], s, t, g, graphs = [], type } of attribute) {
      if (type === 2) numbers[name] = Number(i ?? 0);
      if (ints.length > 0) numbers[name] = ints.map(Number);
      if (s && s.length > 0) text[name] = Buffer.from(s).toString('utf8');
      if (t?.externalData?.length) found.tensors.push(t);
      for (const inner of [...(g ? [g] : []), ...graphs]) collect(inner, { ...found, nested: true });
    }
    found.nodes.push({ op: opType, domain, inputs: input, outputs: output, numbers, text, nested: found.nested });
  }
}

/** The files that hold weights, checked to be there, long enough, and inside the model's folder. */
function externalFiles(path: string, tensors: readonly Tensor[]): string[] {
  const folder = dirname(path);
  const found = new Set<string>();
  for (const { name = '', externalData, dataLocation } of tensors) {
    if (dataLocation !== EXTERNAL) continue;
    const { location, offset = '0', length } = entriesOf(externalData);
    const what = `${path}: the weights "${name}" are in another file`;
    if (!location) throw new UserError(`${what}, which it does not name`);
    if (isAbsolute(location) || /(^|[\\/])\.\.([\\/]|$)/.test(location) || /^[A-Za-z]:/.test(location)) {
      throw new UserError(
        `${what}, "${location}": expected one inside the model's folder ${folder}, and it is not read`,
      );
    }
    const file = join(folder, location);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (!stat?.isFile()) {
      throw new UserError(`${what}, ${file}, which is not there\n  put it beside the model, under this name`);
    }
    if (!realpathSync(file).startsWith(realpathSync(folder) + sep)) {
      throw new UserError(
        `${what}, "${location}", a link that leads out of ${folder}: expected a file inside it, and it is not read`,
      );
    }
    const needed = Number(offset) + Number(length ?? 0);
    if (!(needed <= stat.size)) {
      throw new UserError(`${what}, ${file}: expected at least ${needed} bytes, got ${stat.size}; it may be cut short`);
    }
    found.add(location);
  }
  return [...found];
}

/**
 * @file One graph for every batch and length: several traces of one program, unified.
 *
 * The traces must record the same operators in the same wiring; every size or scalar in which they differ is replaced
 * by a value that the graph computes from the shapes of its inputs (`size-graph.ts`). A formula is accepted only if it
 * is exact in all traces (`formulas.ts`); a program that branches or loops on its sizes is refused.
 */
import { constantData, type Graph, type GraphNode, splatOf, type Value } from '../trace/graph.js';
import { type Across, equal } from './formulas.js';
import { createSizeGraph, type SizeGraph } from './size-graph.js';

/** What is known on the way through the traces. */
interface Walk {
  /** A value of the first trace → the same value in each trace. */
  readonly peers: Map<Value, readonly Value[]>;
  readonly sizes: SizeGraph;
}

/** Unifies traces of one program at different sizes; the first trace gives names and nominal shapes. */
export function unifyTraces(traces: readonly Graph[]): Graph {
  const [first] = traces;
  const nodes: GraphNode[] = [];
  const walk: Walk = { peers: new Map(), sizes: createSizeGraph(nodes) };
  const { peers, sizes } = walk;

  first.inputs.forEach((value, i) => {
    const across = traces.map((trace) => trace.inputs[i]);
    peers.set(value, across);
    shapeAcross(across).forEach((size, axis) => sizes.addReadable(size, value, axis));
  });
  if (!equal(traces.map((trace) => trace.nodes.length))) {
    refuse(`the traces have ${traces.map((trace) => trace.nodes.length).join(', ')} operators`);
  }
  first.nodes.forEach((node, k) => {
    const across = traces.map((trace) => trace.nodes[k]);
    const inputs = unifyInputs(walk, node, across);
    nodes.push(...unifyAttributes(walk, node, across, inputs));
    node.outputs.forEach((value, i) => {
      const outputs = across.map((peer) => peer.outputs[i]);
      peers.set(value, outputs);
      // A size that no formula gives (a strided convolution's) is read from the tensor that has it.
      shapeAcross(outputs).forEach((size, axis) => {
        if (!sizes.isKnown(size)) sizes.addReadable(size, value, axis);
      });
    });
  });
  return { inputs: first.inputs, nodes, outputs: unifyOutputs(walk, traces) };
}

function refuse(why: string, node?: GraphNode): never {
  const where = node ? ` at ${node.op} [${node.outputs[0].shape}]` : '';
  throw new Error(`the program depends on its input sizes in a way that one graph cannot express: ${why}${where}`);
}

const shapeAcross = (values: readonly Value[]): Across[] =>
  values[0].shape.map((_, axis) => values.map((value) => value.shape[axis]));

/** The values are one value of the traces. */
const arePeers = ({ peers }: Walk, value: Value, across: readonly Value[]) =>
  peers.get(value)?.every((peer, t) => peer === across[t]) ?? false;

function unifyInputs(walk: Walk, node: GraphNode, across: readonly GraphNode[]): Value[] {
  if (across.some((peer) => peer.op !== node.op || peer.inputs.length !== node.inputs.length)) {
    refuse(`the traces have ${across.map((peer) => peer.op).join(', ')}`, node);
  }
  return node.inputs.map((value, slot) => {
    const values = across.map((peer) => peer.inputs[slot]);
    if (value.constant) return unifyConstants(walk, values, node);
    if (!arePeers(walk, value, values)) refuse('the operators are wired differently', node);
    return value;
  });
}

function unifyOutputs(walk: Walk, traces: readonly Graph[]): Graph['outputs'] {
  if (!equal(traces.map((trace) => trace.outputs.map(({ name }) => name).join()))) {
    refuse('the traces have outputs of different names');
  }
  return traces[0].outputs.map(({ name, value }, i) => {
    const across = traces.map((trace) => trace.outputs[i].value);
    if (value.constant) return { name, value: unifyConstants(walk, across) };
    if (!arePeers(walk, value, across)) refuse(`the output ${name} comes from different operators`);
    return { name, value };
  });
}

/** The constant, or the computed value, that stands for these constants of the traces. */
function unifyConstants({ sizes, peers }: Walk, constants: readonly Value[], node?: GraphNode): Value {
  const [value] = constants;
  if (constants.some((c) => !c.constant || c.dtype !== value.dtype || c.shape.length !== value.shape.length)) {
    refuse('a constant in one trace is none in another', node);
  }
  const shape = shapeAcross(constants);
  if (shape.every(equal) && constants.every((c) => sameContent(c, value))) return value;

  if (value.dtype === 'int64') {
    const lists = constants.map((c) => Array.from(constantData(c), Number));
    const vector = lists[0].map((_, i) => lists.map((list) => list[i]));
    const target = node?.op === 'Reshape' && reshapeTarget(vector, shapeAcross(peers.get(node.inputs[0])!));
    if (target) return sizes.constant(target, [target.length], 'int64');
    const varying = JSON.stringify(vector.filter((size) => !equal(size)));
    return sizes.shape(vector) ?? refuse(`no formula gives the sizes ${varying}`, node);
  }
  const splats = constants.map(splatOf);
  if (!splats.every((splat) => splat !== undefined)) {
    refuse('a table of numbers differs between sizes (slice it from one of full length)', node);
  }
  const scalar = equal(splats) ? sizes.constant([splats[0]], [], value.dtype) : sizes.number(splats, value.dtype);
  if (!scalar) refuse(`no formula gives the numbers ${splats}`, node);
  if (value.shape.length === 0) return scalar;
  const expanded = sizes.shape(shape) ?? refuse('no formula gives the shape of a constant', node);
  return sizes.emit('Expand', [scalar, expanded], value.shape, value.dtype);
}

function sameContent(a: Value, b: Value): boolean {
  if (splatOf(a) !== undefined || splatOf(b) !== undefined) return splatOf(a) === splatOf(b);
  const [x, y] = [constantData(a), constantData(b)];
  return x === y || x.every((element: number | bigint, i: number) => element === y[i]);
}

/** ONNX's Reshape with 0 (as in the input) and at most one -1 (what is left), where that suffices. */
function reshapeTarget(vector: readonly Across[], input: readonly Across[]): number[] | undefined {
  const target = vector.map((sizes, i) => {
    if (equal(sizes)) return sizes[0];
    return input[i]?.every((size, t) => size === sizes[t]) ? 0 : -1;
  });
  return target.filter((size) => size === -1).length <= 1 ? target : undefined;
}

/** A product's factor alpha may vary: it becomes a product of its own, before the sum if there is one. */
function unifyAttributes({ sizes }: Walk, node: GraphNode, across: readonly GraphNode[], inputs: Value[]): GraphNode[] {
  if (equal(across.map((peer) => JSON.stringify(peer.attributes)))) {
    node.inputs = inputs;
    return [node];
  }
  const withoutAlpha = across.map((peer) => JSON.stringify({ ...peer.attributes, alpha: 0 }));
  if (!equal(withoutAlpha)) refuse('the attributes of an operator differ', node);
  const alphas = across.map((peer) => (peer.attributes.alpha as { float: number }).float);
  const factor = sizes.number(alphas, 'float32') ?? refuse(`no formula gives the factors ${alphas}`, node);
  const [result] = node.outputs;
  const [a, b, addend] = inputs;
  const unscaled: Value = { ...result, name: `${result.name}_unscaled` };
  const attributes = { ...node.attributes, alpha: { float: 1 } };
  const product: GraphNode = { ...node, inputs: [a, b], attributes, outputs: [unscaled] };
  unscaled.producer = product;
  if (!addend) {
    Object.assign(node, { op: 'Mul', domain: '', inputs: [unscaled, factor], attributes: {} });
    return [product, node];
  }
  const scaled: Value = { ...result, name: `${result.name}_scaled` };
  const scaling: GraphNode = { op: 'Mul', domain: '', inputs: [unscaled, factor], attributes: {}, outputs: [scaled] };
  scaled.producer = scaling;
  Object.assign(node, { op: 'Add', domain: '', inputs: [scaled, addend], attributes: {} });
  return [product, scaling, node];
}

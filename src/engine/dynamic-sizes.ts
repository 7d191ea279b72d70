/**
 * @file One graph for every batch and length: several traces of one program, unified.
 *
 * The program is traced at three assignments of its symbolic sizes. The traces must record the same operators in the
 * same wiring; every size or scalar in which they differ is replaced by a value that the graph computes from
 * the shapes of its inputs. A formula is accepted only if it is exact in all three traces; a program that branches
 * or loops on its sizes is refused.
 */
import { ONNX_TYPE } from './lower/shapes.js';
import { constantData, splatOf } from './trace/graph.js';
import type { Attributes, Graph, GraphDType, GraphNode, Value } from './trace/graph.js';

/** How often a program is traced. */
export const TRIALS = [0, 1, 2];

/** The sizes to trace at: primes that are no size of a model, so that equal numbers mean equal sizes. */
export function traceSizes(symbols: readonly string[]): Record<string, readonly number[]> {
  const batch = [3, 5, 7];
  const lengths = [
    [211, 307, 409],
    [223, 311, 419],
    [227, 313, 421],
  ];
  const others = symbols.filter((symbol) => symbol !== 'B');
  if (others.length > lengths.length) throw new Error(`internal: ${symbols.length} symbolic sizes are too many`);
  return { B: batch, ...Object.fromEntries(others.map((symbol, i) => [symbol, lengths[i]])) };
}

/** One number in each trace. */
type Across = readonly number[];
/** A size that the graph can read, and how. */
interface Atom {
  readonly sizes: Across;
  read(): Value;
}
/** scale · product of atoms + offset. */
interface Formula {
  readonly atoms: Atom[];
  readonly scale: number;
  readonly offset: number;
}

const equal = <T>(values: readonly T[]) => values.every((value) => value === values[0]);

function sameContent(a: Value, b: Value): boolean {
  if (splatOf(a) !== undefined || splatOf(b) !== undefined) return splatOf(a) === splatOf(b);
  const [x, y] = [constantData(a), constantData(b)];
  return x === y || x.every((element: number | bigint, i: number) => element === y[i]);
}

/** Unifies traces of one program at different sizes; the first trace gives names and nominal shapes. */
export function unifyTraces(traces: readonly Graph[]): Graph {
  const [first] = traces;
  const nodes: GraphNode[] = [];
  const peers = new Map<Value, Value[]>();
  const made = new Map<string, Value>();
  const atoms: Atom[] = [];

  const refuse = (why: string, node?: GraphNode): never => {
    const where = node ? ` at ${node.op} [${node.outputs[0].shape}]` : '';
    throw new Error(`the program depends on its input sizes in a way that one graph cannot express: ${why}${where}`);
  };
  const remember = (key: string, make: () => Value) => {
    const value = made.get(key) ?? make();
    made.set(key, value);
    return value;
  };
  const constant = (numbers: readonly number[], shape: readonly number[], dtype: GraphDType) =>
    remember(`${dtype}|${shape}|${numbers.join()}`, () => {
      const Typed = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };
      const data = dtype === 'int64' ? BigInt64Array.from(numbers, BigInt) : Typed[dtype].from(numbers);
      return { name: `%size_constant${made.size}`, shape, dtype, constant: { data } };
    });
  const emit = (
    op: string,
    inputs: Value[],
    shape: readonly number[],
    dtype: GraphDType,
    attributes: Attributes = {},
  ): Value =>
    remember(`${op}|${JSON.stringify(attributes)}|${inputs.map((v) => v.name).join()}`, () => {
      const node: GraphNode = { op, domain: '', inputs, attributes, outputs: [] };
      const output: Value = { name: `%size${made.size}`, shape, dtype, producer: node };
      node.outputs.push(output);
      nodes.push(node);
      return output;
    });

  function addAtom(sizes: Across, value: Value, axis: number): void {
    if (equal(sizes) || atoms.some((atom) => atom.sizes.every((size, t) => size === sizes[t]))) return;
    const read = () => emit('Shape', [value], [1], 'int64', { start: axis, end: axis + 1 });
    atoms.push({ sizes, read });
  }

  /** Every size that can be read, and every product of two. */
  function* products(): Generator<{ candidate: Atom[]; product: Across }> {
    const pairs = atoms.flatMap((a, i) => atoms.slice(i).map((b) => [a, b]));
    for (const candidate of [...atoms.map((atom) => [atom]), ...pairs]) {
      yield { candidate, product: TRIALS.map((t) => candidate.reduce((p, atom) => p * atom.sizes[t], 1)) };
    }
  }

  function solve(sizes: Across): Formula | undefined {
    for (const { candidate, product } of products()) {
      const scale = (sizes[1] - sizes[0]) / (product[1] - product[0]);
      const offset = sizes[0] - scale * product[0];
      if (Number.isInteger(scale) && sizes.every((size, t) => size === scale * product[t] + offset)) {
        return { atoms: candidate, scale, offset };
      }
    }
    return undefined;
  }

  const combine = (op: string, a: Value, b: Value) => emit(op, [a, b], [1], 'int64');
  const productValue = (factors: readonly Atom[]) =>
    factors.map((atom) => atom.read()).reduce((a, b) => combine('Mul', a, b));

  /** A vector of one size. */
  function sizeValue(sizes: Across): Value | undefined {
    if (equal(sizes)) return constant([sizes[0]], [1], 'int64');
    const formula = solve(sizes);
    if (!formula) return undefined;
    let value = productValue(formula.atoms);
    if (formula.scale !== 1) value = combine('Mul', value, constant([formula.scale], [1], 'int64'));
    if (formula.offset !== 0) value = combine('Add', value, constant([formula.offset], [1], 'int64'));
    return value;
  }

  /** A vector of sizes. */
  function shapeValue(vector: readonly Across[]): Value | undefined {
    if (vector.every(equal)) {
      return constant(
        vector.map((sizes) => sizes[0]),
        [vector.length],
        'int64',
      );
    }
    const parts = vector.map(sizeValue);
    const known = parts.filter((part) => part !== undefined);
    if (known.length < parts.length) return undefined;
    return known.length === 1 ? known[0] : emit('Concat', known, [known.length], 'int64', { axis: 0 });
  }

  /**
   * A float that is ±f(scale · (size + offset)) for f among identity, 1/x, √x and 1/√x, where size may be a product.
   *
   * NOTE: the traces' numbers are rounded to float32, which blurs the offset by up to 1e-3: nothing at the lengths
   * traced, but wrong for short inputs. So the offset is taken to be a whole number of twelfths.
   */
  function scalarValue(numbers: Across): Value | undefined {
    const sign = Math.sign(numbers[0]);
    const forms: { invert: (x: number) => number; operators: string[] }[] = [
      { invert: (x) => x, operators: [] },
      { invert: (x) => 1 / x, operators: ['Reciprocal'] },
      { invert: (x) => (x * sign > 0 ? x * x : NaN), operators: ['Sqrt'] },
      { invert: (x) => (x * sign > 0 ? 1 / (x * x) : NaN), operators: ['Reciprocal', 'Sqrt'] },
    ];
    for (const { candidate, product } of products()) {
      for (const { invert, operators } of forms) {
        const y = numbers.map(invert);
        const slope = (y[1] - y[0]) / (product[1] - product[0]);
        const offset = Math.round(12 * (y[0] / slope - product[0])) / 12;
        const blurred = y[2] / (product[2] + offset);
        const whole = Math.round(blurred);
        const scale = Math.abs(blurred - whole) <= 1e-6 * Math.abs(blurred) ? whole : blurred;
        const fits = y.every((value, t) => Math.abs(value - scale * (product[t] + offset)) <= 1e-6 * Math.abs(value));
        if (!fits) continue;
        const float = (op: string, ...inputs: Value[]) => emit(op, inputs, [1], 'float32');
        let value = emit('Cast', [productValue(candidate)], [1], 'float32', { to: ONNX_TYPE.float32 });
        if (offset !== 0) value = float('Add', value, constant([offset], [], 'float32'));
        if (scale !== 1) value = float('Mul', value, constant([scale], [], 'float32'));
        for (const op of operators) value = float(op, value);
        if (operators.includes('Sqrt') && sign < 0) value = float('Neg', value);
        return scalarOf(value);
      }
    }
    return undefined;
  }

  const scalarOf = (value: Value) => emit('Reshape', [value, constant([], [0], 'int64')], [], value.dtype);

  /** A number that differs between sizes, as a scalar of the given type. */
  function numberValue(numbers: Across, dtype: GraphDType): Value | undefined {
    if (dtype === 'float32') return scalarValue(numbers);
    const size = dtype === 'int32' ? sizeValue(numbers) : undefined;
    return size && scalarOf(emit('Cast', [size], [1], 'int32', { to: ONNX_TYPE.int32 }));
  }

  const acrossShape = (values: readonly Value[]): Across[] =>
    values[0].shape.map((_, axis) => values.map((value) => value.shape[axis]));

  /** The constant that stands for these constants of the traces. */
  function unifyConstants(constants: readonly Value[], node?: GraphNode): Value {
    const [value] = constants;
    if (constants.some((c) => !c.constant || c.dtype !== value.dtype || c.shape.length !== value.shape.length)) {
      return refuse('a constant in one trace is none in another', node);
    }
    const sameSizes = acrossShape(constants).every(equal);
    if (sameSizes && constants.every((c) => sameContent(c, value))) return value;

    if (value.dtype === 'int64') {
      const lists = constants.map((c) => Array.from(constantData(c), Number));
      const vector = lists[0].map((_, i) => lists.map((list) => list[i]));
      const asReshape = node?.op === 'Reshape' && reshapeTarget(vector, acrossShape(peers.get(node.inputs[0])!));
      if (asReshape) return constant(asReshape, [asReshape.length], 'int64');
      const varying = JSON.stringify(vector.filter((sizes) => !equal(sizes)));
      return shapeValue(vector) ?? refuse(`no formula gives the sizes ${varying}`, node);
    }
    const splats = constants.map(splatOf);
    if (splats.every((splat) => splat !== undefined)) {
      const scalar = equal(splats) ? constant([splats[0]], [], value.dtype) : numberValue(splats, value.dtype);
      if (!scalar) return refuse(`no formula gives the numbers ${splats}`, node);
      if (value.shape.length === 0) return scalar;
      const shape = shapeValue(acrossShape(constants)) ?? refuse('no formula gives the shape of a constant', node);
      return emit('Expand', [scalar, shape], value.shape, value.dtype);
    }
    return refuse('a table of numbers differs between sizes (slice it from one of full length)', node);
  }

  /** ONNX's Reshape with 0 (as in the input) and at most one -1 (what is left), where that suffices. */
  function reshapeTarget(vector: readonly Across[], input: readonly Across[]): number[] | undefined {
    const target = vector.map((sizes, i) => {
      if (equal(sizes)) return sizes[0];
      return input[i]?.every((size, t) => size === sizes[t]) ? 0 : -1;
    });
    return target.filter((size) => size === -1).length <= 1 ? target : undefined;
  }

  first.inputs.forEach((value, i) => {
    const across = traces.map((trace) => trace.inputs[i]);
    peers.set(value, across);
    acrossShape(across).forEach((sizes, axis) => addAtom(sizes, value, axis));
  });
  if (!equal(traces.map((trace) => trace.nodes.length))) {
    refuse(`the traces have ${traces.map((trace) => trace.nodes.length).join(', ')} operators`);
  }

  first.nodes.forEach((node, k) => {
    const across = traces.map((trace) => trace.nodes[k]);
    if (across.some((peer) => peer.op !== node.op || peer.inputs.length !== node.inputs.length)) {
      refuse(`the traces have ${across.map((peer) => peer.op).join(', ')}`, node);
    }
    const peerInputs = node.inputs.map((_, slot) => across.map((peer) => peer.inputs[slot]));
    const inputs = node.inputs.map((value, slot) => {
      if (value.constant) return unifyConstants(peerInputs[slot], node);
      const known = peers.get(value);
      if (!known?.every((peer, t) => peer === peerInputs[slot][t])) refuse('the operators are wired differently', node);
      return value;
    });
    nodes.push(...unifyAttributes(node, across, inputs));
    node.outputs.forEach((value, i) => {
      const outputs = across.map((peer) => peer.outputs[i]);
      peers.set(value, outputs);
      // A size that no formula gives (a strided convolution's) is read from the tensor that has it.
      acrossShape(outputs).forEach((sizes, axis) => {
        if (!equal(sizes) && !solve(sizes)) addAtom(sizes, value, axis);
      });
    });
  });

  if (!equal(traces.map((trace) => trace.outputs.map(({ name }) => name).join()))) {
    refuse('the traces have outputs of different names');
  }
  const outputs = first.outputs.map(({ name, value }, i) => {
    const across = traces.map((trace) => trace.outputs[i].value);
    if (value.constant) return { name, value: unifyConstants(across) };
    if (!peers.get(value)?.every((peer, t) => peer === across[t])) {
      refuse(`the output ${name} comes from different operators`);
    }
    return { name, value };
  });

  /** A product's factor alpha may vary: it becomes a product of its own, before the sum if there is one. */
  function unifyAttributes(node: GraphNode, across: readonly GraphNode[], inputs: Value[]): GraphNode[] {
    if (equal(across.map((peer) => JSON.stringify(peer.attributes)))) {
      node.inputs = inputs;
      return [node];
    }
    const withoutAlpha = across.map((peer) => JSON.stringify({ ...peer.attributes, alpha: 0 }));
    if (!equal(withoutAlpha)) refuse('the attributes of an operator differ', node);
    const alphas = across.map((peer) => (peer.attributes.alpha as { float: number }).float);
    const factor = scalarValue(alphas) ?? refuse(`no formula gives the factors ${alphas}`, node);
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

  return { inputs: first.inputs, nodes, outputs };
}

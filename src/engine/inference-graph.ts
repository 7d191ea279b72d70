/**
 * @file The graph of an inference, for every size of its inputs: traced, simplified, unified. What runs it, or writes it
 * down for other programs, goes on from there.
 */
import { internal } from '../errors.js';
import { TRIALS, traceSizes } from './dynamic-sizes/formulas.js';
import { unifyTraces } from './dynamic-sizes/unify-traces.js';
import './lower/all-lowerings.js';
import type { Port } from './onnx/encode.js';
import { foldSumsIntoGemms } from './passes/add-into-gemm.js';
import { removeDeadNodes } from './passes/rewrite.js';
import { foldScalesIntoProducts } from './passes/scale-into-product.js';
import type { InferenceDefinition, TensorSpecs } from './program/program.js';
import type { Graph } from './trace/graph.js';
import { traceProgram } from './trace/trace-backend.js';

export interface InferenceGraph {
  readonly graph: Graph;
  /** The inputs that the graph uses, and its outputs, as a model declares them. */
  readonly inputs: Port[];
  readonly outputs: Port[];
}

export function traceInference({ program, inputs, parameters }: InferenceDefinition): InferenceGraph {
  const symbols = [
    ...new Set(Object.values(inputs).flatMap(({ shape }) => shape.filter((size) => typeof size === 'string'))),
  ];
  const sizes = traceSizes(symbols);
  const traces: Graph[] = [];
  for (const trial of symbols.length > 0 ? TRIALS : [0]) {
    const sizesNow = Object.fromEntries(symbols.map((symbol) => [symbol, sizes[symbol][trial]]));
    traces.push(optimise(traceProgram(program, inputsAt(inputs, sizesNow), parameters)));
  }
  const graph = symbols.length > 0 ? unifyTraces(traces) : traces[0];
  const ports = Object.entries(inputs).map(([name, { shape, dtype = 'float32' }]) => ({ name, shape, dtype }));
  const outputs = graph.outputs.map(({ name, value }, i) => ({
    name,
    dtype: value.dtype,
    shape: value.shape.map((size, axis) => {
      const fixed = traces.every((trace) => trace.outputs[i].value.shape[axis] === size);
      return fixed ? size : (symbols.find((symbol) => sizes[symbol][0] === size) ?? `${name}_${axis}`);
    }),
  }));
  return { graph, inputs: usedInputs(graph, ports), outputs };
}

/** @param largeSums left as they are from so many elements on */
export function optimise(graph: Graph, largeSums?: number): Graph {
  removeDeadNodes(graph);
  foldScalesIntoProducts(graph);
  foldSumsIntoGemms(graph, largeSums);
  return graph;
}

/** Drops the graph's inputs that nothing uses, and says which are left. */
export function usedInputs<P extends Port>(graph: Graph, ports: P[]): P[] {
  const used = new Set([...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs.map(({ value }) => value)]);
  graph.inputs = graph.inputs.filter((value) => used.has(value));
  const names = new Set(graph.inputs.map(({ name }) => name));
  return ports.filter(({ name }) => names.has(name));
}

/** Inputs with the letters of their sizes replaced. */
export function inputsAt(inputs: TensorSpecs, sizes: Record<string, number>) {
  return Object.entries(inputs).map(([name, { shape, dtype = 'float32' as const }]) => ({
    name,
    dtype,
    shape: shape.map((size) => (typeof size === 'string' ? sizes[size] : size)),
  }));
}

/** @throws an internal error where it is missing */
export function requireInput<T>(feed: Record<string, T>, name: string): T {
  const data = feed[name];
  if (data === undefined) throw internal(`the input ${name} was not fed`);
  return data;
}

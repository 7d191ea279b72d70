/**
 * @file Writes a step's graph as the body of ONNX's Scan: one run of the model is several steps, one after the other.
 *
 * State is what Scan carries from step to step. Every other input comes stacked on a new first axis, one slice a step,
 * and so do the results; `held` inputs are the same in all steps, which the body sees from outside. How many steps a
 * run has is a size of its inputs. The model's names: `old:STATE` and `new:STATE`, `all:INPUT`, `each:RESULT`, and held
 * inputs by their own.
 */
import { reshapeTo } from '../passes/rewrite.js';
import { sameShape } from '../trace/graph.js';
import type { Graph } from '../trace/graph.js';
import { ATTRIBUTE_TYPE } from './onnx-schema.js';
import { encodeGraph, encodeModel, encodePort, usesExtensions, type Port } from './encode.js';

export interface ScanParts {
  /** The graph gives each out under its own name. */
  readonly state: readonly Port[];
  readonly inputs: readonly Port[];
  readonly held: readonly Port[];
  /** Outputs that are not state. */
  readonly results: readonly Port[];
}

export const scanName = {
  old: (state: string) => `old:${state}`,
  new: (state: string) => `new:${state}`,
  all: (input: string) => `all:${input}`,
  each: (result: string) => `each:${result}`,
};

/** The size of the first axis of what is stacked. */
const STEPS = 'steps';

/** Encodes the model. The outputs of `graph` that are state are given new names. */
export function encodeScan(graph: Graph, { state, inputs, held, results }: ScanParts): Uint8Array {
  const shapes = new Map(state.map(({ name, shape }) => [name, shape as readonly number[]]));
  for (const output of graph.outputs) {
    const shape = shapes.get(output.name);
    if (!shape) continue;
    // Scan carries a state under one shape.
    if (!sameShape(output.value.shape, shape)) output.value = reshapeTo(graph, output.value, shape);
    output.name = `next:${output.name}`;
  }
  const order = [...state.map(({ name }) => `next:${name}`), ...results.map(({ name }) => name)];
  graph.outputs.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  const body = encodeGraph(graph, {
    inputs: [...state, ...inputs],
    outputs: [...state.map((port) => ({ ...port, name: `next:${port.name}` })), ...results],
  });
  const renamed = (ports: readonly Port[], rename: (name: string) => string) =>
    ports.map((port) => ({ ...port, name: rename(port.name) }));
  const stacked = (ports: readonly Port[], rename: (name: string) => string) =>
    renamed(ports, rename).map((port) => ({ ...port, shape: [STEPS, ...port.shape] }));
  const taken = [...renamed(state, scanName.old), ...stacked(inputs, scanName.all)];
  const given = [...renamed(state, scanName.new), ...stacked(results, scanName.each)];
  const scan = {
    opType: 'Scan',
    name: 'steps',
    input: taken.map(({ name }) => name),
    output: given.map(({ name }) => name),
    attribute: [
      { name: 'body', g: body, type: ATTRIBUTE_TYPE.graph },
      { name: 'num_scan_inputs', i: inputs.length, type: ATTRIBUTE_TYPE.int },
    ],
  };
  const ports = { input: [...taken, ...held].map(encodePort), output: given.map(encodePort) };
  return encodeModel(
    { name: 'acanet', node: [scan], ...ports },
    { writesInPlace: true, extended: usesExtensions(graph) },
  );
}

/** @file The graph of a step, and its ports, whichever way it is run. */
import { internal } from '../errors.js';
import { inputsAt, optimise } from './inference-graph.js';
import { LARGE_SUM } from './passes/add-into-gemm.js';
import { foldScalesOfAddends } from './passes/scale-of-addend.js';
import type { DType, HostTensors } from './program/host-tensor.js';
import type { StepDefinition, TensorSpecs } from './program/program.js';
import type { Graph } from './trace/graph.js';
import { traceProgram } from './trace/trace-backend.js';

/** An input or output of fixed shape. */
export interface FixedPort {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export interface StepGraph {
  /** Gives each state, and what is reported, under its own name. */
  readonly graph: Graph;
  readonly inputs: readonly FixedPort[];
  readonly state: readonly FixedPort[];
  readonly held: readonly FixedPort[];
}

export function traceStep({ program, inputs, state, held = {} }: StepDefinition): StepGraph {
  const ports = { inputs: fixedInputs(inputs), state: portsOf(state), held: portsOf(held) };
  const graph = optimise(traceProgram(program, [...ports.inputs, ...ports.state, ...ports.held]), LARGE_SUM);
  foldScalesOfAddends(graph);
  for (const name of Object.keys(state)) {
    if (!graph.outputs.some((output) => output.name === name)) throw internal(`the step drops ${name}`);
  }
  return { graph, ...ports };
}

const portsOf = (tensors: HostTensors): FixedPort[] =>
  Object.entries(tensors).map(([name, { shape, dtype }]) => ({ name, shape: [...shape], dtype }));

function fixedInputs(inputs: TensorSpecs): FixedPort[] {
  for (const [name, { shape }] of Object.entries(inputs)) {
    if (shape.some((size) => typeof size === 'string')) throw internal(`step input ${name} has no fixed shape`);
  }
  return inputsAt(inputs, {});
}

/**
 * @file A step, compiled: its state is kept in plain memory, outside the graph.
 *
 * Each run is fed the state's tensors and writes the new ones over them where that is safe, otherwise into a second
 * set of buffers, and then the two sets change places. So no run allocates state.
 */
import type * as Ort from 'onnxruntime-node';
import { internal } from '../errors.js';
import { inputsAt, optimise, requireInput, usedInputs } from './inference-graph.js';
import { encodeOnnx } from './onnx/encode.js';
import { toHost } from './ort-tensors.js';
import { overwritableState } from './passes/overwritable-state.js';
import { removeDeadNodes, withoutReshapes } from './passes/rewrite.js';
import { foldScalesOfAddends } from './passes/scale-of-addend.js';
import type { DType, HostData, HostTensors } from './program/host-tensor.js';
import type { Step, StepDefinition, TensorSpecs } from './program/program.js';
import type { Graph } from './trace/graph.js';
import { traceProgram } from './trace/trace-backend.js';

/** What a step needs of ONNX Runtime. */
export interface StepRuntime {
  createSession(model: Uint8Array): Promise<Ort.InferenceSession>;
  toOrt(dtype: DType, data: HostData, shape: readonly number[]): Ort.Tensor;
}

/** A state's memory, as the graph takes it in and as it gives it out: shapes may differ. */
interface StateBuffer {
  readonly taken: Ort.Tensor;
  readonly given: Ort.Tensor;
}

/** Under what name the graph gives a state out: its outputs need names of their own. */
const outputName = (state: string) => `new:${state}`;

/** NOTE: what runs later keeps nothing of the definition, whose initial state may be as large as the state itself. */
export async function createOnnxStep(definition: StepDefinition, runtime: StepRuntime): Promise<Step> {
  const inputs = fixedInputs(definition.inputs);
  const graph = traceStep(definition);
  const outputs = graph.outputs.map(({ name, value }) => ({ name, shape: value.shape, dtype: value.dtype as DType }));
  const ports = usedInputs(graph, [...inputs, ...statePorts(definition.state)]);
  const session = await runtime.createSession(encodeOnnx(graph, { inputs: ports, outputs }));
  const used = new Set(ports.map(({ name }) => name));
  const buffers = createStateBuffers(definition.state, graph, runtime);
  const reported = outputs.filter(({ name }) => !name.startsWith('new:')).map(({ name }) => name);
  return stepOf({ session, inputs: inputs.filter(({ name }) => used.has(name)), used, reported, ...buffers }, runtime);
}

type InputPort = ReturnType<typeof inputsAt>[number];
type StateBuffers = Map<string, StateBuffer>;

interface CompiledStep {
  readonly session: Ort.InferenceSession;
  /** Those that the graph uses. */
  readonly inputs: readonly InputPort[];
  readonly used: ReadonlySet<string>;
  /** The outputs that are not state. */
  readonly reported: readonly string[];
  readonly current: StateBuffers;
  readonly next: StateBuffers;
}

function stepOf({ session, inputs, used, reported, ...buffers }: CompiledStep, { toOrt }: StepRuntime): Step {
  let { current, next } = buffers;
  return {
    async run(feed) {
      const feeds: Record<string, Ort.Tensor> = {};
      for (const { name, shape, dtype } of inputs) feeds[name] = toOrt(dtype, requireInput(feed, name), shape);
      const fetches: Record<string, Ort.Tensor | null> = {};
      for (const name of reported) fetches[name] = null;
      for (const [name, { taken }] of current) if (used.has(name)) feeds[name] = taken;
      for (const [name, { given }] of next) fetches[outputName(name)] = given;
      const results = await session.run(feeds, fetches);
      [current, next] = [next, current];
      return toHost(reported.map((name) => [name, results[name]]));
    },
    readState: (names = [...current.keys()]) => {
      const tensors = toHost(names.map((name) => [name, current.get(name)!.taken]));
      return Object.fromEntries(
        Object.entries(tensors).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
      ) as HostTensors;
    },
    dispose: () => session.release(),
  };
}

const statePorts = (state: HostTensors): InputPort[] =>
  Object.entries(state).map(([name, { shape, dtype }]) => ({ name, shape: [...shape], dtype }));

/** The program's graph, with the new state as outputs of names of their own. */
function traceStep({ program, inputs, state }: StepDefinition): Graph {
  const graph = optimise(traceProgram(program, [...fixedInputs(inputs), ...statePorts(state)]));
  foldScalesOfAddends(graph);
  for (const name of Object.keys(state)) {
    if (!graph.outputs.some((output) => output.name === name)) throw internal(`the step drops ${name}`);
  }
  // The state comes out under the shape in which it was computed, as a reshape of a graph's output would copy it.
  for (const output of graph.outputs) {
    if (!(output.name in state)) continue;
    Object.assign(output, { name: outputName(output.name), value: withoutReshapes(output.value) });
  }
  removeDeadNodes(graph);
  return graph;
}

function createStateBuffers(state: HostTensors, graph: Graph, { toOrt }: StepRuntime) {
  const outputShapes = new Map(graph.outputs.map(({ name, value }) => [name, value.shape]));
  const copyOf = (name: string): StateBuffer => {
    const { dtype, shape } = state[name];
    const data = state[name].data.slice() as HostData;
    return { taken: toOrt(dtype, data, shape), given: toOrt(dtype, data, outputShapes.get(outputName(name))!) };
  };
  const names = Object.keys(state);
  const overwritten = new Set(overwritableState(graph, names, outputName));
  const current: StateBuffers = new Map(names.map((name) => [name, copyOf(name)]));
  const next: StateBuffers = new Map(
    names.map((name) => [name, overwritten.has(name) ? current.get(name)! : copyOf(name)]),
  );
  return { current, next };
}

function fixedInputs(inputs: TensorSpecs): InputPort[] {
  for (const [name, { shape }] of Object.entries(inputs)) {
    if (shape.some((size) => typeof size === 'string')) throw internal(`step input ${name} has no fixed shape`);
  }
  return inputsAt(inputs, {});
}

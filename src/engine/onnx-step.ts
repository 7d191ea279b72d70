/**
 * @file A step, compiled: its state is kept in plain memory, outside the graph.
 *
 * Each run is fed the state's tensors and writes the new ones over them where that is safe, otherwise into a second
 * set of buffers, and then the two sets change places. So no run allocates state.
 */
import type * as Ort from 'onnxruntime-node';
import { requireInput, usedInputs } from './inference-graph.js';
import { encodeOnnx } from './onnx/encode.js';
import { copiesOf, emptyTensor, newStateName, oneByOne, toHost, type StepRuntime } from './ort-tensors.js';
import { overwritableState } from './passes/overwritable-state.js';
import { removeDeadNodes, withoutReshapes } from './passes/rewrite.js';
import type { DType, HostData, HostTensors } from './program/host-tensor.js';
import type { Step, StepDefinition } from './program/program.js';
import { runInPlace } from './run-in-place.js';
import { type FixedPort, traceStep } from './step-graph.js';
import type { Graph } from './trace/graph.js';

/** A state's memory, as the graph takes it in and as it gives it out: shapes may differ. */
interface StateBuffer {
  readonly taken: Ort.Tensor;
  readonly given: Ort.Tensor;
}
type StateBuffers = Map<string, StateBuffer>;

/** NOTE: what runs later keeps nothing of the definition, whose initial state may be as large as the state itself. */
export async function createOnnxStep(definition: StepDefinition, runtime: StepRuntime): Promise<Step> {
  const { state, held = {} } = definition;
  const { graph, inputs, ...ports } = traceStep(definition);
  nameNewState(graph, state);
  const outputs = graph.outputs.map(({ name, value }) => ({ name, shape: value.shape, dtype: value.dtype as DType }));
  const used = usedInputs(graph, [...inputs, ...ports.state, ...ports.held]);
  const session = await runtime.createSession(encodeOnnx(graph, { inputs: used, outputs, writesInPlace: true }));
  const usedNames = new Set(used.map(({ name }) => name));
  const heldTensors = Object.entries(held).filter(([name]) => usedNames.has(name));
  return stepOf(
    {
      session,
      inputs: inputs.filter(({ name }) => usedNames.has(name)),
      held: heldTensors.map(([name, { dtype, data, shape }]) => [name, runtime.toOrt(dtype, data, shape)]),
      used: usedNames,
      reported: outputs.filter(({ name }) => !name.startsWith(newStateName(''))),
      ...createStateBuffers(state, graph, runtime),
    },
    runtime,
  );
}

interface CompiledStep {
  readonly session: Ort.InferenceSession;
  /** Those that the graph uses. */
  readonly inputs: readonly FixedPort[];
  readonly held: readonly [string, Ort.Tensor][];
  readonly used: ReadonlySet<string>;
  /** The outputs that are not state. */
  readonly reported: readonly FixedPort[];
  readonly current: StateBuffers;
  readonly next: StateBuffers;
}

function stepOf({ session, inputs, held, used, reported, ...buffers }: CompiledStep, runtime: StepRuntime): Step {
  let { current, next } = buffers;
  const run = async (feed: Record<string, HostData>) => {
    const feeds: Record<string, Ort.Tensor> = Object.fromEntries(held);
    for (const { name, shape, dtype } of inputs) feeds[name] = runtime.toOrt(dtype, requireInput(feed, name), shape);
    const results = Object.fromEntries(reported.map((port) => [port.name, emptyTensor(port, runtime)]));
    const fetches = { ...results };
    for (const [name, { taken }] of current) if (used.has(name)) feeds[name] = taken;
    for (const [name, { given }] of next) fetches[newStateName(name)] = given;
    await runInPlace(session, feeds, fetches);
    [current, next] = [next, current];
    return toHost(Object.entries(results));
  };
  return {
    run,
    runAll: oneByOne(run),
    async readState(names = [...current.keys()]) {
      return Promise.resolve(copiesOf(names.map((name) => [name, current.get(name)!.taken])));
    },
    dispose: () => session.release(),
  };
}

/** Names the outputs that are state. They come out under the shapes in which they were computed: a reshape would copy. */
function nameNewState(graph: Graph, state: HostTensors): void {
  for (const output of graph.outputs) {
    if (!(output.name in state)) continue;
    Object.assign(output, { name: newStateName(output.name), value: withoutReshapes(output.value) });
  }
  removeDeadNodes(graph);
}

function createStateBuffers(state: HostTensors, graph: Graph, { toOrt }: StepRuntime) {
  const outputShapes = new Map(graph.outputs.map(({ name, value }) => [name, value.shape]));
  const copyOf = (name: string): StateBuffer => {
    const { dtype, shape } = state[name];
    const data = state[name].data.slice() as HostData;
    return { taken: toOrt(dtype, data, shape), given: toOrt(dtype, data, outputShapes.get(newStateName(name))!) };
  };
  const names = Object.keys(state);
  const overwritten = new Set(overwritableState(graph, names, newStateName));
  const current: StateBuffers = new Map(names.map((name) => [name, copyOf(name)]));
  const next: StateBuffers = new Map(
    names.map((name) => [name, overwritten.has(name) ? current.get(name)! : copyOf(name)]),
  );
  return { current, next };
}

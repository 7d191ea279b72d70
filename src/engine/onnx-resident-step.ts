/**
 * @file A step whose state stays on the GPU: what one run gives as new state is what the next is fed, and crosses no bus.
 *
 * onnxruntime-node can leave outputs on the device with WebGPU alone. It can neither put a tensor there nor fetch one
 * otherwise, so graphs that copy do both: of the inputs that are the same in every run at the start, and of the state
 * where it is read.
 */
import type * as Ort from 'onnxruntime-node';
import { fitWebgpu } from './fit-webgpu.js';
import { requireInput, usedInputs } from './inference-graph.js';
import { encodeOnnx } from './onnx/encode.js';
import { newStateName, oneByOne, type StepRuntime, toHost } from './ort-tensors.js';
import type { DType, HostData, HostTensors } from './program/host-tensor.js';
import type { Step, StepDefinition } from './program/program.js';
import { type FixedPort, traceStep } from './step-graph.js';
import type { Graph } from './trace/graph.js';
import { traceProgram } from './trace/trace-backend.js';

/** NOTE: what runs later keeps nothing of the definition, whose initial state may be as large as the state itself. */
export async function createOnnxResidentStep(definition: StepDefinition, runtime: StepRuntime): Promise<Step> {
  const { toOrt } = runtime;
  const { graph, inputs, ...ports } = traceStep(definition);
  fitWebgpu(graph);
  const names = ports.state.map(({ name }) => name);
  const news = new Set(names.map(newStateName));
  for (const output of graph.outputs) if (names.includes(output.name)) output.name = newStateName(output.name);
  const used = usedInputs(graph, [...inputs, ...ports.state, ...ports.held]);
  const isUsed = new Set(used.map(({ name }) => name));
  const model = encodeOnnx(graph, { inputs: used, outputs: portsOf(graph) });
  const session = await runtime.createSession(model, { staysOnDevice: [...news] });
  const fed = inputs.filter(({ name }) => isUsed.has(name));
  const heldPorts = ports.held.filter(({ name }) => isUsed.has(name));
  const held = await putOnDevice(heldPorts, tensorsOf(definition.held ?? {}, runtime), runtime);
  const state = tensorsOf(definition.state, runtime);
  let reader: Promise<Ort.InferenceSession> | undefined;

  const run = async (feed: Record<string, HostData>) => {
    const feeds = Object.fromEntries(held.tensors);
    for (const { name, shape, dtype } of fed) feeds[name] = toOrt(dtype, requireInput(feed, name), shape);
    for (const [name, tensor] of state) if (isUsed.has(name)) feeds[name] = tensor;
    const results = await session.run(feeds);
    for (const name of names) {
      state.get(name)!.dispose();
      state.set(name, results[newStateName(name)]);
    }
    return toHost(Object.entries(results).filter(([name]) => !news.has(name)));
  };
  return {
    run,
    runAll: oneByOne(run),
    async readState(wanted = names) {
      if (wanted.length === 0) return {};
      const copies = await (
        await (reader ??= copier(ports.state, runtime))
      ).run(Object.fromEntries(state), wanted.map(newStateName));
      return toHost(wanted.map((name) => [name, copies[newStateName(name)]]));
    },
    async dispose() {
      for (const tensor of [...state.values(), ...held.tensors.values()]) tensor.dispose();
      await Promise.allSettled([held.release(), reader?.then((made) => made.release())]);
      await session.release();
    },
  };
}

const tensorsOf = (tensors: HostTensors, { toOrt }: StepRuntime): Map<string, Ort.Tensor> =>
  new Map(
    Object.entries(tensors).map(([name, { dtype, data, shape }]) => [
      name,
      toOrt(dtype, data.slice() as HostData, shape),
    ]),
  );

const portsOf = ({ outputs }: Graph): FixedPort[] =>
  outputs.map(({ name, value }) => ({ name, shape: value.shape, dtype: value.dtype as DType }));

/** A graph that gives each input out under its `newStateName`. */
function copier(ports: readonly FixedPort[], runtime: StepRuntime, options = {}): Promise<Ort.InferenceSession> {
  const graph = traceProgram((tensors) => tensors, [...ports]);
  for (const output of graph.outputs) output.name = newStateName(output.name);
  return runtime.createSession(encodeOnnx(graph, { inputs: ports, outputs: portsOf(graph) }), options);
}

/** @returns the tensors on the device, and what gives their memory back, which belongs to a session */
async function putOnDevice(
  ports: readonly FixedPort[],
  tensors: ReadonlyMap<string, Ort.Tensor>,
  runtime: StepRuntime,
): Promise<{ tensors: Map<string, Ort.Tensor>; release(): Promise<void> }> {
  if (ports.length === 0) return { tensors: new Map(), release: () => Promise.resolve() };
  const names = ports.map(({ name }) => name);
  const session = await copier(ports, runtime, { staysOnDevice: names.map(newStateName) });
  const copies = await session.run(Object.fromEntries(names.map((name) => [name, tensors.get(name)!])));
  const onDevice = new Map(names.map((name) => [name, copies[newStateName(name)]]));
  return { tensors: onDevice, release: () => session.release() };
}

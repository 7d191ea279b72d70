/**
 * @file A step whose state stays on the GPU: what one run gives as new state is what the next is fed, and crosses no bus.
 *
 * onnxruntime-node can leave outputs on the device with WebGPU alone. Such a tensor cannot be fetched afterwards, so a graph
 * that copies the state is run where it is read.
 */
import type * as Ort from 'onnxruntime-node';
import { requireInput, usedInputs } from './inference-graph.js';
import { encodeOnnx } from './onnx/encode.js';
import { newStateName, type StepRuntime, toHost } from './ort-tensors.js';
import { fitWebgpu } from './fit-webgpu.js';
import type { DType, HostData, HostTensors } from './program/host-tensor.js';
import type { Step, StepDefinition } from './program/program.js';
import { type FixedPort, traceStep } from './step-graph.js';
import type { Graph } from './trace/graph.js';
import { traceProgram } from './trace/trace-backend.js';

/** NOTE: what runs later keeps nothing of the definition, whose initial state may be as large as the state itself. */
export async function createOnnxResidentStep(definition: StepDefinition, runtime: StepRuntime): Promise<Step> {
  const { toOrt } = runtime;
  const { graph, inputs, ...ports } = traceStep(definition);
  const names = ports.state.map(({ name }) => name);
  const news = new Set(names.map(newStateName));
  for (const output of graph.outputs) if (names.includes(output.name)) output.name = newStateName(output.name);
  fitWebgpu(graph);
  const used = usedInputs(graph, [...inputs, ...ports.state, ...ports.held]);
  const model = encodeOnnx(graph, { inputs: used, outputs: portsOf(graph) });
  const session = await runtime.createSession(model, { staysOnDevice: [...news] });
  const isUsed = new Set(used.map(({ name }) => name));
  const tensorsOf = (tensors: HostTensors) =>
    Object.entries(tensors).map(([name, { dtype, data, shape }]): [string, Ort.Tensor] => [
      name,
      toOrt(dtype, data.slice() as HostData, shape),
    ]);
  const held = tensorsOf(definition.held ?? {}).filter(([name]) => isUsed.has(name));
  const fed = inputs.filter(({ name }) => isUsed.has(name));
  const state = new Map(tensorsOf(definition.state));
  const reader = createReader(ports.state, runtime);

  const run = async (feed: Record<string, HostData>) => {
    const feeds = Object.fromEntries(held);
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
    async runAll(feeds) {
      const results: HostTensors[] = [];
      for (const feed of feeds) results.push(await run(feed));
      return results;
    },
    readState: (wanted = names) => reader.read(state, wanted),
    async dispose() {
      for (const tensor of state.values()) tensor.dispose();
      await reader.close();
      await session.release();
    },
  };
}

const portsOf = ({ outputs }: Graph): FixedPort[] =>
  outputs.map(({ name, value }) => ({ name, shape: value.shape, dtype: value.dtype as DType }));

/** Copies the state into plain memory, by a graph that is made when it is first needed. */
function createReader(state: readonly FixedPort[], runtime: StepRuntime) {
  let made: Promise<Ort.InferenceSession> | undefined;
  const make = () => {
    const graph = traceProgram((tensors) => tensors, [...state]);
    for (const output of graph.outputs) output.name = newStateName(output.name);
    return runtime.createSession(encodeOnnx(graph, { inputs: state, outputs: portsOf(graph) }));
  };
  return {
    async read(tensors: ReadonlyMap<string, Ort.Tensor>, wanted: readonly string[]): Promise<HostTensors> {
      made ??= make();
      const copies = await (await made).run(Object.fromEntries(tensors), wanted.map(newStateName));
      return toHost(wanted.map((name) => [name, copies[newStateName(name)]]));
    },
    close: async () => (await made)?.release(),
  };
}

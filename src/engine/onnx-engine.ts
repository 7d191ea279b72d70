/**
 * @file The compiled engine: a program is traced once, lowered to ONNX and run by ONNX Runtime.
 *
 * State is kept outside the graph: each step is fed the state's tensors and writes the new ones into a second set of
 * buffers, then the two sets change places, so that no run allocates state. The same machine, thread count and
 * inputs give the same bits.
 *
 * ONNX Runtime's telemetry is off unless the user has set `ORT_DISABLE_TELEMETRY`: it would look up a host of
 * Microsoft's and keep a device's id and a queue of events in the home folder.
 *
 * NOTE: `run` blocks the event loop while the graph runs, which is why batches are made in a worker thread.
 */
import type * as Ort from 'onnxruntime-node';
import { internal, messageOf, UserError } from '../errors.js';
import type { DType, HostData, HostTensors } from './program/host-tensor.js';
import { inputsAt, optimise, traceInference, usedInputs } from './inference-graph.js';
import { loadOnnxRuntime } from './onnx-runtime.js';
import { toHost } from './ort-tensors.js';
import { encodeOnnx } from './onnx/encode.js';
import { removeDeadNodes, withoutReshapes } from './passes/rewrite.js';
import { foldScalesOfAddends } from './passes/scale-of-addend.js';
import type { Engine, Inference, InferenceDefinition, Step, StepDefinition, TensorSpecs } from './program/program.js';
import { traceProgram } from './trace/trace-backend.js';

export interface OnnxEngineOptions {
  /** Where the graph runs: an execution provider of ONNX Runtime. */
  readonly device?: string;
  /** Threads within an operator. */
  readonly threads: number;
}

export function createOnnxEngine({ device = 'cpu', threads }: OnnxEngineOptions): Engine {
  // cuBLAS and cuDNN would else round the factors of products to 10 bits on newer GPUs.
  if (device === 'cuda') process.env.NVIDIA_TF32_OVERRIDE ??= '0';
  // ONNX Runtime reads this as it loads. NOTE: only the main thread's `process.env` is the one that it sees.
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  const { ort, driver } = loadOnnxRuntime(device);
  ort.env.logLevel = 'fatal'; // what fails is reported once, by us
  const sessionOptions: Ort.InferenceSession.SessionOptions = {
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
    // Flushing denormals keeps the speed when gradients fade; idle threads that do not spin leave the cores to the
    // loader.
    extra: { session: { set_denormal_as_zero: '1', intra_op: { allow_spinning: '0' } } },
  };
  const createSession = async (model: Uint8Array, options: Ort.InferenceSession.SessionOptions = {}) => {
    try {
      return await ort.InferenceSession.create(model, { ...sessionOptions, ...options });
    } catch (cause) {
      if (device === 'cpu') throw cause;
      throw new UserError(
        `the onnx engine cannot use --device ${device} here: ${reasonIn(messageOf(cause))}\nsee which devices work with: acanet doctor`,
        { cause },
      );
    }
  };
  const toOrt = (dtype: DType, data: HostData, shape: readonly number[]) => new ort.Tensor(dtype, data as never, shape);

  async function compileStep({ program, inputs, state }: StepDefinition): Promise<Step> {
    const inputPorts = fixedInputs(inputs);
    const stateNames = Object.keys(state);
    const statePorts = stateNames.map((name) => ({ name, shape: state[name].shape, dtype: state[name].dtype }));
    const graph = optimise(traceProgram(program, [...inputPorts, ...statePorts]));
    foldScalesOfAddends(graph);
    for (const name of stateNames) {
      if (!graph.outputs.some((output) => output.name === name)) throw internal(`the step drops ${name}`);
    }
    // A graph's outputs need names of their own: state goes in as `name` and comes out as `new:name`, under the shape
    // in which it was computed, since a reshape of a graph's output would copy it.
    for (const output of graph.outputs) {
      if (!(output.name in state)) continue;
      Object.assign(output, { name: `new:${output.name}`, value: withoutReshapes(output.value) });
    }
    removeDeadNodes(graph);
    const outputs = graph.outputs.map(({ name, value }) => ({ name, shape: value.shape, dtype: value.dtype as DType }));
    const ports = usedInputs(graph, [...inputPorts, ...statePorts]);
    const session = await createSession(encodeOnnx(graph, { inputs: ports, outputs }));

    const outputShapes = new Map(outputs.map(({ name, shape }) => [name, shape]));
    /** One set of buffers, seen as the graph takes it in and as it gives it out. */
    const stateBuffers = () => {
      const data = new Map(stateNames.map((name) => [name, state[name].data.slice()]));
      const view = (shapeOf: (name: string) => readonly number[]) =>
        new Map(stateNames.map((name) => [name, toOrt(state[name].dtype, data.get(name)!, shapeOf(name))]));
      return { taken: view((name) => state[name].shape), given: view((name) => outputShapes.get(`new:${name}`)!) };
    };
    let [current, next] = [stateBuffers(), stateBuffers()];
    const reported = outputs.filter(({ name }) => !name.startsWith('new:'));
    const fed = new Set(ports.map(({ name }) => name));

    return {
      async run(feed) {
        const feeds: Record<string, Ort.Tensor> = {};
        for (const { name, shape, dtype } of inputPorts) {
          if (fed.has(name)) feeds[name] = toOrt(dtype, requireInput(feed, name), shape);
        }
        for (const name of stateNames) if (fed.has(name)) feeds[name] = current.taken.get(name)!;
        const fetches: Record<string, Ort.Tensor | null> = {};
        for (const { name } of reported) fetches[name] = null;
        for (const name of stateNames) fetches[`new:${name}`] = next.given.get(name)!;
        const results = await session.run(feeds, fetches);
        [current, next] = [next, current];
        return toHost(reported.map(({ name }) => [name, results[name]]));
      },
      readState: (names = stateNames) => {
        const tensors = toHost(names.map((name) => [name, current.taken.get(name)!]));
        return Object.fromEntries(
          Object.entries(tensors).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
        ) as HostTensors;
      },
      dispose: () => session.release(),
    };
  }

  async function compileInference(definition: InferenceDefinition): Promise<Inference> {
    const { graph, inputs: ports, outputs, dynamic } = traceInference(definition);
    const model = encodeOnnx(graph, { inputs: ports, outputs });
    // Memory patterns assume that sizes repeat; with sizes that vary they only cost.
    const session = await createSession(model, { enableMemPattern: !dynamic });
    return {
      async run(feed) {
        const feeds: Record<string, Ort.Tensor> = {};
        for (const { name } of ports) {
          const { dtype, data, shape } = requireInput(feed, name);
          feeds[name] = toOrt(dtype, data, shape);
        }
        return toHost(Object.entries(await session.run(feeds)));
      },
      dispose: () => session.release(),
    };
  }

  return { name: 'onnx', computesOn: driver, compileStep, compileInference };
}

/**
 * Of what ONNX Runtime says, often with the signatures of its functions around it, the part that a user can make use
 * of.
 */
const reasonIn = (said: string): string => /CUDA failure [^;]*[^; ]|Failed to [^;\n]*[^;\s]/.exec(said)?.[0] ?? said;

function fixedInputs(inputs: TensorSpecs) {
  for (const [name, { shape }] of Object.entries(inputs)) {
    if (shape.some((size) => typeof size === 'string')) throw internal(`step input ${name} has no fixed shape`);
  }
  return inputsAt(inputs, {});
}

function requireInput<T>(feed: Record<string, T>, name: string): T {
  const data = feed[name];
  if (data === undefined) throw internal(`the input ${name} was not fed`);
  return data;
}

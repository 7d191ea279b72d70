/**
 * @file The compiled engine: a program is traced once, lowered to ONNX and run by ONNX Runtime.
 *
 * The same machine, thread count and inputs give the same bits.
 *
 * ONNX Runtime's telemetry is off unless the user has set `ORT_DISABLE_TELEMETRY`: it would look up a host of
 * Microsoft's and keep a device's id and a queue of events in the home folder.
 *
 * NOTE: `run` blocks the event loop while the graph runs, which is why batches are made in a worker thread.
 */
import type * as Ort from 'onnxruntime-node';
import { messageOf, UserError } from '../errors.js';
import type { DType, HostData } from './program/host-tensor.js';
import { requireInput, traceInference } from './inference-graph.js';
import { loadOnnxRuntime } from './onnx-runtime.js';
import { toHost } from './ort-tensors.js';
import { encodeOnnx } from './onnx/encode.js';
import { packingOptions, sessionOptions, type SessionSettings } from './onnx-session.js';
import { createParallelInference, WEIGHTS } from './parallel-inference.js';
import { createOnnxResidentStep } from './onnx-resident-step.js';
import { createOnnxScanStep } from './onnx-scan-step.js';
import { createOnnxStep } from './onnx-step.js';
import { fitWebgpu } from './fit-webgpu.js';
import type { Engine, Inference, InferenceDefinition, StepDefinition } from './program/program.js';
import { simplifyInference } from './simplify-inference.js';

export interface OnnxEngineOptions {
  /** Where the graph runs: an execution provider of ONNX Runtime. */
  readonly device?: string;
  /** Threads within an operator. */
  readonly threads: number;
}

/** Inferences side by side at most: each has a copy of the model. */
const MOST_AT_ONCE = 16;

export function createOnnxEngine({ device = 'cpu', threads }: OnnxEngineOptions): Engine {
  // cuBLAS and cuDNN would else round the factors of products to 10 bits on newer GPUs.
  if (device === 'cuda') process.env.NVIDIA_TF32_OVERRIDE ??= '0';
  // ONNX Runtime reads this as it loads. NOTE: only the main thread's `process.env` is the one that it sees.
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  const { ort, driver } = loadOnnxRuntime(device);
  ort.env.logLevel = 'fatal'; // what fails is reported once, by us
  const createSession = async (model: Uint8Array, settings: Partial<SessionSettings> = {}) => {
    try {
      return await ort.InferenceSession.create(model, sessionOptions({ device, threads, ...settings }));
    } catch (cause) {
      if (device === 'cpu') throw cause;
      throw new UserError(
        `the onnx engine cannot use --device ${device} here: ${reasonIn(messageOf(cause))}\nsee which devices work with: acanet doctor`,
        { cause },
      );
    }
  };
  const toOrt = (dtype: DType, data: HostData, shape: readonly number[]) => new ort.Tensor(dtype, data as never, shape);

  const compileStep = (definition: StepDefinition) => {
    if (device === 'webgpu') return createOnnxResidentStep(definition, { createSession, toOrt });
    const create = (definition.stepsPerCall ?? 1) > 1 ? createOnnxScanStep : createOnnxStep;
    return create(definition, { createSession, toOrt });
  };

  async function compileInference(definition: InferenceDefinition): Promise<Inference> {
    const { graph, inputs: ports, outputs } = traceInference(definition);
    if (device === 'cpu') await simplifyInference(graph);
    if (device === 'webgpu') fitWebgpu(graph);
    const model = encodeOnnx(graph, { inputs: ports, outputs });
    const sideBySide = device === 'cpu' ? definition.atOnce : undefined;
    const atOnce = Math.min(sideBySide ?? 1, threads, MOST_AT_ONCE);
    if (atOnce > 1) {
      const writePacked = async (path: string) => (await ort.InferenceSession.create(model, packingOptions(path, WEIGHTS))).release(); // prettier-ignore
      return createParallelInference(writePacked, { inputs: ports.map(({ name }) => name), threads: atOnce });
    }
    const session = await createSession(model, sideBySide === undefined ? { spins: true } : { threads: 1 });
    return {
      atOnce: 1,
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

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
import { createOnnxScanStep } from './onnx-scan-step.js';
import { createOnnxStep } from './onnx-step.js';
import type { Engine, Inference, InferenceDefinition, StepDefinition } from './program/program.js';

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
    // A plan of all memory, made in the first run, would be laid out beside what that run has taken: a third more.
    enableMemPattern: false,
    logSeverityLevel: 4,
    // Flushing denormals keeps the speed when gradients fade; idle threads that do not spin leave the cores to the
    // loader.
    extra: { session: { set_denormal_as_zero: '1', intra_op: { allow_spinning: '0' } } },
  };
  const createSession = async (model: Uint8Array) => {
    try {
      return await ort.InferenceSession.create(model, sessionOptions);
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
    const create = (definition.stepsPerCall ?? 1) > 1 ? createOnnxScanStep : createOnnxStep;
    return create(definition, { createSession, toOrt });
  };

  async function compileInference(definition: InferenceDefinition): Promise<Inference> {
    const { graph, inputs: ports, outputs } = traceInference(definition);
    const model = encodeOnnx(graph, { inputs: ports, outputs });
    const session = await createSession(model);
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

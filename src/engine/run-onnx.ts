/** @file Runs an ONNX file as any program would that has nothing but the file. */
import type * as Ort from 'onnxruntime-node';
import { messageOf, UserError } from '../errors.js';
import { loadOnnxRuntime } from './onnx-runtime.js';
import { sessionOptions } from './onnx-session.js';
import { toHost } from './ort-tensors.js';
import type { HostTensor, HostTensors } from './program/host-tensor.js';

/** What goes into a graph: counts of frames may be int64 there. */
export type OnnxInputs = Readonly<
  Record<
    string,
    HostTensor | { readonly dtype: 'int64'; readonly shape: readonly number[]; readonly data: BigInt64Array }
  >
>;

export interface OnnxFile {
  /**
   * @param outputs those wanted; default: all
   * @throws UserError with what ONNX Runtime says, where the graph does not run on these inputs
   */
  run(inputs: OnnxInputs, outputs?: readonly string[]): Promise<HostTensors>;
  close(): Promise<void>;
}

export interface OnnxFileOptions {
  readonly device?: string;
  readonly threads: number;
  /** false: as the file has it, so that inner values are still there. */
  readonly optimise?: boolean;
}

/**
 * @param model the bytes of the file, or its path, by which weights in files beside it are found
 * @throws UserError with what ONNX Runtime says, where it cannot load a file
 */
export async function openOnnxFile(
  model: Uint8Array | string,
  { device = 'cpu', threads, optimise = true }: OnnxFileOptions,
): Promise<OnnxFile> {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  // cuBLAS and cuDNN would else round the factors of products to 10 bits on newer GPUs.
  if (device === 'cuda') process.env.NVIDIA_TF32_OVERRIDE ??= '0';
  const { ort } = loadOnnxRuntime(device);
  ort.env.logLevel = 'fatal'; // what fails is reported once, by us
  const options: Ort.InferenceSession.SessionOptions = {
    ...sessionOptions({ device, threads, spins: true }),
    graphOptimizationLevel: optimise ? 'all' : 'disabled',
  };
  let session: Ort.InferenceSession;
  try {
    session = await (typeof model === 'string'
      ? ort.InferenceSession.create(model, options)
      : ort.InferenceSession.create(model, options));
  } catch (cause) {
    const which = typeof model === 'string' ? `${model}: ` : '';
    throw new UserError(`${which}ONNX Runtime cannot load the model: ${firstLine(cause)}`, { cause });
  }
  return {
    async run(inputs, outputs) {
      const feeds: Record<string, Ort.Tensor> = {};
      for (const [name, { dtype, data, shape }] of Object.entries(inputs)) {
        feeds[name] = new ort.Tensor(dtype, data as never, shape);
      }
      try {
        return toHost(Object.entries(await (outputs ? session.run(feeds, [...outputs]) : session.run(feeds))));
      } catch (cause) {
        throw new UserError(`the model does not run on this input: ${firstLine(cause)}`, { cause });
      }
    },
    close: () => session.release(),
  };
}

const firstLine = (thrown: unknown) => messageOf(thrown).split('\n')[0];

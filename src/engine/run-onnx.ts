/** @file Runs an ONNX file as any program would that has nothing but the file. */
import type * as Ort from 'onnxruntime-node';
import { loadOnnxRuntime } from './onnx-runtime.js';
import { toHost } from './ort-tensors.js';
import type { HostTensors } from './program/host-tensor.js';

export interface OnnxFile {
  run(inputs: HostTensors): Promise<HostTensors>;
  close(): Promise<void>;
}

/** @param model the bytes of the file */
export async function openOnnxFile(model: Uint8Array, { threads }: { threads: number }): Promise<OnnxFile> {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  const { ort } = loadOnnxRuntime('cpu');
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    enableMemPattern: false,
    logSeverityLevel: 4,
  });
  return {
    async run(inputs) {
      const feeds: Record<string, Ort.Tensor> = {};
      for (const [name, { dtype, data, shape }] of Object.entries(inputs)) {
        feeds[name] = new ort.Tensor(dtype, data as never, shape);
      }
      return toHost(Object.entries(await session.run(feeds)));
    },
    close: () => session.release(),
  };
}

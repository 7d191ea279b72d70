/** @file A thread with a session of its own: one inference after the other, on this thread alone. */
import type * as Ort from 'onnxruntime-node';
import { Tinypool } from 'tinypool';
import { loadOnnxRuntime } from './onnx-runtime.js';
import { sessionOptions } from './onnx-session.js';
import { toHost } from './ort-tensors.js';
import type { HostTensors } from './program/host-tensor.js';

/** A model that is as ONNX Runtime would run it, and how many threads have opened it, or failed to. */
const { path, opened } = Tinypool.workerData as { readonly path: string; readonly opened: Int32Array };

const { ort } = loadOnnxRuntime('cpu');
ort.env.logLevel = 'fatal';
const [opening] = await Promise.allSettled([
  ort.InferenceSession.create(path, {
    ...sessionOptions({ device: 'cpu', threads: 1 }),
    graphOptimizationLevel: 'disabled',
  }),
]);
Atomics.add(opened, 0, 1);

export default async function infer(inputs: HostTensors): Promise<HostTensors> {
  if (opening.status === 'rejected') throw opening.reason;
  const feeds: Record<string, Ort.Tensor> = {};
  for (const [name, { dtype, data, shape }] of Object.entries(inputs)) {
    feeds[name] = new ort.Tensor(dtype, data as never, shape);
  }
  return toHost(Object.entries(await opening.value.run(feeds)));
}

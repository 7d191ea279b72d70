/** @file A thread with a session of its own: one inference after the other, on this thread alone. */
import type * as Ort from 'onnxruntime-node';
import { Tinypool } from 'tinypool';
import { InferenceThreads } from './inference-threads.js';
import { loadOnnxRuntime } from './onnx-runtime.js';
import { sessionOptions } from './onnx-session.js';
import { toHost } from './ort-tensors.js';
import type { HostTensors } from './program/host-tensor.js';

/** A model that is as ONNX Runtime would run it, and what the threads share. */
const { path, shared } = Tinypool.workerData as {
  readonly path: string;
  readonly shared: Int32Array<SharedArrayBuffer>;
};
const threads = new InferenceThreads(shared);

/** What cannot be opened is said by each inference. */
const [opening] = await Promise.allSettled([
  threads.inside(async () => {
    const { ort } = loadOnnxRuntime('cpu');
    ort.env.logLevel = 'fatal';
    const session = await ort.InferenceSession.create(path, {
      ...sessionOptions({ device: 'cpu', threads: 1 }),
      graphOptimizationLevel: 'disabled',
    });
    threads.opened();
    return { ort, session };
  }),
]);

export default async function infer(inputs: HostTensors): Promise<HostTensors> {
  if (opening.status === 'rejected') throw opening.reason;
  const { ort, session } = opening.value;
  const feeds: Record<string, Ort.Tensor> = {};
  for (const [name, { dtype, data, shape }] of Object.entries(inputs)) {
    feeds[name] = new ort.Tensor(dtype, data as never, shape);
  }
  return toHost(Object.entries(await threads.inside(() => session.run(feeds))));
}

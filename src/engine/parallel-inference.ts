/**
 * @file Several inferences at once, each on one thread: small products that gain little from a second thread are then
 * computed side by side. Results do not depend on the number of threads.
 */
import { Tinypool } from 'tinypool';
import { requireInput } from './inference-graph.js';
import type { HostTensors } from './program/host-tensor.js';
import type { Inference } from './program/program.js';

/**
 * @param model encoded
 * @param inputs names of those that the model uses
 */
export function createParallelInference(model: Uint8Array, inputs: readonly string[], threads: number): Inference {
  const shared = new Uint8Array(new SharedArrayBuffer(model.length)); // one copy for all threads
  shared.set(model);
  const pool = new Tinypool({
    filename: new URL('./inference-worker.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    workerData: { model: shared },
  });
  return {
    atOnce: threads,
    run: (feed) =>
      pool.run(Object.fromEntries(inputs.map((name) => [name, requireInput(feed, name)]))) as Promise<HostTensors>,
    dispose: () => pool.destroy(),
  };
}

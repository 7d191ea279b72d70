/**
 * @file Several inferences at once, each on one thread: two threads do more on two utterances than on one. Results do
 * not depend on the number of threads.
 *
 * Each thread has a session of its own, but the weights, laid out as ONNX Runtime's products want them, are there once:
 * a first session writes them into a temporary file, of which the others map the same pages. The file is removed when
 * all have it open.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, UserError } from '../errors.js';
import { createThreadPool } from '../thread-pool.js';
import { InferenceThreads } from './inference-threads.js';
import { requireInput } from './inference-graph.js';
import type { HostTensors } from './program/host-tensor.js';
import type { Inference } from './program/program.js';

const MODEL = 'model.onnx';
export const WEIGHTS = 'weights.bin';

/**
 * @param writePacked writes the model under this path, ready to be run, and its weights beside it as `WEIGHTS`
 * @param inputs names of those that the model uses
 * @throws UserError where the temporary folder cannot be written
 */
export async function createParallelInference(
  writePacked: (path: string) => Promise<void>,
  { inputs, threads }: { inputs: readonly string[]; threads: number },
): Promise<Inference> {
  const shared = new InferenceThreads();
  let folder: string | undefined;
  const remove = () => {
    if (folder === undefined) return;
    try {
      rmSync(folder, { recursive: true, force: true });
      folder = undefined;
    } catch {
      // Still mapped, as on NFS and Windows: it goes when the process ends.
    }
  };
  const end = () => {
    shared.closeAtOnce();
    remove();
  };
  let path: string;
  try {
    folder = mkdtempSync(join(tmpdir(), 'acanet-model-'));
    process.once('exit', end);
    path = join(folder, MODEL);
    await writePacked(path);
  } catch (cause) {
    remove();
    if (folder === undefined) process.off('exit', end);
    throw new UserError(
      `cannot write the model into the temporary folder ${tmpdir()}: ${messageOf(cause)}\nset TMPDIR to a folder with room for it`,
      { cause },
    );
  }
  const pool = createThreadPool<HostTensors, HostTensors>({
    module: new URL('./inference-worker.js', import.meta.url),
    threads: [threads, threads],
    workerData: { path, shared: shared.shared },
    tasksPerThread: 2, // the next is there when one is done
  });
  const running = new Set<Promise<unknown>>();
  let removed = false;
  return {
    atOnce: threads,
    async run(feed) {
      const given = Object.fromEntries(inputs.map((name) => [name, requireInput(feed, name)]));
      const run = pool.run(given);
      running.add(run);
      try {
        return await run;
      } finally {
        running.delete(run);
        if (!removed && shared.open >= threads) {
          removed = true;
          remove();
        }
      }
    },
    async dispose() {
      await Promise.allSettled(running);
      await shared.close();
      await pool.destroy();
      remove();
      if (folder === undefined) process.off('exit', end);
    },
  };
}

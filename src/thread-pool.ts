/**
 * @file Worker threads that do one task after the other. What befalls a thread between its tasks (a module that cannot be
 * loaded, memory that has run out) is told by the tasks, as nothing else waits for it.
 */
import type { Worker } from 'node:worker_threads';
import { Tinypool } from 'tinypool';

export interface ThreadPool<Task, Result> {
  /** Throws what the task throws, or what has befallen a thread. */
  run(task: Task, options?: { signal?: AbortSignal }): Promise<Result>;
  /** Ends the threads; tasks that are under way are rejected. */
  destroy(): Promise<void>;
}

export interface ThreadPoolOptions {
  /** URL of the module whose default export does a task. */
  module: URL;
  /** Threads that are there from the start, and at most. */
  threads: readonly [least: number, most: number];
  /** What the module finds as `Tinypool.workerData`. */
  workerData?: unknown;
  /** Tasks that a thread has at hand; default 1. */
  tasksPerThread?: number;
}

export function createThreadPool<Task, Result>(options: ThreadPoolOptions): ThreadPool<Task, Result> {
  const [minThreads, maxThreads] = options.threads;
  const pool = new Tinypool({
    filename: options.module.href,
    minThreads,
    maxThreads,
    workerData: options.workerData,
    concurrentTasksPerWorker: options.tasksPerThread ?? 1,
  });
  const underWay = new Set<(error: unknown) => void>();
  let broken: { error: unknown } | undefined;
  pool.on('error', (error: unknown) => {
    broken ??= { error };
    for (const reject of underWay) reject(error);
  });
  return {
    run: (task, { signal } = {}) =>
      new Promise((resolve, reject) => {
        if (broken) throw broken.error;
        underWay.add(reject);
        (pool.run(task, { signal }) as Promise<Result>).then(resolve, reject).finally(() => underWay.delete(reject));
      }),
    async destroy() {
      // `events.once`, with which Tinypool waits for a thread, calls this where that fails meanwhile.
      for (const each of pool.threads as unknown as { thread?: Worker; removeListener?: Worker['off'] }[])
        each.removeListener ??= (...args) => each.thread!.off(...args);
      await pool.destroy().catch(() => undefined); // said by the tasks
    },
  };
}

/**
 * @file Batches assembled ahead of the training loop, in a worker thread.
 *
 * The order of batches is a pure function of the step (`sampler.ts`, `crop.ts`), so the worker needs no instruction but
 * where to start. It runs ahead of the consumer by `prefetch` batches: these credits are granted in advance, since the
 * consumer's event loop stands still while the network runs. Buffers are transferred, not copied.
 * An error in the worker is raised by the `next()` that would have given the batch; a UserError stays one.
 */
import { Worker } from 'node:worker_threads';
import { internal, UserError } from '../errors.js';
import type { Batch, PadPolicy } from './crop.js';
import type { SamplerOptions, TrainingUtterance } from './sampler.js';

export interface BatchLoaderOptions {
  /** Folder of the feature cache. */
  cacheDir: string;
  /** What to train on, after the policy for short clips. */
  utterances: readonly TrainingUtterance[];
  seed: number;
  sampler: SamplerOptions;
  cropFrames: number;
  pad: PadPolicy;
  /** First step wanted and the step to end before; steps count from 0 over all epochs. */
  startStep: number;
  endStep: number;
  /** Batches that are ready or in the making at most. */
  prefetch?: number;
}

/** A batch and the step that it belongs to. */
export interface LoadedBatch extends Batch {
  step: number;
  epoch: number;
}

export interface BatchLoader {
  /** The next batch; undefined after the last. One call at a time. @throws what stopped the worker */
  next(): Promise<LoadedBatch | undefined>;
  /** Seconds that `next` has spent waiting, in all. */
  waitSeconds(): number;
  /** Ends the worker. May be called at any time, more than once. */
  close(): Promise<void>;
}

/** From the worker: a batch, its end, or what went wrong. */
export type LoaderMessage =
  | { type: 'batch'; batch: LoadedBatch }
  | { type: 'end' }
  | { type: 'error'; userError: boolean; message: string; exitCode: number; stack: string };

/** What the worker is started with. */
export type LoaderWorkerData = Required<BatchLoaderOptions>;

/** Starts the worker. */
export function createBatchLoader({ prefetch = 4, ...options }: BatchLoaderOptions): BatchLoader {
  const workerData: LoaderWorkerData = { ...options, prefetch };
  const worker = new Worker(new URL('./batch-loader-worker.js', import.meta.url), { workerData });
  const ready: LoadedBatch[] = [];
  let ended = false;
  let failure: Error | undefined;
  let wake: (() => void) | undefined;
  let waited = 0;

  const update = (change: () => void) => {
    change();
    wake?.();
  };
  worker.on('message', (message: LoaderMessage) =>
    update(() => {
      if (message.type === 'batch') ready.push(message.batch);
      else if (message.type === 'end') ended = true;
      else failure ??= toError(message);
    }),
  );
  worker.on('error', (error) => update(() => (failure ??= error)));
  worker.on('exit', () =>
    update(() => {
      if (!ended) failure ??= internal('the batch loader has ended before its last batch');
    }),
  );
  // The process must be able to end while batches lie ready; only a caller who waits holds it (see next).
  worker.unref();

  return {
    next: async () => {
      const since = performance.now();
      worker.ref();
      while (ready.length === 0 && !ended && !failure) await new Promise<void>((resolve) => (wake = resolve));
      worker.unref();
      waited += performance.now() - since;
      const batch = ready.shift();
      if (batch) worker.postMessage('consumed');
      else if (failure) throw failure;
      return batch;
    },
    waitSeconds: () => waited / 1000,
    close: async () => {
      failure ??= internal('the batch loader is closed');
      await worker.terminate();
    },
  };
}

function toError({ userError, message, exitCode, stack }: Extract<LoaderMessage, { type: 'error' }>): Error {
  if (userError) return new UserError(message, { exitCode });
  const error = new Error(message);
  error.stack = stack;
  return error;
}

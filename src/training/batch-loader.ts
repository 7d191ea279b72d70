/**
 * @file Batches assembled ahead of the training loop, in worker threads.
 *
 * The order of batches is a pure function of the step (`sampler.ts`, `crop.ts`), and so is what is in each of them.
 * This side plans the epochs and orders batches from the threads, `prefetch` batches ahead of the consumer: these
 * orders lie with the threads in advance, since the consumer's event loop stands still while the network runs. Each
 * thread makes the crops of its own audio files, a part of every batch: so no file is decoded and kept by two of them,
 * and a batch that is waited for is made by all. Batches are handed out in order and their rows are where the plan has
 * them, so the number of threads does not show in the result. A thread knows of an utterance only what its orders say:
 * the list of them is kept once. An error in a thread is raised by the `next()` that would have given the batch; a
 * UserError stays one.
 */
import { Worker } from 'node:worker_threads';
import { internal, UserError } from '../errors.js';
import { DamagedFile } from '../storage/written-files.js';
import type { AugmentationOptions } from '../features/augmentation/options.js';
import type { AugmentationSources, SpeechRecording } from '../features/augmentation/sources.js';
import type { Batch, CropAudio, CropOrder, PadPolicy } from './crop.js';
import { hashKeys } from '../random.js';
import { planEpoch, stepsPerEpoch, type EpochPlan, type SamplerOptions, type TrainingUtterance } from './sampler.js';

export interface BatchLoaderOptions {
  /** Folder of the feature cache. */
  cacheDir: string;
  /** What to train on, after the policy for short clips. */
  utterances: readonly TrainingUtterance[];
  seed: number;
  sampler: SamplerOptions;
  cropFrames: number;
  pad: PadPolicy;
  /** What is drawn while training; absent: crops are those of the cache. */
  augmentation?: LoaderAugmentation;
  /** Where the audio of an utterance lies; given where crops are made from audio. */
  audioOf?: (utterance: TrainingUtterance) => CropAudio;
  /** First step wanted and the step to end before; steps count from the first of `firstEpoch` over all epochs. */
  startStep: number;
  endStep: number;
  /** The epoch that step 0 belongs to (default: 0): batches are keyed by their epoch. */
  firstEpoch?: number;
  /** Worker threads. */
  threads?: number;
  /** Batches that are ready or in the making at most. */
  prefetch?: number;
}

/** What the threads open their augmentation with. */
export interface LoaderAugmentation {
  options: AugmentationOptions;
  sources: AugmentationSources;
  /** Where babble is made of them. */
  training?: readonly SpeechRecording[];
}

/** A batch and the step that it belongs to. */
export interface LoadedBatch extends Batch {
  step: number;
  epoch: number;
}

export interface BatchLoader {
  /** The next batch; undefined after the last. One call at a time. @throws what stopped its thread */
  next(): Promise<LoadedBatch | undefined>;
  /** Seconds that `next` has spent waiting, in all. */
  waitSeconds(): number;
  /** Ends the threads. May be called at any time, more than once. */
  close(): Promise<void>;
}

/** To a thread: a batch to make, or its part of one. */
export interface BatchOrder {
  step: number;
  epoch: number;
  crops: CropOrder[];
}

/** From a thread: its part of a batch, or what went wrong with it. */
export type LoaderMessage =
  | { type: 'batch'; batch: LoadedBatch }
  | {
      type: 'error';
      step: number;
      userError: boolean;
      message: string;
      exitCode: number;
      stack: string;
      damaged?: string;
    };

/** What a thread is started with. */
export interface LoaderWorkerData extends Pick<
  BatchLoaderOptions,
  'cacheDir' | 'seed' | 'cropFrames' | 'pad' | 'augmentation'
> {
  /** Crops are made from audio. */
  online: boolean;
}

/** Starts the threads. */
export function createBatchLoader(options: BatchLoaderOptions): BatchLoader {
  const { startStep, endStep, threads = 1, prefetch = 4 } = options;
  const { cacheDir, seed, cropFrames, pad, augmentation, audioOf } = options;
  const workerData: LoaderWorkerData = { cacheDir, seed, cropFrames, pad, augmentation, online: audioOf !== undefined };
  const done = new Map<number, LoadedBatch | Error>();
  let failure: Error | undefined;
  let closing = false;
  let wake: (() => void) | undefined;
  let waited = 0;

  const update = (change: () => void) => {
    change();
    wake?.();
  };
  const underWay = new Map<number, BatchInParts>();
  const startThread = (thread: number) => {
    const worker = new Worker(new URL('./batch-loader-worker.js', import.meta.url), { workerData });
    worker.on('message', (message: LoaderMessage) =>
      update(() => {
        if (message.type === 'error') {
          done.set(message.step, toError(message));
          return;
        }
        const whole = takePart(underWay.get(message.batch.step)!, thread, message.batch);
        if (!whole) return;
        underWay.delete(whole.step);
        // An error in another part stays.
        if (!done.has(whole.step)) done.set(whole.step, whole);
      }),
    );
    worker.on('error', (error) => update(() => (failure ??= error)));
    worker.on('exit', () =>
      update(() => {
        if (!closing) failure ??= internal('a thread of the batch loader has ended before its last batch');
      }),
    );
    // The process must be able to end while batches lie ready; only a caller who waits holds it (see next).
    worker.unref();
    return worker;
  };
  const workers = Array.from({ length: threads }, (_, thread) => startThread(thread));
  const orders = orderBatches(options);
  const orderOne = () => {
    const { value, done: none } = orders.next();
    if (none) return;
    const parts = partsOf(value, threads);
    underWay.set(value.step, parts);
    for (const [thread, rows] of parts.rows) {
      const part: BatchOrder = { ...value, crops: rows.map((row) => value.crops[row]) };
      workers[thread].postMessage(part);
    }
  };
  for (let i = 0; i < prefetch; i++) orderOne();

  let wanted = startStep;
  return {
    next: async () => {
      if (wanted >= endStep) return undefined;
      const since = performance.now();
      for (const worker of workers) worker.ref();
      while (!done.has(wanted) && !failure) await new Promise<void>((resolve) => (wake = resolve));
      for (const worker of workers) worker.unref();
      waited += performance.now() - since;
      const batch = done.get(wanted) ?? failure;
      if (!batch || batch instanceof Error) throw batch ?? internal('the batch loader has neither batch nor error');
      done.delete(wanted++);
      orderOne();
      return batch;
    },
    waitSeconds: () => waited / 1000,
    close: async () => {
      closing = true;
      failure ??= internal('the batch loader is closed');
      await Promise.all(workers.map((worker) => worker.terminate()));
      wake?.();
    },
  };
}

/** A batch that threads make parts of. */
interface BatchInParts {
  size: number;
  /** By thread: the rows that it makes, in their order. */
  rows: ReadonlyMap<number, readonly number[]>;
  /** Parts that are not there yet. */
  missing: number;
  batch?: LoadedBatch;
}

/** Crops go by their audio file, or utterance. */
function partsOf({ crops }: BatchOrder, threads: number): BatchInParts {
  const rows = new Map<number, number[]>();
  for (const [row, { id, audio }] of crops.entries()) {
    const thread = threads === 1 ? 0 : (hashKeys([audio?.piece.path ?? id], 0) >>> 0) % threads;
    const own = rows.get(thread);
    if (own) own.push(row);
    else rows.set(thread, [row]);
  }
  return { size: crops.length, rows, missing: rows.size };
}

/** Puts a part into its rows. @returns the batch, if it was the last one */
function takePart(parts: BatchInParts, thread: number, part: LoadedBatch): LoadedBatch | undefined {
  parts.missing--;
  if (parts.rows.size === 1) return part;
  const rows = parts.rows.get(thread)!;
  const cropSize = part.features.length / rows.length;
  const batch = (parts.batch ??= {
    ...part,
    features: new Float32Array(parts.size * cropSize),
    targets: new Int32Array(parts.size),
  });
  for (const [from, row] of rows.entries()) {
    batch.features.set(part.features.subarray(from * cropSize, (from + 1) * cropSize), row * cropSize);
    batch.targets[row] = part.targets[from];
  }
  return parts.missing === 0 ? batch : undefined;
}

/** All batches from the first step to the last, each planned when it is asked for. */
function* orderBatches(options: BatchLoaderOptions): Generator<BatchOrder, undefined> {
  const { utterances, seed, sampler, startStep, endStep, firstEpoch = 0, audioOf } = options;
  const perEpoch = stepsPerEpoch(utterances.length, sampler);
  let planned: { epoch: number; plan: EpochPlan } | undefined;
  for (let step = startStep; step < endStep; step++) {
    const inEpoch = step % perEpoch;
    const epoch = firstEpoch + (step - inEpoch) / perEpoch;
    if (planned?.epoch !== epoch) planned = { epoch, plan: planEpoch({ ...sampler, seed, epoch, utterances }) };
    const crops = planned.plan.batch(inEpoch).map(({ utterance: index, copy }): CropOrder => {
      const utterance = utterances[index];
      const { id, target } = utterance;
      return { id, target, copy, ...(audioOf && { audio: audioOf(utterance) }) };
    });
    yield { step, epoch, crops };
  }
}

function toError({ userError, message, exitCode, stack, damaged }: Extract<LoaderMessage, { type: 'error' }>): Error {
  if (damaged !== undefined) return new DamagedFile(message, damaged);
  if (userError) return new UserError(message, { exitCode });
  const error = new Error(message);
  error.stack = stack;
  return error;
}

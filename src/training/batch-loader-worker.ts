/**
 * @file The thread behind `batch-loader.ts`: reads crops from the feature cache and posts finished batches.
 *
 * It may be `prefetch` batches ahead; each message from the consumer allows one more.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { internal, messageOf, UserError } from '../errors.js';
import { openFeatureCache } from '../features/cache.js';
import type { LoadedBatch, LoaderMessage, LoaderWorkerData } from './batch-loader.js';
import { assembleBatch } from './crop.js';
import { planEpoch, stepsPerEpoch } from './sampler.js';

const port = parentPort ?? failWith('batch-loader-worker.ts runs only as a worker');
const options = workerData as LoaderWorkerData;

let credits = options.prefetch;
let creditArrived: (() => void) | undefined;
port.on('message', () => {
  credits++;
  creditArrived?.();
});

try {
  for (const batch of batches(options)) {
    while (credits === 0) await new Promise<void>((resolve) => (creditArrived = resolve));
    credits--;
    send({ type: 'batch', batch }, [batch.features.buffer, batch.targets.buffer]);
  }
  send({ type: 'end' });
} catch (error) {
  const { exitCode = 1, stack = '' } = error as Partial<UserError>;
  send({ type: 'error', userError: error instanceof UserError, message: messageOf(error), exitCode, stack });
}
port.close();

/** All batches from the first step to the last, each made when it is asked for. */
function* batches(options: LoaderWorkerData): Generator<LoadedBatch> {
  const { cacheDir, utterances, seed, sampler, startStep, endStep } = options;
  const source = openFeatureCache(cacheDir);
  const perEpoch = stepsPerEpoch(utterances.length, sampler);
  let epoch = Math.floor(startStep / perEpoch);
  for (let step = startStep; step < endStep; epoch++) {
    const epochEnd = Math.min(endStep, (epoch + 1) * perEpoch);
    const planned = planEpoch({ ...sampler, seed, epoch, utterances });
    for (; step < epochEnd; step++) {
      yield {
        step,
        epoch,
        ...assembleBatch({ ...options, source, requests: planned.batch(step - epoch * perEpoch), epoch }),
      };
    }
  }
}

function send(message: LoaderMessage, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

function failWith(message: string): never {
  throw internal(message);
}

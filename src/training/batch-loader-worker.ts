/** @file A thread behind `batch-loader.ts`: makes the batches that it is asked for, one after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { internal, inWords, messageOf, UserError } from '../errors.js';
import { openAugmentation } from '../features/augmentation/augment.js';
import { readCacheDescription } from '../features/cache/cache-format.js';
import { openFeatureCache } from '../features/cache/cache.js';
import { maskedCrops, onlineCrops } from './augmented-crops.js';
import type { BatchOrder, LoaderMessage, LoaderWorkerData } from './batch-loader.js';
import { DamagedFile } from '../storage/written-files.js';
import { assembleBatch, cachedCrops, type ReadCrop } from './crop.js';

const port = parentPort ?? failWith('batch-loader-worker.ts runs only as a thread');
const options = workerData as LoaderWorkerData;

let opened: Promise<{ readCrop: ReadCrop; bins: number }> | undefined;
let last: Promise<void> = Promise.resolve();
port.on('message', (order: BatchOrder) => {
  last = last.then(() => make(order));
});

async function make({ step, epoch, crops }: BatchOrder): Promise<void> {
  try {
    opened ??= openCrops(options);
    const batch = await assembleBatch({ ...options, ...(await opened), crops, epoch });
    send({ type: 'batch', batch: { step, epoch, ...batch } }, [batch.features.buffer, batch.targets.buffer]);
  } catch (thrown) {
    const error = inWords(thrown);
    const { exitCode = 1, stack = '' } = error as Partial<UserError>;
    const damaged = error instanceof DamagedFile ? error.path : undefined;
    const userError = error instanceof UserError;
    send({ type: 'error', step, userError, message: messageOf(error), exitCode, stack, damaged });
  }
}

async function openCrops({ cacheDir, seed, cropFrames, augmentation: given, online }: LoaderWorkerData) {
  const { options: features, bins, globalMean } = readCacheDescription(cacheDir);
  const { sampleRate } = features;
  const augmentation = given && (await openAugmentation(given.options, { ...given, sampleRate }));
  if (online) {
    if (!augmentation) throw internal('crops from audio without augmentation');
    const mean = globalMean && Float32Array.from(globalMean);
    return { bins, readCrop: onlineCrops({ options: features, globalMean: mean, augmentation, seed, cropFrames }) };
  }
  const readCrop = cachedCrops(openFeatureCache(cacheDir), { seed, cropFrames });
  return { bins, readCrop: augmentation ? maskedCrops(readCrop, augmentation, seed) : readCrop };
}

function send(message: LoaderMessage, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

function failWith(message: string): never {
  throw internal(message);
}

/**
 * @file The features that acanet computes as a contestant: utterance by utterance, over worker threads as the feature
 * cache does it. The utterances are pieces of one recording, the same as pytorch/fbank.py's, and lie in memory.
 */
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { readAudio } from '../dist/src/audio/read.js';
import { createFbank } from '../dist/src/features/fbank/fbank.js';
import { featureOptions } from '../dist/src/features/options.js';

const RECORDING = fileURLToPath(new URL('../test/fixtures/audio_features/speech_16k.wav', import.meta.url));
/** Samples that one utterance begins later in the recording than the one before it. */
const STEP = 997;

/** @typedef {{ batch: number, frames: number, threads: number }} FbankOptions */

/**
 * @param {FbankOptions} options
 * @returns {Promise<{ work: () => Promise<number>, parameters: number }>} `work` resolves to the mean of all features
 */
export async function prepareFbank({ batch, frames, threads }) {
  if (threads === 1) {
    const sum = await prepareSum({ first: 0, step: 1, batch, frames });
    return { parameters: 0, work: () => Promise.resolve(sum() / (batch * frames * 80)) };
  }
  const workers = Array.from({ length: threads }, (_, first) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { first, step: threads, batch, frames } });
    worker.unref();
    return worker;
  });
  const ask = (/** @type {Worker} */ worker) =>
    new Promise((/** @type {(value: number) => void} */ resolve) => {
      worker.once('message', resolve);
      worker.postMessage('go');
    });
  return {
    parameters: 0,
    async work() {
      const sums = await Promise.all(workers.map(ask));
      return sums.reduce((total, sum) => total + sum, 0) / (batch * frames * 80);
    },
  };
}

/**
 * Prepares the utterances first, first + step, … and returns the sum over all of their features, computed anew each
 * time.
 * @param {{ first: number, step: number, batch: number, frames: number }} part
 */
async function prepareSum({ first, step, batch, frames }) {
  const { samples } = await readAudio(RECORDING);
  const length = 400 + 160 * (frames - 1);
  const utterances = [];
  for (let number = first; number < batch; number += step) {
    utterances.push(Float32Array.from({ length }, (_, t) => samples[(number * STEP + t) % samples.length]));
  }
  const fbank = createFbank(featureOptions.parse({ sampleRate: 16000, bins: 80 }));
  return () => {
    let sum = 0;
    for (const utterance of utterances) for (const value of fbank(utterance).data) sum += value;
    return sum;
  };
}

if (!isMainThread && parentPort) {
  const port = parentPort;
  const sum = await prepareSum(workerData);
  port.on('message', () => port.postMessage(sum()));
}

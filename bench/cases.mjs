/**
 * @file The comparisons that acanet makes claims about: one model, the features, score normalisation or a matrix
 * product, doing one kind of work at one size.
 *
 * `goals` are upper limits of acanet's time divided by that of the fastest peer, and of PyTorch as it comes.
 */

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {'aca-net' | 'ecapa-512' | 'ecapa-1024' | 'kaldi' | 'matrix' | 'cosine'} model as released / C = 512, MFA
 *   1536 / C = 1024, MFA 3072 / Kaldi's 80-band features of 16 kHz audio / a square matrix of `frames` rows / scores
 * @property {'train' | 'extract' | 'embed' | 'fbank' | 'gemm' | 'products' | 'as-norm'} task one training step, one batch
 *   of embeddings from features, embeddings of utterances each by itself, features, one product, those of a training step
 *   alone (layers.json), or AS-norm of `batch` models and as many test utterances
 * @property {number} batch utterances per request
 * @property {number} frames frames per utterance, 10 ms each; rows of a matrix; members of the cohort
 * @property {number} threads
 * @property {boolean} [quick] is among the cases of --quick
 * @property {{ best?: number, default?: number }} [goals]
 */

/** @param {Case['model']} model @param {number} batch @param {{ quick?: boolean, best: number }} options */
const training = (model, batch, { quick = false, best }) => ({
  name: `${model}-train-${batch}`,
  model,
  task: /** @type {const} */ ('train'),
  batch,
  frames: 300,
  threads: 2,
  quick,
  goals: { best, default: 0.6 },
});

/** @param {Case['model']} model @param {number} batch @param {number} threads */
const extraction = (model, batch, threads) => ({
  name: `${model}-extract-${batch}${threads > 1 ? `-threads-${threads}` : ''}`,
  model,
  task: /** @type {const} */ ('extract'),
  batch,
  frames: 300,
  threads,
  quick: batch === 1,
  goals: { best: 0.9, default: 0.6 },
});

/** The matrix products of a training step by themselves. @param {Case['model']} model @param {number} batch */
const products = (model, batch) => ({
  name: `${model}-products-${batch}`,
  model,
  task: /** @type {const} */ ('products'),
  batch,
  frames: 300,
  threads: 2,
});

/** Utterances each by itself, as `acanet embed` takes them. @param {Case['model']} model */
const embedding = (model) => ({
  name: `${model}-embed`,
  model,
  task: /** @type {const} */ ('embed'),
  batch: 16,
  frames: 300,
  threads: 2,
  quick: true,
  goals: { best: 0.9, default: 0.6 },
});

/** @type {Case[]} */
export const cases = [
  // First: their times say what share of the processor's products the others reach.
  { name: 'gemm-1', model: 'matrix', task: 'gemm', batch: 1, frames: 2048, threads: 1, quick: true },
  { name: 'gemm-2', model: 'matrix', task: 'gemm', batch: 1, frames: 2048, threads: 2, quick: true },
  training('aca-net', 8, { best: 0.8 }),
  training('aca-net', 16, { best: 0.8 }),
  training('aca-net', 32, { quick: true, best: 0.8 }),
  training('ecapa-512', 16, { best: 0.9 }),
  training('ecapa-512', 32, { quick: true, best: 0.9 }),
  training('ecapa-1024', 16, { quick: true, best: 0.9 }),
  products('ecapa-512', 32),
  products('ecapa-1024', 16),
  extraction('aca-net', 1, 1),
  extraction('aca-net', 1, 2),
  extraction('ecapa-512', 1, 1),
  extraction('ecapa-512', 1, 2),
  extraction('ecapa-512', 32, 2),
  embedding('aca-net'),
  embedding('ecapa-512'),
  {
    name: 'as-norm',
    model: 'cosine',
    task: 'as-norm',
    batch: 10_000,
    frames: 5_000,
    threads: 2,
    quick: true,
    goals: { best: 0.8 },
  },
  { name: 'fbank-1', model: 'kaldi', task: 'fbank', batch: 32, frames: 500, threads: 1, goals: { default: 1 } },
  { name: 'fbank-2', model: 'kaldi', task: 'fbank', batch: 32, frames: 500, threads: 2, goals: { default: 1 } },
];

/** What a case measures, in words. @param {Case} testCase */
export function describeCase({ model, task, batch, frames, threads }) {
  const onThreads = `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  if (task === 'gemm') return `product of two matrices of ${frames} × ${frames}, ${onThreads}`;
  if (task === 'as-norm') return `AS-norm, ${batch} × ${batch}, cohort of ${frames}, ${onThreads}`;
  const work = {
    train: 'one training step',
    products: 'matrix products of a training step alone',
    extract: 'embeddings from features',
    embed: 'embeddings of utterances each by itself',
    fbank: '80-band fbank',
  }[task];
  return `${model}, ${work}, ${batch} × ${frames} frames, ${onThreads}`;
}

/**
 * @file The comparisons that acanet makes claims about: one model, or the features, doing one kind of work at one size.
 *
 * `goals` are upper limits of acanet's time divided by PyTorch's, for each of PyTorch's settings (see contestants.mjs).
 */

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {'aca-net' | 'ecapa-512' | 'ecapa-1024' | 'kaldi'} model as released / C = 512, MFA 1536 / C = 1024, MFA
 *   3072 / Kaldi's 80-band features of 16 kHz audio
 * @property {'train' | 'extract' | 'fbank'} task one training step, one batch of embeddings from features, or features
 * @property {number} batch utterances per request
 * @property {number} frames frames per utterance, 10 ms each
 * @property {number} threads
 * @property {Partial<Record<'default' | 'tuned' | 'compiled', number>>} goals
 */

/** @type {Case[]} */
export const cases = [
  {
    name: 'aca-net-train-32',
    model: 'aca-net',
    task: 'train',
    batch: 32,
    frames: 300,
    threads: 2,
    goals: { default: 0.5, tuned: 0.7 },
  },
  {
    name: 'ecapa-512-train-16',
    model: 'ecapa-512',
    task: 'train',
    batch: 16,
    frames: 300,
    threads: 2,
    goals: { tuned: 0.8 },
  },
  {
    name: 'ecapa-1024-train-16',
    model: 'ecapa-1024',
    task: 'train',
    batch: 16,
    frames: 300,
    threads: 2,
    goals: { tuned: 0.8 },
  },
  {
    name: 'aca-net-extract-1',
    model: 'aca-net',
    task: 'extract',
    batch: 1,
    frames: 300,
    threads: 1,
    goals: { default: 0.6, tuned: 0.6 },
  },
  {
    name: 'ecapa-512-extract-1',
    model: 'ecapa-512',
    task: 'extract',
    batch: 1,
    frames: 300,
    threads: 1,
    goals: {},
  },
  {
    name: 'fbank-1',
    model: 'kaldi',
    task: 'fbank',
    batch: 32,
    frames: 500,
    threads: 1,
    goals: { default: 1 },
  },
  {
    name: 'fbank-2',
    model: 'kaldi',
    task: 'fbank',
    batch: 32,
    frames: 500,
    threads: 2,
    goals: { default: 1 },
  },
];

/** What a case measures, in words. @param {Case} testCase */
export function describeCase({ model, task, batch, frames, threads }) {
  const work = { train: 'one training step', extract: 'embeddings from features', fbank: '80-band fbank' }[task];
  return `${model}, ${work}, ${batch} × ${frames} frames, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}

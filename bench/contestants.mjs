/**
 * @file Who is timed, and how each is started: acanet in this Node, and PyTorch in any number of Python interpreters,
 * each in several settings:
 *
 * - `default`: the library as it comes.
 * - `tuned`: waiting threads sleep (OMP_WAIT_POLICY=PASSIVE), and what serve.py's `--tuned` says.
 * - `compiled`: tuned, and the model through torch.compile (needs a C++ compiler; its first request takes minutes).
 *
 * Everyone gets the same number of threads. OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE hold OpenBLAS to kernels of another
 * processor, so they are removed from PyTorch's environment, except for interpreters named in `keepOpenblas`: an
 * OpenBLAS older than the processor may compute wrong results without them.
 */
import { URL, fileURLToPath } from 'node:url';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const OPENBLAS_OVERRIDES = ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE'];

/**
 * @typedef {object} Contestant
 * @property {string} name
 * @property {'acanet' | 'default' | 'tuned' | 'compiled'} setting
 * @property {string[]} command
 * @property {Record<string, string>} environment variables set on top of the driver's own
 * @property {string[]} removed variables taken out of it
 */

/**
 * @param {import('./cases.mjs').Case} testCase
 * @param {{ pythons: { name: string, path: string }[], settings: string[], keepOpenblas: string[], acanet: boolean }}
 *   options
 * @returns {Contestant[]} acanet first
 */
export function contestantsOf(testCase, { pythons, settings, keepOpenblas, acanet }) {
  const { model, task, batch, frames, threads } = testCase;
  const size = ['--model', model, '--task', task, '--batch', `${batch}`, '--frames', `${frames}`];
  const work = [...size, '--threads', `${threads}`];
  const threadLimits = Object.fromEntries(
    ['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS'].map((name) => [name, `${threads}`]),
  );
  /** @type {Contestant[]} */
  const contestants = [];
  if (acanet) {
    const command = [process.execPath, here('serve.mjs'), ...work];
    contestants.push({ name: 'acanet', setting: 'acanet', command, environment: {}, removed: [] });
  }
  for (const { name, path } of pythons) {
    for (const setting of /** @type {('default' | 'tuned' | 'compiled')[]} */ (settings)) {
      const flags = { default: [], tuned: ['--tuned'], compiled: ['--tuned', '--compiled'] }[setting];
      contestants.push({
        name: `${name}, ${setting}`,
        setting,
        command: [path, here('pytorch/serve.py'), ...work, ...flags],
        environment: { ...threadLimits, ...(setting === 'default' ? {} : { OMP_WAIT_POLICY: 'PASSIVE' }) },
        removed: keepOpenblas.includes(name) ? [] : OPENBLAS_OVERRIDES,
      });
    }
  }
  return contestants;
}

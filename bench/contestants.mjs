/**
 * @file Who is timed, and how each is started: acanet in this Node, and others in any number of Python interpreters,
 * each in the settings that do a case's work:
 *
 * - `default`: PyTorch as it comes; for AS-norm NumPy.
 * - `best`: PyTorch as its best users tune it: fast_models.py, fused Adam, denormals flushed (serve.py's `--best`), and
 *   in the process's environment tcmalloc and Intel's OpenMP library, preloaded, whose idle threads sleep and stay on
 *   their cores. For AS-norm PyTorch's topk on several threads.
 * - `compiled`: best, and the model through torch.compile (needs a C++ compiler; its first request takes minutes).
 * - `onnxruntime`, `openvino`: extraction alone, by the runtime, of the model exported from PyTorch.
 *
 * Of utterances each by itself, all but `default` embed as many at once as there are threads, each on one.
 *
 * Everyone gets the same number of threads. OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE hold OpenBLAS to kernels of another
 * processor, so they are removed from the environment, except for interpreters named in `keepOpenblas`: an OpenBLAS
 * older than the processor may compute wrong results without them.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { URL, fileURLToPath } from 'node:url';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const OPENBLAS_OVERRIDES = ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE'];
const TCMALLOC = ['x86_64', 'aarch64'].map((arch) => `/usr/lib/${arch}-linux-gnu/libtcmalloc_minimal.so.4`);

export const settingNames = /** @type {const} */ (['default', 'best', 'compiled', 'onnxruntime', 'openvino']);

/** The settings that a task is timed in. @type {Record<import('./cases.mjs').Case['task'], readonly string[]>} */
const SETTINGS_OF_TASK = {
  train: ['default', 'best', 'compiled'],
  extract: settingNames,
  embed: ['default', 'best', 'onnxruntime', 'openvino'],
  fbank: ['default'],
  gemm: ['default', 'best'],
  products: ['default', 'best'],
  'as-norm': ['default', 'best'],
};

/**
 * @typedef {object} Contestant
 * @property {string} name
 * @property {'acanet' | typeof settingNames[number]} setting
 * @property {string[]} command
 * @property {Record<string, string>} environment variables set on top of the driver's own
 * @property {string[]} removed variables taken out of it
 */

/**
 * @param {import('./cases.mjs').Case} testCase
 * @param {{ pythons: { name: string, path: string }[], settings: string[], keepOpenblas: string[], acanet: boolean,
 *   data: string }} options `data`: where scoring-data.mjs has written
 * @returns {Contestant[]} acanet first
 */
export function contestantsOf(testCase, { pythons, settings, keepOpenblas, acanet, data }) {
  const { model, task, batch, frames, threads } = testCase;
  const work = ['--model', model, '--task', task, '--batch', `${batch}`, '--frames', `${frames}`];
  work.push('--threads', `${threads}`, ...(task === 'as-norm' ? ['--data', data] : []));
  /** @type {Contestant[]} */
  const contestants = [];
  if (acanet) {
    const command = [process.execPath, here('serve.mjs'), ...work];
    contestants.push({ name: 'acanet', setting: 'acanet', command, environment: {}, removed: [] });
  }
  for (const { name, path } of pythons) {
    for (const setting of settingNames) {
      if (!settings.includes(setting) || !SETTINGS_OF_TASK[task].includes(setting)) continue;
      contestants.push({
        name: `${name}, ${setting}`,
        setting,
        command: [path, ...scriptFor(task, setting), ...work],
        environment: environmentFor(setting, { path, threads }),
        removed: keepOpenblas.includes(name) ? [] : OPENBLAS_OVERRIDES,
      });
    }
  }
  return contestants;
}

/** @param {string} task @param {typeof settingNames[number]} setting */
function scriptFor(task, setting) {
  const best = setting !== 'default';
  if (task === 'as-norm') return [here('pytorch/as_norm.py'), '--library', best ? 'torch' : 'numpy'];
  if (setting === 'onnxruntime' || setting === 'openvino') {
    return [here('pytorch/serve_exported.py'), '--runtime', setting];
  }
  const flags = [...(best ? ['--best'] : []), ...(setting === 'compiled' ? ['--compiled'] : [])];
  return [here('pytorch/serve.py'), ...flags];
}

/** @param {string} setting @param {{ path: string, threads: number }} options */
function environmentFor(setting, { path, threads }) {
  const names = ['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS'];
  const limits = Object.fromEntries(names.map((name) => [name, `${threads}`]));
  if (setting !== 'best' && setting !== 'compiled') return limits;
  return {
    ...limits,
    KMP_AFFINITY: 'granularity=fine,compact,1,0',
    KMP_BLOCKTIME: '1',
    LD_PRELOAD: librariesFor(path).join(':'),
  };
}

/** tcmalloc, and Intel's OpenMP library of the interpreter's environment. @param {string} python */
function librariesFor(python) {
  const tcmalloc = TCMALLOC.find((library) => existsSync(library));
  if (!tcmalloc)
    throw new Error('setting best: tcmalloc is missing\n  install it with: apt install libtcmalloc-minimal4');
  const openmp = join(dirname(dirname(python)), 'lib', 'libiomp5.so');
  if (!existsSync(openmp)) {
    throw new Error(`setting best: ${openmp} is missing\n  install it with: ${python} -m pip install intel-openmp`);
  }
  return [tcmalloc, openmp];
}

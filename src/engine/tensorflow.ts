/**
 * @file Finds and loads TensorFlow: tfjs-node or tfjs-node-gpu from the folder of engines, else from `node_modules`.
 *
 * What the library reads from the environment as it loads is set here, unless the user has set it: threads, silence,
 * and float32 products on a GPU (which would else round their factors to 10 bits). tfjs-node 4.22 calls two functions
 * of `util` that Node 23 and later lack; they are defined before it loads. tfjs keeps its kernels on the global object,
 * so the kernels of tfjs-node join those of acanet's own bundle. NOTE: only the main thread's `process.env` is the one
 * that a library sees. One process loads TensorFlow once.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import { messageOf, UserError } from '../errors.js';
import { engineFolder, installCommand, readEngineRecord } from './engines-folder/engines-folder.js';
import { loadDriver } from './nvidia.js';
import * as tf from './tfjs.js';

/** What the backend of tfjs-node says about itself. */
interface TensorflowBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

const FOR_CPU = { package: '@tensorflow/tfjs-node', engine: 'tensorflow' } as const;
const FOR_GPU = { package: '@tensorflow/tfjs-node-gpu', engine: 'tensorflow-gpu' } as const;

const kindsFor = (device: string) => (device === 'cuda' ? [FOR_GPU] : [FOR_CPU, FOR_GPU]);

/** The package that would be loaded, and the folder to resolve it from; undefined where there is none. */
export function findTensorflow(device: string): { package: string; folder: string } | undefined {
  const kinds = kindsFor(device);
  const finished = kinds.filter(({ engine }) => readEngineRecord(engine)?.complete);
  return [
    ...finished.map((kind) => ({ package: kind.package, folder: engineFolder(kind.engine) })),
    ...kinds.map((kind) => ({ package: kind.package, folder: import.meta.dirname })),
  ].find((place) => canResolve(place.folder, place.package));
}

/**
 * Loads TensorFlow as the backend `tensorflow` of tfjs.
 * @returns what it is and computes on, in words
 * @throws UserError where it is not installed, does not load, or has no GPU although `device` is one
 */
export function loadTensorflow({ device, threads }: { device: string; threads: number }): string {
  setEnvironment(device, threads);
  Object.assign(util, {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: (value: unknown) => Array.isArray(value),
  });
  const kinds = kindsFor(device);
  const found = findTensorflow(device);
  const command = installCommand(kinds[0].engine);
  if (!found) {
    const unfinished = kinds.some(({ engine }) => readEngineRecord(engine)?.complete === false);
    throw new UserError(
      unfinished
        ? `--engine tensorflow: its installation in ${engineFolder(kinds[0].engine)} is not finished\ngo on with: ${command}`
        : `--engine tensorflow${device === 'cuda' ? ' --device cuda' : ''} is not installed\ninstall it with: ${command}`,
    );
  }
  const driver = device === 'cuda' ? loadDriver() : undefined;
  try {
    loadFrom(found.folder, found.package);
  } catch (cause) {
    throw new UserError(
      `--engine tensorflow: ${found.package} is installed but does not load: ${messageOf(cause).split('\n')[0]}\n` +
        `install one that does with: ${command}`,
      { cause },
    );
  }
  const { isUsingGpuDevice, binding } = tf.findBackend('tensorflow') as unknown as TensorflowBackend;
  const version = `TensorFlow ${binding.TF_Version}`;
  if (!driver) return `${version}, ${process.env.TF_NUM_INTRAOP_THREADS} threads`;
  if (!isUsingGpuDevice) {
    throw new UserError(`${version} finds no GPU that it can use (${driver}); to see why, set TF_CPP_MIN_LOG_LEVEL=0`);
  }
  return `${version}, ${driver}`;
}

function setEnvironment(device: string, threads: number): void {
  const { env } = process;
  env.TF_NUM_INTRAOP_THREADS ??= String(threads);
  env.TF_NUM_INTEROP_THREADS ??= '1'; // kernels are called one by one
  env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  env.NVIDIA_TF32_OVERRIDE ??= '0';
  // Built for GPUs, TensorFlow computes on one wherever it sees one.
  if (device === 'cpu') env.CUDA_VISIBLE_DEVICES = '-1';
}

const requireIn = (folder: string) => createRequire(join(folder, 'package.json'));

function canResolve(folder: string, packageName: string): boolean {
  try {
    return Boolean(requireIn(folder).resolve(packageName));
  } catch {
    return false;
  }
}

/** tfjs-node makes its backend the current one as it loads; the one before stays. */
function loadFrom(folder: string, packageName: string): void {
  const previous = tf.getBackend();
  requireIn(folder)(packageName);
  if (previous) void tf.setBackend(previous);
}

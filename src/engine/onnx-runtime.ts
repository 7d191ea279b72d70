/**
 * @file Finds and loads ONNX Runtime: the one of `node_modules`, or for `--device cuda` a copy of it in the folder of
 * engines.
 *
 * ONNX Runtime looks for its CUDA part beside its own library and nowhere else. So that nothing is written into
 * `node_modules`, `acanet engine install cuda` copies the few files of onnxruntime-node into the engine's folder and
 * lays the CUDA part beside them. NOTE: one process loads one of the two, as the system knows the library by its name
 * alone.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as Ort from 'onnxruntime-node';
import { messageOf, UserError } from '../errors.js';
import { engineFolder, installCommand, readEngineRecord } from './engines-folder/engines-folder.js';
import { loadDriver, loadLibrary } from './nvidia.js';

const require = createRequire(import.meta.url);

/** The folder of onnxruntime-node in `node_modules`. */
export const onnxRuntimeFolder = (): string => dirname(dirname(require.resolve('onnxruntime-node')));

/** Where a copy of onnxruntime-node has its libraries, relative to it. */
export const LIBRARIES = join('bin', 'napi-v6', process.platform, process.arch);

/** The CUDA part: the first brings the second in. */
export const CUDA_PROVIDERS = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'] as const;

/** What the CUDA part needs, in the order in which they need each other, in the folder of what wheels hold. */
const CUDA_LIBRARIES = [
  'nvidia/cu13/lib/libcudart.so.13',
  'nvidia/cu13/lib/libcublasLt.so.13',
  'nvidia/cu13/lib/libcublas.so.13',
  'nvidia/cu13/lib/libcurand.so.10',
  'nvidia/cudnn/lib/libcudnn.so.9',
];

export interface OnnxRuntime {
  readonly ort: typeof Ort;
  /** What it computes on beside the processor. */
  readonly driver?: string;
}

/** @throws UserError naming what `--device cuda` lacks here */
export function loadOnnxRuntime(device: string): OnnxRuntime {
  const load = (from: string) => require(from) as typeof Ort;
  if (device !== 'cuda') return { ort: load('onnxruntime-node') };
  const folder = engineFolder('cuda');
  const command = installCommand('cuda');
  if (!readEngineRecord('cuda')?.complete) {
    const beside = CUDA_PROVIDERS.every((name) => existsSync(join(onnxRuntimeFolder(), LIBRARIES, name)));
    if (beside) return { ort: load('onnxruntime-node') }; // by onnxruntime-node's own script, or by hand
    throw new UserError(`--device cuda: the CUDA part of ONNX Runtime is not installed\ninstall it with: ${command}`);
  }
  const copy = join(folder, 'node_modules', 'onnxruntime-node');
  const [has, needs] = [copy, onnxRuntimeFolder()].map(packageVersion);
  if (has !== needs) {
    throw new UserError(
      `--device cuda: ${folder} is made for onnxruntime-node ${has}, here is ${needs}\nbring it up to date with: ${command}`,
    );
  }
  for (const library of CUDA_LIBRARIES) {
    try {
      loadLibrary(join(folder, 'wheels', library));
    } catch (cause) {
      throw new UserError(`--device cuda: ${messageOf(cause)}\nmend it with: ${command}`, { cause });
    }
  }
  const driver = loadDriver();
  return { ort: load(copy), driver };
}

const packageVersion = (folder: string): string =>
  (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;

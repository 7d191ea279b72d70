/**
 * @file ONNX Runtime for the browser: the files that a page needs, and where they lie.
 *
 * The package onnxruntime-web is 130 MB, most of them builds that are not used here, and who trains models needs none of
 * them. So it is not a dependency: `acanet engine install web` keeps the four files that are needed (41 MB), and a
 * package that is there already (in acanet's own `node_modules`) is found too.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.js';
import { engineFolder, installCommand, readEngineRecord } from './engines-folder/engines-folder.js';

/** For processors by WebAssembly, and for graphics cards by WebGPU. */
export const WEB_RUNTIME_FILES = {
  wasm: ['ort.wasm.bundle.min.mjs', 'ort-wasm-simd-threaded.wasm'],
  webgpu: ['ort.webgpu.bundle.min.mjs', 'ort-wasm-simd-threaded.asyncify.wasm'],
} as const;

export interface WebRuntime {
  readonly folder: string;
  /** Names of files in it. */
  readonly files: readonly string[];
  /** Whether those for graphics cards are among them. */
  readonly webgpu: boolean;
}

/** @throws UserError saying how to install it */
export function findWebRuntime(): WebRuntime {
  const places = [
    ...(readEngineRecord('web')?.complete
      ? [join(engineFolder('web'), 'node_modules', 'onnxruntime-web', 'dist')]
      : []),
    ...packageFolders(),
  ];
  const has = (folder: string, kind: keyof typeof WEB_RUNTIME_FILES) =>
    WEB_RUNTIME_FILES[kind].every((name) => existsSync(join(folder, name)));
  const folder = places.find((place) => has(place, 'wasm'));
  if (folder === undefined) {
    throw new UserError(
      `ONNX Runtime for the browser is not installed, which the page computes with\n  install it with: ${installCommand('web')} (41 MB on the disk)`,
    );
  }
  const webgpu = has(folder, 'webgpu');
  return { folder, files: [...WEB_RUNTIME_FILES.wasm, ...(webgpu ? WEB_RUNTIME_FILES.webgpu : [])], webgpu };
}

/** Where Node finds the package from here. */
function packageFolders(): string[] {
  try {
    return [dirname(createRequire(import.meta.url).resolve('onnxruntime-web'))];
  } catch {
    return [];
  }
}

/**
 * @file The copy of onnxruntime-node in whose folder its CUDA part lies, which is looked for there and nowhere else.
 */
import { cpSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { CUDA_PROVIDERS, LIBRARIES, onnxRuntimeFolder } from '../onnx-runtime.js';
import { makeFolder } from '../../storage/make-folder.js';
import { listFiles, type Piece } from './piece.js';

/** Where wheels of onnxruntime-gpu hold the CUDA part. */
export const PROVIDERS_IN_WHEEL = 'onnxruntime/capi/';

/** @param version of onnxruntime-node, here and in `node_modules` */
export const onnxRuntimeCopyPiece = (version: string): Piece => ({
  id: `a copy of onnxruntime-node ${version}`,
  download: 0,
  unpacked: 50e6,
  tools: [],
  make(folder) {
    const modules = join(folder, 'node_modules');
    const copy = join(modules, 'onnxruntime-node');
    const original = onnxRuntimeFolder();
    rmSync(modules, { recursive: true, force: true });
    makeFolder(modules);
    for (const part of ['package.json', 'dist', LIBRARIES]) {
      cpSync(join(original, part), join(copy, part), { recursive: true, dereference: true });
    }
    cpSync(join(dirname(original), 'onnxruntime-common'), join(modules, 'onnxruntime-common'), {
      recursive: true,
      dereference: true,
    });
    const links = CUDA_PROVIDERS.map((name) => join('node_modules', 'onnxruntime-node', LIBRARIES, name));
    for (const [i, link] of links.entries()) {
      symlinkSync(relative(dirname(link), join('wheels', PROVIDERS_IN_WHEEL, CUDA_PROVIDERS[i])), join(folder, link));
    }
    return Promise.resolve([...listFiles(folder, 'node_modules'), ...links]);
  },
});

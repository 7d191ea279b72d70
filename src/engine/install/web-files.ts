/** @file The files of onnxruntime-web that a page needs, out of the package; the rest of it is removed. */
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../storage/make-folder.js';
import { WEB_RUNTIME_FILES } from '../web-runtime.js';
import { npmPiece } from './npm-packages.js';
import { listFiles, type Piece } from './piece.js';

export function webFilesPiece(version: string): Piece {
  const all = npmPiece([`onnxruntime-web@${version}`], { download: 33e6, unpacked: 41.3e6 });
  return {
    ...all,
    id: `files of onnxruntime-web ${version}`,
    async make(folder) {
      await all.make(folder);
      const modules = join(folder, 'node_modules');
      const fetched = join(folder, 'fetched');
      renameSync(modules, fetched);
      const kept = ['package.json', ...Object.values(WEB_RUNTIME_FILES).flatMap((names) => names.map((name) => join('dist', name)))]; // prettier-ignore
      makeFolder(join(modules, 'onnxruntime-web', 'dist'));
      for (const name of kept) {
        renameSync(join(fetched, 'onnxruntime-web', name), join(modules, 'onnxruntime-web', name));
      }
      rmSync(fetched, { recursive: true });
      return listFiles(folder, 'node_modules');
    },
  };
}

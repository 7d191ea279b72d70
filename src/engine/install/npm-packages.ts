/** @file Packages of npm in the engine's own `node_modules`; their install scripts are not run. */
import { join } from 'node:path';
import { writeJsonAtomic } from '../../storage/atomic-write.js';
import { listFiles, type Piece } from './piece.js';
import { runTool, UNAVAILABLE } from './tools.js';

export const npmPiece = (
  packages: readonly string[],
  { download, unpacked }: Pick<Piece, 'download' | 'unpacked'>,
): Piece => ({
  id: packages.join(' '),
  download,
  unpacked,
  tools: ['npm'],
  async make(folder) {
    writeJsonAtomic(join(folder, 'package.json'), { private: true });
    await runTool({
      command: ['npm', 'install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', ...packages],
      cwd: folder,
      failed: `${packages.join(', ')} cannot be fetched`,
      exitCode: UNAVAILABLE,
    });
    return listFiles(folder, 'node_modules');
  },
});

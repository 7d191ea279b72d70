/**
 * @file ONNX Runtime as npm installs it holds the libraries for every system, in
 * `bin/napi-v6/<platform>/<architecture>`. Those for other systems than this one are never loaded here, and make up
 * half of an installation.
 */
import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface ForeignBinaries {
  /** Folders of other systems. */
  readonly folders: readonly string[];
  readonly bytes: number;
}

/** Where the installed ONNX Runtime keeps its libraries. */
const binariesFolder = () =>
  join(dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')), 'bin', 'napi-v6');

/** The folders that this machine has no use for. @param folder with a folder a platform, in it one an architecture */
export function findForeignBinaries(
  folder = binariesFolder(),
  { platform, arch }: { platform: string; arch: string } = process,
): ForeignBinaries {
  // Where this system's own are not, the layout is another one, and nothing is known of it.
  if (!existsSync(join(folder, platform, arch))) return { folders: [], bytes: 0 };
  const folders = subfolders(folder).flatMap((name) => subfolders(join(folder, name)).map((each) => join(name, each)));
  const foreign = folders.filter((name) => name !== join(platform, arch)).map((name) => join(folder, name));
  return { folders: foreign, bytes: foreign.reduce((sum, each) => sum + sizeOf(each), 0) };
}

/** Removes them. `npm ci` brings them back. @returns what was removed */
export function removeForeignBinaries(...where: Parameters<typeof findForeignBinaries>): ForeignBinaries {
  const found = findForeignBinaries(...where);
  for (const folder of found.folders) rmSync(folder, { recursive: true });
  return found;
}

const subfolders = (folder: string) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((each) => (each.isDirectory() ? [each.name] : []));

const sizeOf = (folder: string) =>
  readdirSync(folder).reduce((sum, name) => sum + lstatSync(join(folder, name)).size, 0);
